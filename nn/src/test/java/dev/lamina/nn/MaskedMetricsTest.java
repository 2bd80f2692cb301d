package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Metrics.weighted;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.metrics.ConfusionMatrix.Average;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a mask leaves out counts nowhere, and weights count as if cases were there so often. */
class MaskedMetricsTest {
    private static final int N = 23;

    private static Stream<Metric> ofClasses() {
        return Stream.of(
                accuracy(),
                Metrics.topKAccuracy(2),
                Metrics.precision().average(Average.WEIGHTED),
                Metrics.recall(),
                Metrics.f1().average(Average.MICRO),
                Metrics.balancedAccuracy(),
                Metrics.cohenKappa(),
                Metrics.matthews(),
                Metrics.meanIou(),
                Metrics.rocAuc(),
                Metrics.prAuc(),
                Metrics.logLoss(),
                Metrics.perplexity(),
                Metrics.brier(),
                Metrics.calibrationError(4));
    }

    private static Stream<Metric> ofNumbers() {
        return Stream.of(
                Metrics.meanSquaredError(),
                Metrics.rootMeanSquaredError(),
                Metrics.meanAbsoluteError(),
                Metrics.meanAbsolutePercentageError(),
                Metrics.medianAbsoluteError(),
                Metrics.maxError(),
                Metrics.r2(),
                Metrics.explainedVariance());
    }

    private static Tensor probabilities(int... shape) {
        return Random.seed(3).normal(Shape.of(shape)).toF64().softmax(-1).evaluate();
    }

    private static Tensor labels(int classes, int... shape) {
        return Random.seed(4)
                .uniform(Shape.of(shape))
                .mul(classes)
                .floor()
                .cast(DType.I64)
                .evaluate();
    }

    /** 0, 1, 2 or 3 for each case. */
    private static Tensor counts(int... shape) {
        return Random.seed(5)
                .uniform(Shape.of(shape))
                .mul(4)
                .floor()
                .cast(DType.I64)
                .evaluate();
    }

    /** Each case as often as its count. */
    private static Tensor repeated(Tensor x, Tensor counts) {
        Tensor rows = x.flatten(0, counts.rank() - 1);
        long[] often = counts.toLongArray();
        List<Long> chosen = new java.util.ArrayList<>();
        for (int i = 0; i < often.length; i++) {
            for (int k = 0; k < often[i]; k++) {
                chosen.add((long) i);
            }
        }
        return rows.take(Tensor.of(chosen.stream().mapToLong(Long::longValue).toArray()))
                .evaluate();
    }

    /** In two batches, of which one may count nothing. */
    private static double over(Metric metric, Tensor p, Tensor t, Tensor w) {
        Metric.Total total = metric.total();
        total.add(p, t, w.zerosLike());
        for (int from = 0; from < p.dim(0); from += 11) {
            int count = Math.min(11, p.dim(0) - from);
            total.add(p.narrow(0, from, count), t.narrow(0, from, count), w.narrow(0, from, count));
        }
        return total.value();
    }

    @ParameterizedTest
    @MethodSource("ofClasses")
    void weightsOfCasesWithClasses(Metric metric) {
        Tensor p = probabilities(N, 3);
        Tensor t = labels(3, N);
        Tensor w = counts(N);
        assertEquals(metric.of(repeated(p, w), repeated(t, w)), over(metric, p, t, w.toF64()), 1e-12, metric.name());
    }

    @ParameterizedTest
    @MethodSource("ofClasses")
    void weightsOfAnswersOfYesAndNo(Metric metric) {
        Tensor p = probabilities(N, 2).narrow(1, 1, 1).squeeze(1).evaluate();
        Tensor t = labels(2, N);
        Tensor w = counts(N);
        assertEquals(metric.of(repeated(p, w), repeated(t, w)), over(metric, p, t, w.toF64()), 1e-12, metric.name());
    }

    @ParameterizedTest
    @MethodSource("ofClasses")
    void masksOfSteps(Metric metric) {
        Tensor p = probabilities(N, 5, 3);
        Tensor t = labels(3, N, 5);
        Tensor mask = counts(N, 5).minimum(1);
        assertEquals(metric.of(repeated(p, mask), repeated(t, mask)), over(metric, p, t, mask), 1e-12, metric.name());
    }

    @ParameterizedTest
    @MethodSource("ofNumbers")
    void masksOfNumbers(Metric metric) {
        Tensor p = Random.seed(6).normal(Shape.of(N)).toF64().evaluate();
        Tensor t = Random.seed(7).normal(Shape.of(N)).toF64().evaluate();
        Tensor mask = counts(N).minimum(1).evaluate();
        assertEquals(metric.of(repeated(p, mask), repeated(t, mask)), over(metric, p, t, mask), 1e-12, metric.name());
    }

