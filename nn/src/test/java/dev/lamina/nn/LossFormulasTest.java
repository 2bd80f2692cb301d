package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Values of losses that have no golden case, against their formulas computed here; parity with PyTorch is tested in testkit. */
class LossFormulasTest {
    private static final double[] P = {0.5, -1, 2, 0.25};
    private static final double[] T = {1, 0, 1, 0};

    private static Tensor vector(double... values) {
        return Tensor.of(values);
    }

    private static double[] none(Loss loss, Tensor p, Tensor t) {
        return loss.reduction(Loss.Reduction.NONE).of(p, t).toDoubleArray();
    }

    @Test
    void numbers() {
        Tensor counts = vector(1, 2, 4);
        Tensor rates = vector(2, 1.5, 3);
        assertArrayEquals(new double[] {100, 25, 25}, none(Losses.mape(), rates, counts), 1e-9);
        double log = Math.log(1.5);
        assertEquals(log * log, none(Losses.msle(), rates, counts)[0], 1e-12);
        assertEquals(Math.log(Math.cosh(1)), none(Losses.logCosh(), rates, counts)[0], 1e-12);
        assertEquals(1000 - Math.log(2), none(Losses.logCosh(), vector(-1000), vector(0))[0], 1e-9);
        assertEquals(3 - 4 * Math.log(3), none(Losses.poisson(), rates, counts)[2], 1e-6);
        assertEquals(Math.exp(3) - 12, none(Losses.poissonNll(), rates, counts)[2], 1e-12);
    }

    @Test
    void margins() {
        assertArrayEquals(new double[] {0.25, 0, 0, 1.5625}, none(Losses.squaredHinge(), vector(P), vector(T)), 1e-12);
        Tensor minus = vector(1, -1, 1, -1);
        assertArrayEquals(
                none(Losses.squaredHinge(), vector(P), vector(T)), none(Losses.squaredHinge(), vector(P), minus));
        Tensor scores = Tensor.of(new double[] {1, 3, 2, 5, 1, 0}, 2, 3);
        Tensor truth = Tensor.of(new double[] {0, 0, 1, 1, 0, 0}, 2, 3);
        assertArrayEquals(new double[] {2, 0}, none(Losses.categoricalHinge(), scores, truth), 1e-12);
    }

    @Test
    void directions() {
        Tensor a = Tensor.of(new double[] {3, 4, 1, 0}, 2, 2);
        Tensor b = Tensor.of(new double[] {4, 3, 0, -2}, 2, 2);
        assertArrayEquals(new double[] {-0.96, 0}, none(Losses.cosineSimilarity(), a, b), 1e-12);
        Tensor distances =
                Losses.contrastive(3).reduction(Loss.Reduction.NONE) instanceof dev.lamina.nn.losses.PairLoss pair
                        ? pair.ofPair(a, b, vector(1, 0))
                        : a;
        double d = Math.sqrt(5);
        assertArrayEquals(new double[] {2, (3 - d) * (3 - d)}, distances.toDoubleArray(), 1e-9);
        double own = Math.exp(0.96 / 0.5);
        double other = Math.exp(-0.8 / 0.5);
        double second = Math.exp(0.8 / 0.5) + 1;
        double expected = (-Math.log(own / (own + other)) + Math.log(second)) / 2;
        assertEquals(
                expected,
                Losses.infoNce(0.5)
                        .ofPair(a, Tensor.of(new double[] {4, 3, 0, -2}, 2, 2))
                        .item(),
                1e-9);
    }

    @Test
    void focalLossesCountTheEasyLess() {
        Tensor scores = vector(2, -1);
        double p = 1 / (1 + Math.exp(-2));
        double q = 1 / (1 + Math.exp(1));
        double[] expected = {-0.25 * Math.pow(1 - p, 2) * Math.log(p), -0.75 * Math.pow(q, 2) * Math.log(1 - q)};
        assertArrayEquals(expected, none(Losses.binaryFocalCrossentropy().alpha(0.25), scores, vector(1, 0)), 1e-9);
        assertArrayEquals(
                expected,
                none(Losses.binaryFocalCrossentropy().fromProbabilities().alpha(0.25), vector(p, q), vector(1, 0)),
                1e-9);
        Tensor rows = Tensor.of(new double[] {1, 2, 0.5}, 1, 3);
        double sum = Math.E + Math.exp(2) + Math.exp(0.5);
        double right = Math.exp(2) / sum;
        double focal = -Math.pow(1 - right, 2) * Math.log(right);
        assertEquals(
                focal,
                Losses.sparseCategoricalCrossentropy()
                        .focal(2)
                        .of(rows, Tensor.of(new long[] {1}))
                        .item(),
                1e-9);
        Tensor oneHot = Tensor.of(new double[] {0, 1, 0}, 1, 3);
        assertEquals(
                focal, Losses.categoricalFocalCrossentropy().of(rows, oneHot).item(), 1e-9);
    }

