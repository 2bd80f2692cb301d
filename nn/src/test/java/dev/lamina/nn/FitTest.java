package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.gradientDescent;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import dev.lamina.nn.layers.Dense;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** compile, fit and evaluate: results, repeatability, messages. */
class FitTest {
    static Model classifier() {
        return Sequential.of(dense(16).relu(), dense(3))
                .compile(adam(0.02), sparseCategoricalCrossentropy(), accuracy());
    }

    @Test
    void learnsThreeClusters() {
        Model model = classifier();
        History history =
                model.fit(Data.clusters(90, 1), epochs(15).batchSize(16).validation(Data.clusters(30, 2)));
        assertEquals(15, history.epochs().size());
        assertTrue(history.last().value("accuracy") > 0.95, history.toString());
        assertTrue(history.last().value("val_accuracy") > 0.9, history.toString());
        assertTrue(history.values("loss")[14] < history.values("loss")[0] / 3);
        Evaluation evaluation = model.evaluate(Data.clusters(30, 2));
        assertEquals(history.last().value("val_loss"), evaluation.loss(), 1e-6);
        assertEquals(history.last().value("val_accuracy"), evaluation.metric("accuracy"));
        assertEquals(30, evaluation.examples());
        assertTrue(evaluation.toString().startsWith("loss 0."));
    }

    /** Only the first training looks at some predictions; after that a check costs those of one example. */
    @Test
    void trainingsInARowDoNotPredictMuchBetween() {
        List<Integer> sizes = new ArrayList<>();
        Layer counting = Layers.lambda(x -> {
            sizes.add(x.dim(0));
            return x;
        });
        Model model = Sequential.of(counting, dense(3)).compile(adam(0.02), sparseCategoricalCrossentropy());
        model.initialize(2);
        sizes.clear();
        model.fit(Data.clusters(90, 1), epochs(1).batchSize(30));
        assertEquals(List.of(8, 30), sizes);
        sizes.clear();
        model.fit(Data.clusters(90, 1), epochs(1).batchSize(30));
        assertEquals(List.of(1, 30), sizes);
        model.compile(adam(0.02), sparseCategoricalCrossentropy().fromProbabilities());
        assertThrows(DataException.class, () -> model.fit(Data.clusters(90, 1), epochs(1)));
    }

    @Test
    void evaluationDoesNotDependOnTheBatches() {
        Model model = classifier();
        model.fit(Data.clusters(60, 1), epochs(2));
        Evaluation whole = model.evaluate(Data.clusters(50, 2), 50);
        Evaluation parts = model.evaluate(Data.clusters(50, 2), 7);
        assertEquals(whole.loss(), parts.loss(), 1e-6);
        assertEquals(whole.metrics(), parts.metrics());
    }

    @Test
    void aSeedGivesTheSameBits() {
        assertArrayEquals(weights(3, true), weights(3, true));
        assertFalse(Arrays.equals(weights(3, true), weights(4, true)));
        assertFalse(Arrays.equals(weights(3, true), weights(3, false)));
    }

    private static float[] weights(long seed, boolean shuffle) {
        Model model = Sequential.of(dense(8).relu(), dropout(0.3), dense(3))
                .compile(sgd(0.1).momentum(0.9), sparseCategoricalCrossentropy());
        model.fit(Data.clusters(50, 1), epochs(3).batchSize(16).seed(seed).shuffle(shuffle));
        return flat(model);
    }

    static float[] flat(Model model) {
        List<Float> all = new ArrayList<>();
        for (Variable variable : model.variables().values()) {
            for (double value : variable.value().toDoubleArray()) {
                all.add((float) value);
            }
        }
        float[] flat = new float[all.size()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = all.get(i);
        }
        return flat;
    }

    @Test
    void trainingGoesOnWhereItEnded() {
        Model whole = net();
        whole.fit(Data.clusters(50, 1), epochs(4).batchSize(16).seed(9));
        Model parts = net();
        parts.fit(Data.clusters(50, 1), epochs(1).batchSize(16).seed(9));
        History history =
                parts.fit(Data.clusters(50, 1), epochs(3).batchSize(16).seed(9));
        assertArrayEquals(flat(whole), flat(parts));
        assertEquals(2, history.epochs().get(0).number());
        assertEquals(4, parts.trainedEpochs());
    }

    private static Model net() {
        return Sequential.of(dense(8).relu(), batchNorm(), dropout(0.3), dense(3))
                .compile(adam(0.01), sparseCategoricalCrossentropy());
    }

