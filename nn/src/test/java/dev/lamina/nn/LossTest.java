package dev.lamina.nn;

import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.categoricalCrossentropy;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What losses refuse and how probabilities and scores go together; parity with PyTorch is tested in testkit. */
class LossTest {
    private static final Tensor SCORES = Tensor.of(new float[] {1, 2, 3, 0, -1, 4}, 2, 3);
    private static final Tensor LABELS = Tensor.of(new long[] {2, 0});

    private static String message(Class<? extends LaminaException> type, Executable body) {
        return assertThrows(type, body).getMessage();
    }

    @Test
    void nothingIsBroadcast() {
        String text = message(ShapeException.class, () -> mse().of(Tensor.ones(4, 1), Tensor.ones(4)));
        assertEquals(
                "mse: expected targets of the shape of the predictions (4, 1), got (4,);"
                        + " add the last axis to the targets with unsqueeze(-1), or end the model in reshape()",
                text);
        assertThrows(ShapeException.class, () -> binaryCrossentropy().of(Tensor.ones(4), Tensor.ones(4, 1)));
        assertThrows(ShapeException.class, () -> categoricalCrossentropy().of(SCORES, Tensor.ones(1, 3)));
    }

    @Test
    void labelsAreCheckedForShapeAndType() {
        CategoricalCrossentropy loss = sparseCategoricalCrossentropy();
        assertTrue(message(ShapeException.class, () -> loss.of(SCORES, LABELS.unsqueeze(-1)))
                .endsWith("drop the last axis of the labels, for example with squeeze(-1)"));
        assertTrue(message(ShapeException.class, () -> loss.of(SCORES, Tensor.of(new long[6], 2, 3)))
                .endsWith("use categoricalCrossentropy() for one-hot labels"));
        assertTrue(message(DTypeException.class, () -> loss.of(SCORES, Tensor.ones(2)))
                .contains("cast them to DType.I64"));
        assertThrows(ShapeException.class, () -> loss.classWeights(1, 2).of(SCORES, LABELS));
    }

    @Test
    void aLabelOutOfRangeGivesNanAndNotAQuietZero() {
        Tensor loss = sparseCategoricalCrossentropy().of(SCORES, Tensor.of(new long[] {3, 0}));
        assertTrue(Double.isNaN(loss.item()));
    }

    @Test
    void softmaxTwiceIsRefused() {
        Tensor probabilities = Activation.SOFTMAX.of(SCORES);
        String text = message(
                LaminaException.class, () -> sparseCategoricalCrossentropy().of(probabilities, LABELS));
        assertTrue(text.contains("sparseCategoricalCrossentropy().fromProbabilities()"), text);
        assertThrows(LaminaException.class, () -> categoricalCrossentropy().of(SCORES.softmax(-1), Tensor.ones(2, 3)));
        String binary =
                message(LaminaException.class, () -> binaryCrossentropy().of(SCORES.sigmoid(), Tensor.ones(2, 3)));
        assertTrue(binary.contains("got the output of sigmoid"), binary);
    }

    @Test
    void probabilitiesGiveTheLossOfTheirScores() {
        double expected = sparseCategoricalCrossentropy().of(SCORES, LABELS).item();
        double known = sparseCategoricalCrossentropy()
                .fromProbabilities()
                .of(SCORES.softmax(-1), LABELS)
                .item();
        double plain = sparseCategoricalCrossentropy()
                .fromProbabilities()
                .of(SCORES.softmax(-1).evaluate().mul(1), LABELS)
                .item();
        assertEquals(expected, known, 1e-6);
        assertEquals(expected, plain, 1e-5);
        assertEquals(
                expected,
                sparseCategoricalCrossentropy()
                        .fromLogProbabilities()
                        .of(SCORES.logSoftmax(-1), LABELS)
                        .item(),
                1e-6);
    }

    @Test
    void saturatedProbabilitiesStillHaveTheGradientOfTheirScores() {
        Tensor x = Tensor.of(new float[] {200, -200}, 2, 1);
        Tensor t = Tensor.of(new float[] {0, 1}, 2, 1);
        Tensor loss = binaryCrossentropy().fromProbabilities().of(Activation.SIGMOID.of(x), t);
        assertEquals(200, loss.item(), 1e-3);
        float[] gradient = dev.lamina.core.Gradients.of(loss, List.of(x)).get(0).toFloatArray();
        assertEquals(0.5, gradient[0], 1e-6);
        assertEquals(-0.5, gradient[1], 1e-6);
    }

    @Test
    void gradientAtScoreZeroIsExact() {
        Tensor x = Tensor.of(new float[] {0, 0});
        Tensor loss = binaryCrossentropy().reduction(Loss.Reduction.SUM).of(x, Tensor.of(new float[] {1, 0}));
        float[] gradient = dev.lamina.core.Gradients.of(loss, List.of(x)).get(0).toFloatArray();
        assertEquals(-0.5, gradient[0], 1e-7);
        assertEquals(0.5, gradient[1], 1e-7);
    }

    @Test
    void integerTargetsAreFineForNumbers() {
        assertEquals(
                2.5,
                mse().of(Tensor.of(new float[] {1, 2}), Tensor.of(new int[] {3, 1}))
                        .item(),
                1e-6);
    }

    @Test
    void weightsOfExamplesMultiply() {
        Tensor weights = Tensor.of(new float[] {2, 0});
        double none = sparseCategoricalCrossentropy()
                .reduction(Loss.Reduction.NONE)
                .of(SCORES, LABELS)
                .toDoubleArray()[0];
        assertEquals(
                none,
                sparseCategoricalCrossentropy().of(SCORES, LABELS, weights).item(),
                1e-6);
        assertThrows(ShapeException.class, () -> mse().of(Tensor.ones(2), Tensor.ones(2), Tensor.ones(1)));
        Tensor rows = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        assertEquals(
                (2 * (1 + 4) + 0.5 * (9 + 16)) / 4,
                mse().of(rows, Tensor.zeros(2, 2), Tensor.of(new float[] {2, 0.5f}))
                        .item(),
                1e-6);
    }

    @Test
    void configsMakeEqualLosses() {
        Loss loss = sparseCategoricalCrossentropy()
                .ignoreIndex(-1)
                .labelSmoothing(0.1)
                .classWeights(1, 2, 3)
                .reduction(Loss.Reduction.SUM);
        Loss again = Losses.of(loss.config().orElseThrow());
        assertEquals(loss.of(SCORES, LABELS).item(), again.of(SCORES, LABELS).item());
        assertEquals(loss.config(), again.config());
        for (Loss each : List.of(
                mse(),
                Losses.huber(0.3),
                Losses.categoricalFocalCrossentropy(),
                Losses.klDivergence().fromLogProbabilities().logTargets(),
                Losses.ctc().blank(3).zeroInfinity(),
                Losses.contrastive(2),
                Losses.tripletMargin(0.2).power(1).swap(),
                Losses.infoNce(0.1).symmetric(),
                Losses.dice().perChannel().smoothing(0.1),
                Losses.binaryFocalCrossentropy().alpha(0.3).labelSmoothing(0.1),
                binaryCrossentropy().fromProbabilities().positiveWeight(2))) {
            assertEquals(each.config(), Losses.of(each.config().orElseThrow()).config());
        }
    }
}
