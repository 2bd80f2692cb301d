package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.layerNorm;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.nadam;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Safetensors;
import dev.lamina.nn.layers.Dense;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saved models: equal results, resumed training with equal bits, messages for files that do not fit. */
class CheckpointTest {
    @TempDir
    Path folder;

    private Path file = Path.of("unset");

    @BeforeEach
    void name() {
        file = folder.resolve("model.safetensors");
    }

    private static Model net() {
        return Sequential.of(dense(8).relu(), batchNorm(), dropout(0.3), dense(3))
                .compile(nadam(0.01).clipNorm(1), sparseCategoricalCrossentropy(), accuracy());
    }

    @Test
    void aResumedTrainingEqualsAnUnbrokenOne() {
        Model whole = net();
        whole.fit(Data.clusters(50, 1), epochs(4).batchSize(16).seed(9));
        Model first = net();
        first.fit(Data.clusters(50, 1), epochs(2).batchSize(16).seed(9));
        first.save(file);
        Model second = Model.load(file);
        History history =
                second.fit(Data.clusters(50, 1), epochs(2).batchSize(16).seed(9));
        assertArrayEquals(FitTest.flat(whole), FitTest.flat(second));
        assertEquals(3, history.epochs().get(0).number());
        Model third = net();
        third.resume(file);
        third.fit(Data.clusters(50, 1), epochs(2).batchSize(16).seed(9));
        assertArrayEquals(FitTest.flat(whole), FitTest.flat(third));
    }

    @Test
    void everyReadyLayerComesBack() {
        Model model = Sequential.of(
                embedding(9, 4).paddingIndex(1),
                flatten(),
                dense(6).gelu().noBias().l1(0.01).kernelConstraint(Constraints.maxNorm(2)),
                layerNorm().epsilon(1e-3),
                batchNorm().momentum(0.2).cumulative(),
                dropout(0.5),
                activation(Activation.SILU),
                Sequential.of(dense(2).softmax(), dense(2).noBias()));
        model.initialize(DType.I64, Shape.of(3));
        Tensor x = Tensor.of(new long[] {1, 2, 3, 8, 0, 4}, 2, 3);
        model.training(() -> model.apply(x).evaluate());
        model.save(file);
        Model again = Model.load(file);
        assertArrayEquals(model.predict(x).toFloatArray(), again.predict(x).toFloatArray());
        assertEquals(model.config(), again.config());
        assertEquals(model.summary(), again.summary());
    }

    /** A class of its own: no description, only its code can make it. */
    private static final class Custom extends Model {
        private final Dense hidden = child("hidden", dense(4).relu());
        private final Dense out;

        Custom(int classes) {
            out = child("out", dense(classes));
        }

        @Override
        protected Tensor forward(Tensor x) {
            return out.apply(hidden.apply(x));
        }
    }

    @Test
    void aModelOfItsOwnClassLoadsWeights() {
        Custom model = new Custom(3);
        model.compile(adam(0.01), sparseCategoricalCrossentropy());
        model.fit(Data.clusters(20, 1), epochs(1));
        model.save(file);
        Custom again = new Custom(3);
        again.loadWeights(file);
        assertArrayEquals(FitTest.flat(model), FitTest.flat(again));
        String text = assertThrows(DataException.class, () -> Model.load(file)).getMessage();
        assertTrue(text.startsWith(file + ": expected a model of ready layers"), text);
        assertTrue(text.endsWith("then call loadWeights, or compile it and call resume"), text);
    }

    @Test
    void allDifferencesAreToldAndNothingChanges() {
        Custom model = new Custom(3);
        model.initialize(2);
        model.save(file);
        Custom other = new Custom(5);
        other.initialize(2);
        float[] before = FitTest.flat(other);
        String text =
                assertThrows(DataException.class, () -> other.loadWeights(file)).getMessage();
        assertTrue(text.contains("got 2 differences"), text);
        assertTrue(text.contains("out/bias: expected f32 (5,), got f32 (3,)"), text);
        assertTrue(text.contains("out/kernel: expected f32 (4, 5), got f32 (4, 3)"), text);
        assertArrayEquals(before, FitTest.flat(other));
        Model sequential = Sequential.of(dense(4));
        sequential.initialize(2);
        String names = assertThrows(DataException.class, () -> sequential.loadWeights(file))
                .getMessage();
        assertTrue(names.contains("hidden/bias: expected nothing, got f32 (4,)"), names);
        assertTrue(names.contains("dense_1/kernel: expected f32 (2, 4), got nothing"), names);
    }

