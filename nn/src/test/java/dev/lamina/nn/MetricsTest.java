package dev.lamina.nn;

import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.metrics.ConfusionMatrix;
import org.junit.jupiter.api.Test;

/** Accuracy in its forms, means, the confusion matrix. */
class MetricsTest {
    private static final Tensor SCORES = Tensor.of(new float[] {1, 2, 0, 3, -1, 4}, 2, 3);

    private static double value(Metric metric, Tensor prediction, Tensor target) {
        return metric.value(metric.sums(prediction, target).toDoubleArray());
    }

    @Test
    void accuracyOfLabels() {
        assertEquals(0.5, value(Metrics.accuracy(), SCORES, Tensor.of(new long[] {1, 0})));
        assertEquals(1.0, value(Metrics.accuracy(), SCORES, Tensor.of(new int[] {1, 2})));
        Metric ignoring =
                Metrics.accuracy().forLoss(sparseCategoricalCrossentropy().ignoreIndex(0));
        assertEquals(1.0, value(ignoring, SCORES, Tensor.of(new long[] {1, 0})));
        Metric channels =
                Metrics.accuracy().forLoss(sparseCategoricalCrossentropy().axis(1));
        assertEquals(1.0, value(channels, SCORES.unsqueeze(-1), Tensor.of(new long[] {1, 2}, 2, 1)));
        assertThrows(ShapeException.class, () -> value(Metrics.accuracy(), SCORES, Tensor.of(new long[] {1, 0, 2})));
    }

    @Test
    void accuracyOfOneHotTargets() {
        Tensor target = Tensor.of(new float[] {0, 1, 0, 1, 0, 0}, 2, 3);
        assertEquals(0.5, value(Metrics.accuracy(), SCORES, target));
    }

    @Test
    void accuracyOfAnswers() {
        Tensor yes = Tensor.of(new float[] {1, 0, 1, 1}, 4, 1);
        Tensor scores = Tensor.of(new float[] {0.2f, -3, 0.1f, -1}, 4, 1);
        assertEquals(0.75, value(Metrics.accuracy().forLoss(binaryCrossentropy()), scores, yes));
        assertEquals(0.25, value(Metrics.accuracy().forLoss(binaryCrossentropy().fromProbabilities()), scores, yes));
        Tensor several = Tensor.of(new float[] {1, 0, 1, 1}, 2, 2);
        Tensor more = Tensor.of(new float[] {0.2f, -3, 0.1f, -1}, 2, 2);
        assertEquals(0.75, value(Metrics.accuracy().forLoss(binaryCrossentropy()), more, several));
    }

    @Test
    void means() {
        Tensor p = Tensor.of(new float[] {1, 2, 3});
        Tensor t = Tensor.of(new float[] {1, 0, 0});
        assertEquals(13 / 3.0, value(Metrics.meanSquaredError(), p, t), 1e-6);
        assertEquals(5 / 3.0, value(Metrics.meanAbsoluteError(), p, t), 1e-6);
        assertThrows(ShapeException.class, () -> value(Metrics.meanSquaredError(), p.unsqueeze(-1), t));
    }

    @Test
    void confusionMatrixCounts() {
        Tensor labels = Tensor.of(new long[] {0, 0, 1, 1, 2});
        ConfusionMatrix matrix = ConfusionMatrix.of(3, labels, Tensor.of(new long[] {0, 1, 1, 1, 0}));
        assertEquals(0.6, matrix.accuracy(), 1e-12);
        assertEquals(2.0 / 3, matrix.precision(1), 1e-12);
        assertEquals(1, matrix.recall(1));
        assertEquals(0.8, matrix.f1(1), 1e-12);
        assertEquals(0, matrix.precision(2));
        assertEquals(0, matrix.f1(2));
        assertEquals(1, matrix.counts()[0][1]);
        assertEquals(3, matrix.classes());
        assertEquals(matrix, ConfusionMatrix.of(3, labels, Tensor.of(new long[] {0, 1, 1, 1, 0})));
        assertNotEquals(matrix, ConfusionMatrix.of(3, labels, labels));
        assertTrue(matrix.toString().contains("0 1 1 0"), matrix.toString());
        assertEquals(
                ConfusionMatrix.of(3, Tensor.of(new long[] {1, 0}), Tensor.of(new long[] {1, 2})),
                ConfusionMatrix.of(3, Tensor.of(new long[] {1, 0}), SCORES));
        assertThrows(DataException.class, () -> ConfusionMatrix.of(2, labels, labels));
        assertThrows(DataException.class, () -> ConfusionMatrix.of(3, labels, Tensor.of(new long[] {0})));
    }
}
