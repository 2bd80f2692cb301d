package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.adamw;
import static dev.lamina.nn.Optimizers.sgd;
import static dev.lamina.nn.ParameterGroup.path;
import static dev.lamina.nn.ParameterGroup.vectors;
import static dev.lamina.nn.Schedules.cosine;
import static dev.lamina.nn.Schedules.exponential;
import static dev.lamina.nn.Schedules.oneCycle;
import static dev.lamina.nn.Schedules.plateau;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What optimizers do in fit: schedules, groups, averages, accumulation, and that a resumed training has the bits of an unbroken one. */
class FitOptimizerTest {
    private static Model net(Optimizer optimizer) {
        return Sequential.of(dense(8).relu(), batchNorm(), dropout(0.3), dense(3))
                .compile(optimizer, sparseCategoricalCrossentropy(), accuracy());
    }

    private static Model plain(Optimizer optimizer) {
        return Sequential.of(dense(8).relu(), dense(3)).compile(optimizer, sparseCategoricalCrossentropy(), accuracy());
    }

    static Stream<Supplier<Optimizer>> optimizers() {
        return Stream.of(
                () -> adamw(0.02)
                        .groups(vectors().weightDecay(0), path("dense_1/*").rate(0.3))
                        .clipNorm(1)
                        .schedule(cosine(20).warmup(3))
                        .average(Averaging.ema(0.9)),
                () -> sgd(0.1).momentum(0.9).schedule(oneCycle(24)).average(Averaging.swa(2)),
                () -> adam(0.02)
                        .schedulePerEpoch(plateau("val_loss").patience(0).factor(0.5)),
                () -> Optimizers.adafactor(0.1).schedulePerEpoch(exponential(0.8)),
                () -> Optimizers.muon(0.05).adamFor(path("dense_2/**")));
    }