    @Test
    void columnsMayCountDifferently() {
        Tensor p = Random.seed(6).normal(Shape.of(N, 2)).toF64().evaluate();
        Tensor t = Random.seed(7).normal(Shape.of(N, 2)).toF64().evaluate();
        Tensor w = counts(N, 2);
        double mean = 0;
        for (int c = 0; c < 2; c++) {
            Tensor own = w.narrow(1, c, 1).squeeze(1).evaluate();
            mean += 0.5
                    * Metrics.r2()
                            .of(
                                    repeated(p.narrow(1, c, 1).squeeze(1), own),
                                    repeated(t.narrow(1, c, 1).squeeze(1), own));
        }
        assertEquals(mean, over(Metrics.r2(), p, t, w.toF64()), 1e-12);
        assertThrows(
                ShapeException.class,
                () -> over(Metrics.r2(), p, t, counts(2, N).toF64()));
        assertThrows(ShapeException.class, () -> over(accuracy(), probabilities(N, 3), labels(3, N), counts(N, 3)));
    }

    // ---------------------------------------------------------------- in fit and evaluate

    /** Tags for sequences of different lengths; 0 is padding. */
    private static Dataset sequences(int count, int padding) {
        int[] ids = new int[count * (6 + padding)];
        int[] tags = new int[ids.length];
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < 1 + i % 6; t++) {
                int at = i * (6 + padding) + t;
                ids[at] = 1 + (i * 7 + t * 3) % 9;
                tags[at] = ids[at] % 3;
            }
        }
        LinkedHashMap<String, Tensor> fields = new LinkedHashMap<>();
        fields.put("features", Tensor.of(ids, count, 6 + padding));
        fields.put("labels", Tensor.of(tags, count, 6 + padding));
        return Dataset.of(fields);
    }

    private static Model tagger(Metric... metrics) {
        Model model = Sequential.of(embedding(10, 8).maskPadding(), dense(3));
        model.seed(1);
        model.compile(sgd(0.5), sparseCategoricalCrossentropy(), metrics);
        return model;
    }

    @Test
    void moreOrLessPaddingChangesNoFigure() {
        Metric[] metrics = {accuracy(), Metrics.f1(), Metrics.logLoss(), Metrics.rocAuc()};
        Model model = tagger(metrics);
        model.fit(sequences(24, 0), epochs(1).batchSize(12));
        Evaluation some = model.evaluate(sequences(24, 0));
        Evaluation more = model.evaluate(sequences(24, 5), 7);
        assertEquals(some.loss(), more.loss(), 1e-6);
        some.metrics().forEach((name, value) -> assertEquals(value, more.metric(name), 1e-6, name));
        assertTrue(some.metric("accuracy") > 0.4 && some.metric("accuracy") < 1, some.toString());
    }

    @Test
    void paddingChangesNoTrainingEither() {
        Model some = tagger(accuracy());
        Model more = tagger(accuracy());
        some.fit(sequences(24, 0), epochs(3).batchSize(24));
        more.fit(sequences(24, 4), epochs(3).batchSize(5).accumulate(5));
        assertArrayEquals(FitTest.flat(some), FitTest.flat(more), 2e-6f);
    }

    @Test
    void aMetricOfYourOwnSaysThatItCannotLeaveStepsOut() {
        Metric own = new Metric() {
            @Override
            public String name() {
                return "own";
            }

            @Override
            protected Tensor sums(Tensor prediction, Tensor target) {
                return Tensor.ones(2);
            }

            @Override
            protected double value(double[] sums) {
                return sums[0] / sums[1];
            }
        };
        String message = assertThrows(LaminaException.class, () -> tagger(own).fit(sequences(6, 0), epochs(1)))
                .getMessage();
        assertTrue(message.contains("own: expected a metric that can leave out masked steps"), message);
    }

    private static Dataset weighing() {
        LinkedHashMap<String, Tensor> fields = new LinkedHashMap<>();
        fields.put("features", Tensor.of(new float[] {1, 2, 3, 4}, 4, 1));
        fields.put("labels", Tensor.of(new float[] {0, 0, 0, 0}, 4, 1));
        fields.put("weights", Tensor.of(new float[] {1, 0, 0, 3}));
        return Dataset.of(fields);
    }

    @Test
    void weightsCountInWeightedMetricsOnly(@TempDir Path folder) {
        Model model = Sequential.of(Layers.lambda(x -> x), dense(1).noBias().kernelInitializer(Initializers.ones()));
        model.compile(sgd(0), mse(), Metrics.meanAbsoluteError(), weighted(Metrics.meanAbsoluteError()));
        Evaluation result = model.evaluate(weighing(), 3);
        assertEquals(2.5, result.metric("mae"), 1e-6);
        assertEquals(3.25, result.metric("weighted_mae"), 1e-6);
        Model saved = Sequential.of(dense(1).noBias().kernelInitializer(Initializers.ones()));
        saved.compile(sgd(0), mse(), weighted(Metrics.meanAbsoluteError()));
        saved.initialize(1);
        Path file = folder.resolve("model.safetensors");
        saved.save(file);
        assertEquals(3.25, Model.load(file).evaluate(weighing()).metric("weighted_mae"), 1e-6);
    }
}