    @Test
    void fitEqualsAHandWrittenLoop() {
        Dataset data = Data.clusters(24, 1);
        Model fitted = Sequential.of(dense(4).tanh(), dense(3).l2(0.01))
                .compile(sgd(0.1).momentum(0.9), sparseCategoricalCrossentropy());
        fitted.seed(5);
        fitted.fit(data, epochs(3).batchSize(24).shuffle(false));
        Model looped = Sequential.of(dense(4).tanh(), dense(3).l2(0.01));
        looped.seed(5);
        looped.initialize(2);
        Loss loss = sparseCategoricalCrossentropy();
        Optimizer optimizer = sgd(0.1).momentum(0.9);
        for (int i = 0; i < 3; i++) {
            Tensor total = loss.of(looped.apply(data.features()), data.labels())
                    .add(looped.penalty().orElseThrow());
            optimizer.step(dev.lamina.core.Gradients.of(total, looped.parameters()));
        }
        assertArrayEquals(flat(fitted), flat(looped), 1e-6f);
    }

    @Test
    void runningStatisticsMoveInHandWrittenLoopsToo() {
        Model model = Sequential.of(batchNorm().momentum(1), dense(1));
        Tensor x = Tensor.of(new float[] {1, 3}, 2, 1);
        Optimizer optimizer = gradientDescent(0.1);
        model.initialize(1);
        model.training(() -> {
            Tensor loss = mse().of(model.apply(x), Tensor.ones(2, 1));
            optimizer.step(dev.lamina.core.Gradients.of(loss, model.parameters()));
        });
        assertEquals(
                2, model.variables().get("batch_norm_1/running_mean").value().item(), 1e-6);
    }

    @Test
    void smallerLastBatchesCountByTheirExamples() {
        Model model = Sequential.of(dense(1).noBias().kernelInitializer(Initializers.constant(1)))
                .compile(gradientDescent(0), mse(), Metrics.meanAbsoluteError());
        Dataset data = Dataset.of(Tensor.of(new float[] {1, 2, 3}, 3, 1), Tensor.of(new float[] {0, 0, 0}, 3, 1));
        History history = model.fit(data, epochs(1).batchSize(2));
        assertEquals((1 + 4 + 9) / 3.0, history.last().value("loss"), 1e-5);
        assertEquals(2, history.last().value("mae"), 1e-6);
        History dropped = model.fit(data, epochs(1).batchSize(2).shuffle(false).dropLast());
        assertEquals(2.5, dropped.last().value("loss"), 1e-5);
    }

    @Test
    void binaryAnswersFromSigmoid() {
        Model model = Sequential.of(dense(8).relu(), dense(1).sigmoid())
                .compile(adam(0.05), binaryCrossentropy().fromProbabilities(), accuracy());
        History history = model.fit(Data.circle(80, 3), epochs(40).batchSize(16));
        assertTrue(history.last().value("accuracy") > 0.9, history.last().toString());
    }

    // ---------------------------------------------------------------- messages

    private static String refused(Class<? extends LaminaException> type, Model model, Dataset data) {
        return assertThrows(type, () -> model.fit(data, epochs(1))).getMessage();
    }

    @Test
    void notCompiled() {
        LaminaException error = assertThrows(
                LaminaException.class, () -> Sequential.of(dense(1)).fit(Data.clusters(6, 1), epochs(1)));
        assertTrue(error.getMessage().contains("call compile(optimizer, loss, metrics...) first"));
    }

    @Test
    void labelsOutOfRangeNameTheRow() {
        Dataset data = Dataset.of(new float[][] {{1, 2}, {3, 4}, {5, 6}}, new int[] {0, 3, 1});
        assertEquals(
                "fit: expected labels from 0 to 2, as the model has 3 outputs, got 3 in row 1;"
                        + " correct the label, or give the last layer more units",
                refused(DataException.class, classifier(), data));
        Model ignoring = Sequential.of(dense(3))
                .compile(adam(0.1), sparseCategoricalCrossentropy().ignoreIndex(3), accuracy());
        assertTrue(Double.isFinite(ignoring.fit(data, epochs(1)).last().value("accuracy")));
    }

    @Test
    void nanInDataNamesRowAndColumn() {
        Dataset data = Dataset.of(new float[][] {{1, 2}, {3, Float.NaN}}, new int[] {0, 1});
        String text = refused(DataException.class, classifier(), data);
        assertTrue(text.contains("row 1, column 1"), text);
    }

