package dev.lamina.nn;

import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.metrics.Calibration;
import dev.lamina.nn.metrics.ConfusionMatrix;
import dev.lamina.nn.metrics.ConfusionMatrix.Average;
import dev.lamina.nn.metrics.Ranking;
import java.util.Arrays;
import java.util.List;
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

    @Test
    void tablesOfBatchesAreThoseOfTheWhole() {
        Tensor labels = Tensor.of(new long[] {0, 0, 1, 1, 2, 2});
        Tensor scores = dev.lamina.core.Random.seed(2)
                .normal(dev.lamina.core.Shape.of(6, 3))
                .softmax(-1)
                .evaluate();
        Metric.Total precision = Metrics.precision().total();
        Calibration calibration = Metrics.calibrationError(4);
        Metric.Total error = calibration.total();
        assertEquals(0, calibration.table(error).getFirst().count());
        for (int from = 0; from < 6; from += 2) {
            precision.add(scores.narrow(0, from, 2), labels.narrow(0, from, 2));
            error.add(scores.narrow(0, from, 2), labels.narrow(0, from, 2));
        }
        assertEquals(ConfusionMatrix.of(3, labels, scores), ConfusionMatrix.of(precision));
        List<Calibration.Bin> whole = calibration.table(scores, labels);
        for (int i = 0; i < 4; i++) {
            assertEquals(whole.get(i).count(), calibration.table(error).get(i).count());
            assertEquals(
                    whole.get(i).confidence(), calibration.table(error).get(i).confidence(), 1e-6);
        }
    }

    @Test
    void calibrationComparesConfidenceWithAccuracy() {
        Tensor p = Tensor.of(new double[] {0.95, 0.05, 0.9, 0.1, 0.3, 0.7, 0.45, 0.55}, 4, 2);
        Tensor t = Tensor.of(new long[] {0, 1, 1, 0});
        // (0.9, 1]: 0.95 right; (0.8, 0.9]: 0.9 wrong; (0.6, 0.7]: 0.7 right; (0.5, 0.6]: 0.55 wrong
        double expected = (0.05 + 0.9 + 0.3 + 0.55) / 4;
        assertEquals(expected, Metrics.calibrationError().of(p, t), 1e-9);
        List<Calibration.Bin> table = Metrics.calibrationError(2).table(p, t);
        assertEquals(new Calibration.Bin(0.5, 1, 4, table.get(1).confidence(), 0.5), table.get(1));
        assertEquals(3.1 / 4, table.get(1).confidence(), 1e-9);
        assertEquals(3, Calibration.text(table).lines().count());
    }

    @Test
    void perplexityOfScoresLeavesIgnoredLabelsOut() {
        Metric metric =
                Metrics.perplexity().forLoss(sparseCategoricalCrossentropy().ignoreIndex(-1));
        Tensor scores = Tensor.zeros(3, 4);
        assertEquals(4, metric.of(scores, Tensor.of(new long[] {1, -1, 3})), 1e-5);
        assertEquals(8, Metrics.mean(Losses.mse()).of(Tensor.zeros(1, 2), Tensor.of(new float[] {0, 4}, 1, 2)), 1e-6);
    }

    @Test
    void meanIouOfSegmentations() {
        Tensor truth = Tensor.of(new long[] {0, 0, 1, 1}, 1, 2, 2);
        Tensor scores = Tensor.of(new long[] {0, 1, 1, 1}, 1, 2, 2).oneHot(3).toF32();
        // 1 of 2, 2 of 3; class 2 does not occur
        assertEquals((0.5 + 2.0 / 3) / 2, Metrics.meanIou().of(scores, truth), 1e-6);
    }

    @Test
    void joiningBatchesKeepsTheDigitsOfR2() {
        double[] t = new double[1000];
        double[] p = new double[1000];
        for (int i = 0; i < t.length; i++) {
            t[i] = 1e8 + i % 10;
            p[i] = t[i] + (i % 2 == 0 ? 1 : -1);
        }
        Metric.Total total = Metrics.r2().total();
        for (int from = 0; from < t.length; from += 100) {
            total.add(
                    Tensor.of(Arrays.copyOfRange(p, from, from + 100)),
                    Tensor.of(Arrays.copyOfRange(t, from, from + 100)));
        }
        assertEquals(1 - 1 / 8.25, total.value(), 1e-9);
    }

    @Test
    void areasOfConstantScoresAndOfOneClass() {
        Tensor yes = Tensor.of(new float[] {1, 0, 1, 0}, 4, 1);
        assertEquals(0.5, Metrics.rocAuc().of(Tensor.ones(4, 1), yes));
        assertEquals(0.5, Metrics.prAuc().of(Tensor.ones(4, 1), yes));
        assertTrue(Double.isNaN(Metrics.rocAuc().of(Tensor.ones(4, 1), Tensor.ones(4, 1))));
        assertTrue(Double.isNaN(Metrics.rocAuc().of(Tensor.full(Double.NaN, 4, 1), yes)));
    }

    /** At each threshold the cases are counted again, from scores with many ties. */
    @Test
    void pointsOfCurvesOverBatches() {
        java.util.Random random = new java.util.Random(5);
        int count = 300;
        double[] scores = new double[count];
        double[] labels = new double[count];
        for (int i = 0; i < count; i++) {
            labels[i] = random.nextInt(3) == 0 ? 1 : 0;
            scores[i] = (random.nextInt(20) + 4 * labels[i]) / 32;
        }
        Metric.Total total = Metrics.rocAuc().total();
        for (int from = 0; from < count; from += 70) {
            int to = Math.min(count, from + 70);
            total.add(Tensor.of(Arrays.copyOfRange(scores, from, to)), Tensor.of(Arrays.copyOfRange(labels, from, to)));
        }
        Ranking.Points points = Ranking.of(total).points();
        double yes = Arrays.stream(labels).sum();
        double area = 0;
        for (int i = 0; i < points.thresholds().length; i++) {
            double threshold = points.thresholds()[i];
            double found = 0;
            double answers = 0;
            for (int j = 0; j < count; j++) {
                answers += scores[j] >= threshold ? 1 : 0;
                found += scores[j] >= threshold ? labels[j] : 0;
            }
            assertEquals(found / yes, points.recalls()[i], 0);
            assertEquals((answers - found) / (count - yes), points.falsePositiveRates()[i], 0);
            assertEquals(found / answers, points.precisions()[i], 0);
            double left = i == 0 ? 0 : points.falsePositiveRates()[i - 1];
            double before = i == 0 ? 0 : points.recalls()[i - 1];
            area += (points.falsePositiveRates()[i] - left) * (points.recalls()[i] + before) / 2;
        }
        assertEquals(Arrays.stream(scores).distinct().count(), points.thresholds().length);
        assertEquals(area, total.value(), 1e-12);
    }

    @Test
    void curvesOfClasses() {
        Tensor scores = Tensor.of(new double[] {0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.1, 0.2, 0.7}, 3, 3);
        Metric.Total total = Metrics.prAuc().total().add(scores, Tensor.of(new long[] {0, 0, 2}));
        Ranking.Points points = Ranking.of(total, 0).points();
        assertArrayEquals(new double[] {0.7, 0.3, 0.1}, points.thresholds());
        assertArrayEquals(new double[] {0.5, 1, 1}, points.recalls());
        assertArrayEquals(new double[] {1, 1, 2.0 / 3}, points.precisions());
        DataException e = assertThrows(DataException.class, () -> Ranking.of(total, 3));
        assertTrue(e.getMessage().startsWith("curve: expected a class from 0 to 2, got 3"), e.getMessage());
    }

    @Test
    void curvesRefuseOtherLabels() {
        for (double wrong : new double[] {-1, 2, 0.5, Double.NaN}) {
            Tensor labels = Tensor.of(new double[] {1, wrong, 0});
            DataException e = assertThrows(
                    DataException.class, () -> Metrics.rocAuc().of(Tensor.of(new double[] {0.2, 0.4, 0.5}), labels));
            assertEquals(
                    "curve: expected labels 0 and 1, got " + wrong
                            + " in case 1; say which cases are a yes, as in labels.gt(0)",
                    e.getMessage());
            // A case that is left out may have any label.
            Tensor weights = Tensor.of(new double[] {1, 0, 1});
            Metric.Total total = Metrics.prAuc().total().add(Tensor.of(new double[] {0.2, 0.4, 0.5}), labels, weights);
            assertEquals(0.5, total.value());
        }
        Tensor three = Tensor.of(new double[] {0.7, 0.2, 0.1, 0.3, 0.4, 0.3}, 2, 3);
        DataException e =
                assertThrows(DataException.class, () -> Metrics.rocAuc().of(three, Tensor.of(new long[] {0, 3})));
        assertEquals("curve: expected labels from 0 to 2, got 3.0 in case 1; check labels and classes", e.getMessage());
    }

    @Test
    void fitAndEvaluateTakeThemAll() {
        Metric[] metrics = {
            Metrics.accuracy(), Metrics.topKAccuracy(2), Metrics.f1(),
                    Metrics.precision().average(Average.MICRO),
            Metrics.rocAuc(), Metrics.logLoss(), Metrics.calibrationError(), Metrics.cohenKappa()
        };
        Sequential model = Sequential.of(Layers.dense(3));
        model.compile(Optimizers.adam(0.05), sparseCategoricalCrossentropy(), metrics);
        History history = model.fit(Data.clusters(90, 1), FitOptions.epochs(30).batchSize(32));
        Evaluation result = model.evaluate(Data.clusters(90, 1));
        assertTrue(history.last().value("rocAuc") > 0.95, () -> "" + history.last());
        assertEquals(result.metric("accuracy"), result.metric("precisionMicro"), 1e-9);
        assertEquals(result.loss(), result.metric("logLoss"), 1e-6);
        assertTrue(result.metric("top2Accuracy") >= result.metric("accuracy"));
    }

    @Test
    void configsMakeEqualMetrics() {
        for (Metric metric : List.of(
                Metrics.topKAccuracy(3),
                Metrics.accuracy().threshold(0.3),
                Metrics.fBeta(2).average(Average.WEIGHTED),
                Metrics.matthews().threshold(0.2),
                Metrics.calibrationError(15),
                Metrics.rootMeanSquaredError(),
                Metrics.prAuc(),
                Metrics.brier(),
                Metrics.maxError(),
                Metrics.explainedVariance())) {
            Metric again = Metrics.of(metric.config().orElseThrow());
            assertEquals(metric.config(), again.config());
            assertEquals(metric.name(), again.name());
        }
    }
}
