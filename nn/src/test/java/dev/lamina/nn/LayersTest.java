package dev.lamina.nn;

import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.layerNorm;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Dropout;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.LayerNorm;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What single layers compute; parity with PyTorch is tested in testkit. */
class LayersTest {
    @Test
    void denseIsAnAffineMapAndAnActivation() {
        Dense layer = dense(2, Activation.RELU)
                .kernelInitializer(Initializers.value(Tensor.of(new float[] {1, -1, 2, 1, 0, -3}, 3, 2)))
                .biasInitializer(Initializers.constant(0.5));
        Tensor y = layer.apply(Tensor.of(new float[] {1, 2, 3}, 1, 3));
        assertArrayEquals(new float[] {5.5f, 0}, y.toFloatArray());
        assertThrows(
                ShapeException.class,
                () -> dense(2).kernelInitializer(Initializers.value(Tensor.ones(2, 2)))
                        .apply(Tensor.ones(1, 3)));
        assertThrows(LaminaException.class, () -> dense(0));
    }

    @Test
    void everyActivationIsAFunctionOfItsName() {
        for (Activation each : Activation.values()) {
            Tensor y = activation(each).apply(Tensor.of(new float[] {-1, 0, 2}, 1, 3));
            assertEquals(Shape.of(1, 3), y.shape());
            assertTrue(y.isFinite().all().item() == 1, each.label());
            assertEquals(each, Catalogue.activation(each.label()));
        }
    }

    @Test
    void dropoutDropsInTrainingOnly() {
        Dropout layer = dropout(0.25);
        Tensor x = Tensor.ones(400, 50);
        assertArrayEquals(x.toFloatArray(), layer.apply(x).toFloatArray());
        float[] first = layer.training(() -> layer.apply(x).evaluate()).toFloatArray();
        float[] second = layer.training(() -> layer.apply(x).evaluate()).toFloatArray();
        int dropped = 0;
        for (float value : first) {
            assertTrue(value == 0 || Math.abs(value - 4f / 3) < 1e-6);
            dropped += value == 0 ? 1 : 0;
        }
        // 20,000 draws: five standard deviations of the share are 0.0153.
        assertEquals(0.25, dropped / 20000.0, 0.0153);
        assertFalse(Arrays.equals(first, second), "two passes must differ");
        assertThrows(LaminaException.class, () -> dropout(1));
        assertThrows(LaminaException.class, () -> dropout(-0.1));
    }

    @Test
    void twoDropoutsOfAModelDifferAndRunsRepeat() {
        float[] once = twice(3);
        assertArrayEquals(once, twice(3));
        assertFalse(Arrays.equals(once, twice(4)));
    }

    /** The product of the masks of two layers: a quarter is left when they are independent. */
    private static float[] twice(long seed) {
        Sequential model = Sequential.of(dropout(0.5), dropout(0.5));
        model.seed(seed);
        float[] values =
                model.training(() -> model.apply(Tensor.ones(1000)).evaluate()).toFloatArray();
        int left = 0;
        for (float value : values) {
            left += value != 0 ? 1 : 0;
        }
        assertEquals(250, left, 70);
        return values;
    }

    @Test
    void flattenKeepsTheExamples() {
        assertEquals(Shape.of(2, 12), flatten().apply(Tensor.ones(2, 3, 4)).shape());
        assertEquals(Shape.of(2, 1), flatten().apply(Tensor.ones(2)).shape());
        assertThrows(ShapeException.class, () -> flatten().apply(Tensor.scalar(1f)));
    }

    @Test
    void embeddingTakesRows() {
        Embedding layer =
                embedding(3, 2).initializer(Initializers.value(Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 3, 2)));
        Tensor y = layer.apply(Tensor.of(new long[] {2, 0, 1, 2}, 2, 2));
        assertEquals(Shape.of(2, 2, 2), y.shape());
        assertArrayEquals(new float[] {4, 5, 0, 1, 2, 3, 4, 5}, y.toFloatArray());
        assertThrows(DTypeException.class, () -> layer.apply(Tensor.ones(2)));
        assertThrows(
                LaminaException.class,
                () -> layer.apply(Tensor.of(new long[] {3})).toFloatArray());
        assertThrows(LaminaException.class, () -> embedding(3, 2).paddingIndex(3));
    }

    @Test
    void batchNormUsesTheBatchInTrainingAndRunningValuesElse() {
        BatchNorm layer = batchNorm().momentum(0.5);
        Tensor x = Tensor.of(new float[] {1, 10, 3, 30}, 2, 2);
        float[] trained = layer.training(() -> layer.apply(x).evaluate()).toFloatArray();
        assertArrayEquals(new float[] {-1, -1, 1, 1}, trained, 1e-4f);
        Map<String, float[]> state =
                Map.of("running_mean", new float[] {1, 10}, "running_variance", new float[] {1.5f, 100.5f});
        state.forEach((name, values) ->
                assertArrayEquals(values, layer.variables().get(name).value().toFloatArray(), 1e-4f, name));
        assertEquals(1, layer.variables().get("batches").value().item());
        float[] used = layer.apply(x).toFloatArray();
        assertEquals((3 - 1) / Math.sqrt(1.5), used[2], 1e-4);
        layer.freeze();
        float[] frozen = layer.training(() -> layer.apply(x).evaluate()).toFloatArray();
        assertArrayEquals(used, frozen);
        assertEquals(1, layer.variables().get("batches").value().item());
    }

    @Test
    void batchNormAppliedTwiceInAPassMovesTwice() {
        BatchNorm layer = batchNorm().momentum(0.5);
        layer.training(() -> {
            layer.apply(Tensor.of(new float[] {1, 3}, 2, 1));
            layer.apply(Tensor.of(new float[] {5, 7}, 2, 1));
        });
        assertEquals(
                0.5 * (0.5 * 2) + 0.5 * 6,
                layer.variables().get("running_mean").value().item(),
                1e-6);
        assertEquals(2, layer.variables().get("batches").value().item());
    }

    @Test
    void batchNormRefusesWhatItCannotNormalise() {
        BatchNorm layer = batchNorm();
        ShapeException one =
                assertThrows(ShapeException.class, () -> layer.training(() -> layer.apply(Tensor.ones(1, 3))));
        assertTrue(one.getMessage().contains("2 or more values for each channel"), one.getMessage());
        assertThrows(ShapeException.class, () -> batchNorm().apply(Tensor.ones(3)));
        ShapeException other = assertThrows(ShapeException.class, () -> layer.apply(Tensor.ones(2, 4)));
        assertTrue(other.getMessage().contains("3 channels on axis -1"), other.getMessage());
    }

    @Test
    void layerNormNormalisesEachExample() {
        float[] y =
                layerNorm().apply(Tensor.of(new float[] {1, 3, 10, 30}, 2, 2)).toFloatArray();
        assertArrayEquals(new float[] {-1, 1, -1, 1}, y, 1e-4f);
        assertThrows(ShapeException.class, () -> layerNorm().axes(3).apply(Tensor.ones(2, 2)));
        LayerNorm built = layerNorm();
        built.apply(Tensor.ones(2, 3));
        assertThrows(ShapeException.class, () -> built.apply(Tensor.ones(2, 4)));
    }
}