    @Test
    void noData() {
        assertTrue(
                refused(DataException.class, classifier(), Data.clusters(6, 1).take(0))
                        .contains("empty data set"));
        Model model = classifier();
        assertThrows(
                DataException.class,
                () -> model.fit(Data.clusters(6, 1), epochs(1).batchSize(7).dropLast()));
        assertThrows(LaminaException.class, () -> epochs(-1));
        assertThrows(LaminaException.class, () -> epochs(1).batchSize(0));
    }

    @Test
    void softmaxWithALossOfScoresIsFoundByItsValues() {
        Model model = new Model() {
            private final Dense scores = child("scores", dense(3));

            @Override
            protected Tensor forward(Tensor x) {
                Tensor powers = scores.apply(x).exp();
                return powers.mul(powers.sumKeep(-1).reciprocal());
            }
        };
        model.compile(adam(0.1), sparseCategoricalCrossentropy());
        String text = refused(DataException.class, model, Data.clusters(6, 1));
        assertTrue(text.contains("got probabilities from the model"), text);
    }

    @Test
    void scoresWithALossOfProbabilitiesAreFound() {
        Model model = Sequential.of(dense(3).kernelInitializer(Initializers.constant(3)))
                .compile(adam(0.1), sparseCategoricalCrossentropy().fromProbabilities());
        String text = refused(DataException.class, model, Data.clusters(6, 1));
        assertTrue(text.contains("end the model in softmax, or leave fromProbabilities() out"), text);
    }

    @Test
    void columnAgainstVectorIsRefused() {
        Model model = Sequential.of(dense(1)).compile(adam(0.1), mse());
        Dataset data = Dataset.of(Tensor.ones(4, 2), Tensor.ones(4));
        assertTrue(refused(ShapeException.class, model, data).contains("unsqueeze(-1)"));
    }

    @Test
    void nothingToTrain() {
        Model model = classifier();
        model.initialize(2);
        model.freeze();
        assertTrue(refused(LaminaException.class, model, Data.clusters(6, 1)).contains("expected parameters to train"));
    }

    @Test
    void aLossThatExplodesStopsAndSaysWhere() {
        Model model = Sequential.of(dense(4), dense(1)).compile(gradientDescent(1e6), mse());
        Dataset data = Dataset.of(Tensor.ones(8, 2).mul(100), Tensor.ones(8, 1));
        String text = assertThrows(
                        LaminaException.class, () -> model.fit(data, epochs(50).batchSize(4)))
                .getMessage();
        assertTrue(text.startsWith("fit: expected a finite loss, got "), text);
        assertTrue(text.contains(" in epoch ") && text.contains(", batch "), text);
        assertTrue(text.contains("variables are not finite (dense_1/kernel"), text);
        assertTrue(text.contains("lower the learning rate (now 1000000.0)"), text);
    }

    @Test
    void oneTrainingAtATime() {
        Model model = classifier();
        Callback second = new Callback() {
            @Override
            public void onEpochEnd(Progress progress) {
                progress.model().fit(Data.clusters(6, 1), epochs(1));
            }
        };
        LaminaException error = assertThrows(
                LaminaException.class,
                () -> model.fit(Data.clusters(6, 1), epochs(1).callbacks(second)));
        assertTrue(error.getMessage().contains("one training at a time"), error.getMessage());
        model.fit(Data.clusters(6, 1), epochs(1));
    }

    @Test
    void metricsNeedDifferentNames() {
        assertThrows(
                LaminaException.class, () -> Sequential.of(dense(1)).compile(adam(0.1), mse(), accuracy(), accuracy()));
    }

    /** Two halves disagree; the one that counts wins, in the loss as well. */
    @Test
    void aFieldOfWeightsSaysHowMuchExamplesCount() {
        java.util.SequencedMap<String, Tensor> fields = new java.util.LinkedHashMap<>();
        fields.put(Dataset.FEATURES, Tensor.ones(8, 1));
        fields.put(Dataset.LABELS, Tensor.of(new float[] {1, 1, 1, 1, 5, 5, 5, 5}, 8, 1));
        fields.put(Dataset.WEIGHTS, Tensor.of(new float[] {2, 2, 2, 2, 0, 0, 0, 0}));
        Model model =
                Sequential.of(dense(1).kernelInitializer(Initializers.zeros()).noBias());
        model.compile(sgd(0.1), mse());
        Dataset data = Dataset.of(fields);
        assertEquals(1, model.evaluate(data).loss(), 1e-6);
        model.fit(data, epochs(100).batchSize(8));
        assertEquals(1, model.predict(1f)[0], 1e-3);
    }
}