    /** Averages too: the model is measured with them. */
    private static float[] all(Model model) {
        float[] own = FitTest.flat(model);
        float[] averaged = model.averaged(() -> FitTest.flat(model));
        float[] both = Arrays.copyOf(own, own.length + averaged.length);
        System.arraycopy(averaged, 0, both, own.length, averaged.length);
        return both;
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void aResumedTrainingEqualsAnUnbrokenOne(Supplier<Optimizer> optimizer, @TempDir Path folder) {
        FitOptions two = epochs(2).batchSize(8).seed(9).accumulate(2).validation(Data.clusters(20, 2));
        Model whole = net(optimizer.get());
        whole.fit(Data.clusters(50, 1), two);
        double rate = whole.optimizer().learningRate();
        whole.fit(Data.clusters(50, 1), two);
        Model first = net(optimizer.get());
        first.fit(Data.clusters(50, 1), two);
        Path file = folder.resolve("model.safetensors");
        first.save(file);
        Model loaded = Model.load(file);
        assertEquals(rate, loaded.optimizer().learningRate());
        loaded.fit(Data.clusters(50, 1), two);
        assertArrayEquals(all(whole), all(loaded));
        Model resumed = net(optimizer.get());
        resumed.resume(file);
        resumed.fit(Data.clusters(50, 1), two);
        assertArrayEquals(all(whole), all(resumed));
    }

    @Test
    void smallBatchesMakeOneLargeStep() {
        for (int count : new int[] {48, 45}) {
            Model large = plain(adam(0.02).clipNorm(0.5));
            large.fit(Data.clusters(count, 1), epochs(3).batchSize(24));
            Model small = plain(adam(0.02).clipNorm(0.5));
            small.fit(Data.clusters(count, 1), epochs(3).batchSize(6).accumulate(4));
            assertEquals(large.optimizer().steps(), small.optimizer().steps());
            assertArrayEquals(FitTest.flat(large), FitTest.flat(small), 2e-5f);
            assertFalse(Arrays.equals(FitTest.flat(plain(adam(0.02)).initialize(2)), FitTest.flat(small)));
        }
    }

    @Test
    void sumsAreNotAveraged() {
        Model large = plain(sgd(0.01));
        large.compile(sgd(0.01), sparseCategoricalCrossentropy().reduction(Loss.Reduction.SUM));
        large.fit(Data.clusters(48, 1), epochs(2).batchSize(24));
        Model small = plain(sgd(0.01));
        small.compile(sgd(0.01), sparseCategoricalCrossentropy().reduction(Loss.Reduction.SUM));
        small.fit(Data.clusters(48, 1), epochs(2).batchSize(6).accumulate(4));
        assertArrayEquals(FitTest.flat(large), FitTest.flat(small), 2e-5f);
    }

    /** Class weights, ignored labels, and objectives that divide by different things. */
    @Test
    void batchesOfALossWithWeightsMakeOneLargeStepToo() {
        FitOptions large = epochs(2).batchSize(24).shuffle(false);
        FitOptions small = epochs(2).batchSize(5).accumulate(5).shuffle(false);
        Model one = plain(sgd(0.1));
        one.compile(
                sgd(0.1),
                sparseCategoricalCrossentropy().classWeights(1, 5, 0.2).ignoreIndex(2));
        Model other = plain(sgd(0.1));
        other.compile(
                sgd(0.1),
                sparseCategoricalCrossentropy().classWeights(1, 5, 0.2).ignoreIndex(2));
        History whole = one.fit(uneven(), large);
        History parts = other.fit(uneven(), small);
        assertArrayEquals(FitTest.flat(one), FitTest.flat(other), 1e-6f);
        assertEquals(
                whole.epochs().getFirst().value("loss"),
                parts.epochs().getFirst().value("loss"),
                1e-5);
        assertEquals(
                one.evaluate(uneven(), 24).loss(), one.evaluate(uneven(), 5).loss(), 1e-6);
    }

    @Test
    void eachObjectiveHasItsOwnShare() {
        Model one = twoOutputs();
        Model other = twoOutputs();
        one.fit(uneven(), epochs(2).batchSize(24).shuffle(false));
        other.fit(uneven(), epochs(2).batchSize(5).accumulate(5).shuffle(false));
        assertArrayEquals(FitTest.flat(one), FitTest.flat(other), 1e-6f);
    }

    /** The first loss divides by the labels that count, the second by all: neither may hang on how the data are cut. */
    @Test
    void theLossOfSeveralObjectivesDoesNotDependOnTheBatches() {
        Model model = twoOutputs();
        model.compile(
                sgd(0.1),
                Objective.of("a", sparseCategoricalCrossentropy().ignoreIndex(1))
                        .target("labels")
                        .weight(0.5),
                Objective.of("b", sparseCategoricalCrossentropy().classWeights(1, 4, 0.1))
                        .target("labels"));
        double whole = model.evaluate(uneven(), 24).loss();
        assertEquals(whole, model.evaluate(uneven(), 5).loss(), 1e-6);
        assertEquals(whole, model.evaluate(uneven(), 1).loss(), 1e-6);
        Map<String, Tensor> outputs = model.predictAll(uneven());
        Tensor labels = Examples.rows(uneven(), 1, 24);
        double expected = 0.5
                        * sparseCategoricalCrossentropy()
                                .ignoreIndex(1)
                                .of(outputs.get("a"), labels)
                                .item()
                + sparseCategoricalCrossentropy()
                        .classWeights(1, 4, 0.1)
                        .of(outputs.get("b"), labels)
                        .item()
                + model.penalty().orElseThrow().item();
        assertEquals(expected, whole, 1e-6);
    }

    private static Model twoOutputs() {
        Wire x = Wire.input("features", 2);
        Wire hidden = dense(6).tanh().kernelRegularizer(Regularizers.l2(0.01)).apply(x);
        Model model = Model.of(
                List.of(x),
                List.of(
                        dense(3).apply(hidden).named("a"),
                        dense(3).apply(hidden).named("b")));
        model.seed(2);
        model.compile(
                sgd(0.1),
                Objective.of("a", sparseCategoricalCrossentropy().ignoreIndex(1))
                        .target("labels")
                        .weight(0.5),
                Objective.of("b", sparseCategoricalCrossentropy().reduction(Loss.Reduction.SUM))
                        .target("labels"));
        return model;
    }

    /** Classes that come in blocks, so that batches differ. */
    private static Dataset uneven() {
        Dataset data = Data.clusters(24, 3);
        int[] labels = new int[24];
        Arrays.setAll(labels, i -> i / 9);
        return Dataset.of(Examples.rows(data, 0, 24), Tensor.of(labels, 24));
    }

    @Test
    void schedulesCountStepsOrEpochs() {
        List<Double> rates = new ArrayList<>();
        Callback recorder = new Callback() {
            @Override
            public void onBatchEnd(Progress progress) {
                rates.add(progress.learningRate());
            }
        };
        plain(sgd(1).schedule(exponential(0.5)))
                .fit(Data.clusters(20, 1), epochs(2).batchSize(10).callbacks(recorder));
        assertEquals(List.of(0.5, 0.25, 0.125, 0.0625), rates);
        rates.clear();
        plain(sgd(1).schedulePerEpoch(exponential(0.5)))
                .fit(Data.clusters(20, 1), epochs(2).batchSize(10).callbacks(recorder));
        assertEquals(List.of(1.0, 1.0, 0.5, 0.5), rates);
    }

    @Test
    void aScheduleOfYourOwnIsALambda() {
        Optimizer optimizer = sgd(0.4).schedule(step -> 1.0 / (1 + step));
        Variable x = Variable.of("x", Tensor.of(new float[] {0}));
        optimizer.step(Map.of(x, Tensor.of(new float[] {1})));
        optimizer.step(Map.of(x, Tensor.of(new float[] {1})));
        assertEquals(-0.6f, x.value().item(), 1e-6);
        assertEquals(0.4 / 3, optimizer.learningRate(), 1e-12);
    }

    @Test
    void ratesAndMomentaThatMoveCompileNothing() {
        Optimizer optimizer = sgd(0.1).momentum(0.9).schedule(oneCycle(10)).average(Averaging.ema(0.9));
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2, 1}));
        long compiled = 0;
        for (int i = 0; i < 10; i++) {
            optimizer.step(Map.of(x, Tensor.of(new float[] {1, 2, 3})));
            compiled = i == 0 ? Plan.compiledCount() : compiled;
        }
        assertEquals(compiled, Plan.compiledCount());
    }

    @Test
    void aPlateauLowersTheRate() {
        // No later loss is better than the first by 10.
        Model model = plain(adam(0.1)
                .schedulePerEpoch(plateau("val_loss").patience(1).factor(0.1).minDelta(10)));
        model.fit(Data.clusters(30, 1), epochs(5).validation(Data.clusters(30, 2)));
        assertEquals(0.001, model.optimizer().learningRate(), 1e-12);
        assertEquals(0.1, model.optimizer().baseLearningRate());
        LaminaException e = assertThrows(
                LaminaException.class,
                () -> plain(adam(0.1).schedulePerEpoch(plateau("val_loss"))).fit(Data.clusters(9, 1), epochs(1)));
        assertTrue(e.getMessage().contains("val_loss"), e.getMessage());
    }

    @Test
    void groupsHaveRatesAndDecaysOfTheirOwn() {
        Variable kernel = Variable.of("net/dense_1/kernel", Tensor.of(new double[] {2, 4}, 1, 2));
        Variable bias = Variable.of("net/dense_1/bias", Tensor.of(new double[] {2, 4}));
        Optimizer optimizer = sgd(0.1).decoupledWeightDecay(0.5)
                .groups(vectors().weightDecay(0), path("dense_1/kernel").rate(0.1));
        Tensor g = Tensor.of(new double[] {1, -1});
        optimizer.step(Map.of(kernel, g.reshape(1, 2), bias, g));
        assertArrayEquals(new double[] {1.9, 4.1}, bias.value().toDoubleArray(), 1e-12);
        assertArrayEquals(
                new double[] {2 - 0.01 - 0.01, 4 + 0.01 - 0.02}, kernel.value().toDoubleArray(), 1e-12);
    }

    @Test
    void groupsAreFoundByPathLayerOrTest() {
        Model model = plain(adam(0.1)).initialize(2);
        List<Variable> all = List.copyOf(model.variables().values());
        assertEquals(2, all.stream().filter(path("dense_1/**")::has).count());
        assertEquals(2, all.stream().filter(path("**/bias")::has).count());
        assertEquals(4, all.stream().filter(path("sequential/*/*")::has).count());
        assertEquals(0, all.stream().filter(path("*")::has).count());
        assertEquals(2, all.stream().filter(vectors()::has).count());
        Layer layer = model.children().get("dense_2");
        assertEquals(2, all.stream().filter(ParameterGroup.layer(layer)::has).count());
        assertEquals(
                1,
                all.stream()
                        .filter(ParameterGroup.where(v -> v.shape().size() == 16)::has)
                        .count());
        Model wrong = plain(adam(0.1).groups(path("dense1/**").rate(0.1)));
        LaminaException e = assertThrows(LaminaException.class, () -> wrong.fit(Data.clusters(9, 1), epochs(1)));
        assertTrue(e.getMessage().contains("expected parameters in the group path 'dense1/**'"), e.getMessage());
    }

    @Test
    void frozenParametersStay() {
        Model model = plain(adamw(0.05).average(Averaging.ema(0.5)));
        model.fit(Data.clusters(30, 1), epochs(1));
        Layer first = model.children().get("dense_1");
        float[] before = FitTest.flat(model);
        first.freeze();
        model.fit(Data.clusters(30, 1), epochs(1));
        float[] after = FitTest.flat(model);
        int frozen = (int) first.parameterCount();
        assertArrayEquals(Arrays.copyOf(before, frozen), Arrays.copyOf(after, frozen));
        assertFalse(Arrays.equals(before, after));
    }

    @Test
    void exponentialAveragesFollowTheParameters() {
        Variable x = Variable.of("x", Tensor.of(new double[] {0}));
        Optimizer optimizer = sgd(1).average(Averaging.ema(0.75));
        double average = 0;
        for (int step = 1; step <= 5; step++) {
            optimizer.step(Map.of(x, Tensor.of(new double[] {-step})));
            double value = x.value().item();
            average = step == 1 ? value : 0.75 * average + 0.25 * value;
            assertEquals(average, optimizer.averages().get(x).value().item(), 1e-12);
        }
    }

    @Test
    void equalAveragesAreMeansOfTheEndsOfEpochs() {
        Model model = plain(sgd(0.1).average(Averaging.swa(2)));
        List<float[]> ends = new ArrayList<>();
        Callback recorder = new Callback() {
            @Override
            public void onEpochEnd(Progress progress) {
                ends.add(FitTest.flat(progress.model()));
            }
        };
        model.fit(Data.clusters(30, 1), epochs(4).callbacks(recorder));
        float[] mean = new float[ends.get(0).length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (ends.get(1)[i] + ends.get(2)[i] + ends.get(3)[i]) / 3;
        }
        float[] trained = FitTest.flat(model);
        assertArrayEquals(mean, model.averaged(() -> FitTest.flat(model)), 1e-6f);
        assertArrayEquals(trained, FitTest.flat(model));
        model.takeAverages();
        assertArrayEquals(mean, FitTest.flat(model), 1e-6f);
    }

    @Test
    void validationsUseTheAverages() {
        Model model = plain(sgd(0.5).average(Averaging.ema(0.95)));
        History history = model.fit(Data.clusters(60, 1), epochs(3).validation(Data.clusters(30, 2)));
        double averaged =
                model.averaged(() -> model.evaluate(Data.clusters(30, 2))).loss();
        assertEquals(history.last().value("val_loss"), averaged, 1e-6);
        assertTrue(Math.abs(averaged - model.evaluate(Data.clusters(30, 2)).loss()) > 1e-4);
    }

    @Test
    void theLearningRateFinderLeavesNoTrace() {
        Model model = plain(adam(0.02).schedule(cosine(100)));
        model.fit(Data.clusters(50, 1), epochs(1).seed(3));
        Model other = plain(adam(0.02).schedule(cosine(100)));
        other.fit(Data.clusters(50, 1), epochs(1).seed(3));
        LearningRateFinder.Result result =
                LearningRateFinder.of(other, Data.clusters(50, 1)).batchSize(16).run();
        assertArrayEquals(FitTest.flat(model), FitTest.flat(other));
        assertEquals(model.optimizer().learningRate(), other.optimizer().learningRate());
        model.fit(Data.clusters(50, 1), epochs(2).seed(3));
        other.fit(Data.clusters(50, 1), epochs(2).seed(3));
        assertArrayEquals(FitTest.flat(model), FitTest.flat(other));
        assertTrue(result.toString().contains("suggestion"), result.toString());
    }

    @Test
    void theSuggestedRateTrains() {
        Model model = plain(sgd(1e-5));
        LearningRateFinder.Result result =
                LearningRateFinder.of(model, Data.clusters(90, 1)).batchSize(16).run();
        assertTrue(result.suggestion() > 0.01 && result.suggestion() < 5, result.toString());
        model.optimizer().learningRate(result.suggestion());
        History history = model.fit(Data.clusters(90, 1), epochs(15));
        assertTrue(history.last().value("accuracy") > 0.95, history.toString());
        assertThrows(
                LaminaException.class,
                () -> LearningRateFinder.of(model, Data.clusters(9, 1)).run());
        assertThrows(
                LaminaException.class,
                () -> LearningRateFinder.of(model, Data.clusters(9, 1)).range(1, 0.1));
    }
}