    @Test
    void areas() {
        Tensor p = Tensor.of(new double[] {0.5, 1, 0, 0.25}, 1, 2, 2);
        Tensor t = Tensor.of(new double[] {1, 1, 0, 0}, 1, 2, 2);
        assertEquals(1 - (2 * 1.5 + 2) / (1.75 + 2 + 2), Losses.dice().of(p, t).item(), 1e-12);
        assertEquals(1 - (1.5 + 1) / (2.25 + 1), Losses.iou().of(p, t).item(), 1e-12);
        assertEquals(
                1 - 2.5 / (2.5 + 0.3 * 0.25 + 0.7 * 0.5),
                Losses.tversky(0.3, 0.7).of(p, t).item(),
                1e-12);
        assertEquals(
                Shape.of(1, 2),
                Losses.dice()
                        .perChannel()
                        .reduction(Loss.Reduction.NONE)
                        .of(p, t)
                        .shape());
        assertThrows(ShapeException.class, () -> Losses.dice().of(vector(P), vector(T)));
    }

    @Test
    void divergenceOfEqualDistributionsIsZero() {
        Tensor t = Tensor.of(new double[] {0.5, 0.5, 0, 1, 0, 0}, 2, 3);
        assertEquals(0, Losses.klDivergence().of(t, t).item(), 1e-12);
        Tensor p = Tensor.of(new double[] {0.25, 0.5, 0.25, 0.5, 0.25, 0.25}, 2, 3);
        assertEquals(
                (0.5 * Math.log(2) + Math.log(2)) / 2,
                Losses.klDivergence().of(p, t).item(),
                1e-12);
    }

    @Test
    void ctcAddsUpAllWays() {
        // T = 2, one label: a-, -a, aa; probabilities 1/3 each
        Tensor scores = Tensor.zeros(DType.F64, Shape.of(1, 2, 3));
        Tensor one = Tensor.of(new long[] {1, -1}, 1, 2);
        assertEquals(-Math.log(3 / 9.0), Losses.ctc().of(scores, one).item(), 1e-12);
        Tensor none = Tensor.of(new long[] {-1, -1}, 1, 2);
        assertEquals(-Math.log(1 / 9.0), Losses.ctc().of(scores, none).item(), 1e-12);
        // two equal labels need a blank between them, so three steps
        Tensor twice = Tensor.of(new long[] {2, 2}, 1, 2);
        assertEquals(Double.POSITIVE_INFINITY, Losses.ctc().of(scores, twice).item());
        assertEquals(0, Losses.ctc().zeroInfinity().of(scores, twice).item());
        assertThrows(LaminaException.class, () -> Losses.ctc().blank(3).of(scores, one));
        assertThrows(LaminaException.class, () -> Losses.ctc().of(scores, one.toF32()));
    }

    /** The time to compile must not grow with the number of steps. */
    @Test
    void ctcOfManyStepsIsAsSmallAsThatOfFew() {
        int[] lengths = new int[2];
        for (int i = 0; i < 2; i++) {
            Tensor scores = Tensor.input(DType.F32, Shape.of(4, i == 0 ? 20 : 200, 6));
            Tensor labels = Tensor.input(DType.I64, Shape.of(4, 5));
            Tensor loss = Losses.ctc().of(scores, labels);
            Tensor gradient =
                    dev.lamina.core.Gradients.of(loss, List.of(scores)).get(0);
            Plan plan = Plan.compile(List.of(scores, labels), List.of(loss, gradient), Map.<Variable, Tensor>of());
            lengths[i] = (int) plan.describe().lines().count();
        }
        assertEquals(lengths[0], lengths[1]);
    }