    @Test
    void resumeNeedsTheSameOptimizer() {
        Model model = net();
        model.fit(Data.clusters(20, 1), epochs(1));
        model.save(file);
        Model other = Sequential.of(dense(8).relu(), batchNorm(), dropout(0.3), dense(3))
                .compile(sgd(0.1), sparseCategoricalCrossentropy());
        String text =
                assertThrows(DataException.class, () -> other.resume(file)).getMessage();
        assertTrue(text.contains("expected the state of the optimizer sgd, got that of nadam"), text);
        other.loadWeights(file);
        assertArrayEquals(FitTest.flat(model), FitTest.flat(other));
    }

    @Test
    void resumeForgetsWhatTheFileDoesNotHold() {
        Model fresh = Sequential.of(dense(3))
                .compile(Optimizers.adagrad(0.1).initialAccumulator(0.5), sparseCategoricalCrossentropy());
        fresh.initialize(2);
        fresh.save(file);
        fresh.fit(Data.clusters(20, 1), epochs(2));
        float[] expected = FitTest.flat(fresh);
        fresh.resume(file);
        assertEquals(0, fresh.trainedEpochs());
        fresh.fit(Data.clusters(20, 1), epochs(2));
        assertArrayEquals(expected, FitTest.flat(fresh));
    }

    private String loadError(UnaryOperator<String> change) {
        Model model = Sequential.of(dense(2)).compile(adam(0.1), mse());
        model.initialize(3);
        model.save(file);
        Safetensors content = Safetensors.read(file);
        Map<String, String> metadata = new HashMap<>(content.metadata());
        metadata.put("model", change.apply(content.metadata().get("model")));
        Safetensors.write(file, content.tensors(), metadata);
        String text = assertThrows(DataException.class, () -> Model.load(file)).getMessage();
        assertTrue(text.startsWith(file + ": "), text);
        assertEquals(-1, text.indexOf('\n'), text);
        return text;
    }

    @Test
    void damagedDescriptionsAreRefused() {
        assertTrue(loadError(json -> "{").contains("the file is damaged"));
        assertTrue(loadError(json -> "[1]").contains("the file is damaged"));
        assertTrue(loadError(json -> "{}").contains("expected a 'type'"));
        assertTrue(loadError(json -> json.replace("dense", "other")).contains("expected a known layer, got 'other'"));
        assertTrue(loadError(json -> json.replace("\"units\":2.0", "\"units\":\"two\""))
                .contains("under 'units', got 'two'"));
        assertTrue(loadError(json -> json.replace("\"units\":2.0", "\"units\":2.5"))
                .contains("whole number"));
        assertTrue(loadError(json -> json.replace("\"units\":2.0", "\"units\":4.0"))
                .contains("2 differences"));
        assertTrue(loadError(json -> json.replace("linear", "curved")).contains("expected a known activation"));
        assertTrue(loadError(json -> "{\"type\":\"dense\",\"units\":null}").contains("got null"));
    }

    @Test
    void aSavedLayerIsNoModel() {
        String dense = "{\"type\":\"flatten\"}";
        assertTrue(loadError(json -> dense).contains("expected a model, got the layer flatten"));
    }

    @Test
    void missingAndForeignFilesAreRefused() throws IOException {
        assertThrows(DataException.class, () -> Model.load(file));
        Files.writeString(file, "no model");
        assertThrows(DataException.class, () -> Model.load(file));
        Safetensors.write(file, Map.of("x", Tensor.ones(2)), Map.of());
        assertTrue(assertThrows(DataException.class, () -> Model.load(file))
                .getMessage()
                .contains("'model'"));
        assertThrows(DataException.class, () -> Sequential.of(dense(1)).save(file));
    }

    @Test
    void aFailedSaveLeavesTheOldFile() throws IOException {
        Model model = net();
        model.initialize(2);
        model.save(file);
        byte[] before = Files.readAllBytes(file);
        Path nowhere = folder.resolve("missing").resolve("model.safetensors");
        assertThrows(DataException.class, () -> model.save(nowhere));
        model.fit(Data.clusters(20, 1), epochs(1));
        model.save(file);
        assertTrue(before.length < Files.size(file), "the optimizer's variables are saved too");
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }
}