    /** Against the sum over all 3^4 ways, written out. */
    @Test
    void ctcEqualsTheSumOverAllWays() {
        double[] p = {0.2, 0.5, 0.3, 0.1, 0.6, 0.3, 0.7, 0.1, 0.2, 0.3, 0.3, 0.4};
        Tensor labels = Tensor.of(new long[] {1, 2}, 1, 2);
        double sum = 0;
        for (int way = 0; way < 81; way++) {
            int[] at = {way % 3, way / 3 % 3, way / 9 % 3, way / 27};
            double probability = 1;
            StringBuilder said = new StringBuilder();
            for (int t = 0; t < 4; t++) {
                probability *= p[3 * t + at[t]];
                if (at[t] != 0 && (t == 0 || at[t] != at[t - 1])) {
                    said.append(at[t]);
                }
            }
            sum += said.toString().equals("12") ? probability : 0;
        }
        Tensor logs = Tensor.of(p, 1, 4, 3).log();
        assertEquals(
                -Math.log(sum),
                Losses.ctc().reduction(Loss.Reduction.SUM).of(logs, labels).item(),
                1e-12);
    }

    @Test
    void ctcDecodesWithoutRepetitionsAndBlanks() {
        Tensor best = Tensor.of(new long[] {1, 1, 0, 1, 2, 0, 0, 3, 3, 0, 3, 2}, 2, 6)
                .oneHot(4)
                .toF32();
        assertEquals(List.of(List.of(1, 1, 2), List.of(3, 3, 2)), Losses.ctc().decode(best));
    }

    @Test
    void severalThingsAreRefusedWithOtherShapes() {
        Tensor a = Tensor.ones(4, 3);
        assertThrows(ShapeException.class, () -> Losses.contrastive(1).ofPair(a, Tensor.ones(4, 1), Tensor.ones(4)));
        assertThrows(ShapeException.class, () -> Losses.contrastive(1).ofPair(a, a, Tensor.ones(4, 1)));
        assertThrows(ShapeException.class, () -> Losses.marginRanking(1).ofPair(a, a, Tensor.ones(4)));
        assertThrows(ShapeException.class, () -> Losses.tripletMargin(1).ofTriplet(a, a, Tensor.ones(1, 3)));
        assertThrows(ShapeException.class, () -> Losses.infoNce(1).ofPair(a, Tensor.ones(2, 3)));
        assertTrue(
                assertThrows(ShapeException.class, () -> Losses.tripletMargin(1).of(a, a))
                        .getMessage()
                        .endsWith("stack the 3 outputs along axis 1"));
    }

    /** An embedding of pairs, trained by fit on (N, 2, D) inputs. */
    @Test
    void fitTakesPairs() {
        float[] x = new float[64];
        long[] alike = new long[16];
        for (int i = 0; i < 16; i++) {
            alike[i] = i % 2;
            int other = i % 2 == 0 ? 1 : 0;
            x[4 * i] = 1;
            x[4 * i + 2] = 1 - other;
            x[4 * i + 3] = other;
        }
        Dataset data = Dataset.of(Tensor.of(x, 16, 2, 2), Tensor.of(alike));
        Model model = Sequential.of(Layers.dense(3)).compile(Optimizers.adam(0.05), Losses.contrastive(1));
        History history = model.fit(data, FitOptions.epochs(40).batchSize(8));
        assertTrue(history.last().value("loss") < 0.01, () -> "loss " + history.last());
    }

    /** Scores go into one loop that also gives their gradient; no softmax is stored between loops. */
    @Test
    void crossEntropyAndItsGradientStayOneRowKernel() {
        Tensor scores = Tensor.input(DType.F32, Shape.of(64, 1000));
        Tensor labels = Tensor.input(DType.I64, Shape.of(64));
        Tensor loss = Losses.sparseCategoricalCrossentropy().of(scores, labels);
        Tensor gradient = dev.lamina.core.Gradients.of(loss, List.of(scores)).get(0);
        Plan plan = Plan.compile(List.of(scores, labels), List.of(loss, gradient), Map.<Variable, Tensor>of());
        assertTrue(plan.peakBytes() <= 64 * 8, plan.describe());
    }
}
