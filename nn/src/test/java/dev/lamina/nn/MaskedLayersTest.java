package dev.lamina.nn;

import static dev.lamina.nn.Layers.activityRegularization;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Layers.multiHeadAttention;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.KeyValueCache;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What masks change in training and with a cache, which the layer harness does not look at. */
class MaskedLayersTest {
    private static final Tensor X =
            Random.seed(3).normal(Shape.of(2, 4, 3)).toF64().evaluate();
    private static final Tensor REAL =
            Tensor.of(new int[] {1, 1, 1, 0, 1, 0, 0, 0}, 2, 4).ne(0).evaluate();

    /** The rows of the real steps (4, 3). */
    private static Tensor realRows() {
        return X.reshape(8, 3)
                .indexSelect(0, Tensor.of(new long[] {0, 1, 2, 4}))
                .evaluate();
    }

    @Test
    void batchNormTakesMomentsOfRealSteps() {
        BatchNorm masked = batchNorm();
        Tensor y = masked.training(() -> masked.applyMasked(X, REAL).evaluate());
        BatchNorm rows = batchNorm();
        Tensor expected = rows.training(() -> rows.apply(realRows()).evaluate());
        double[] got = y.reshape(8, 3)
                .indexSelect(0, Tensor.of(new long[] {0, 1, 2, 4}))
                .toDoubleArray();
        assertArrayEquals(expected.toDoubleArray(), got, 1e-12);
        Map<String, dev.lamina.core.Variable> running = rows.variables();
        masked.variables()
                .forEach((name, variable) -> assertArrayEquals(
                        running.get(name).value().toDoubleArray(),
                        variable.value().toDoubleArray(),
                        1e-12,
                        name));
    }

    @Test
    void penaltiesOfActivityLeavePaddingOut() {
        Layer layer = activityRegularization(Regularizers.l2(1));
        double penalty = layer.training(() -> {
            layer.applyMasked(X, REAL).evaluate();
            return layer.penalty().orElseThrow().item();
        });
        assertEquals(realRows().square().sum().item() / 2, penalty, 1e-12);
    }

    @Test
    void aMaskOfIndicesReachesTheLayersBehindAnEmbedding() {
        Model model = Sequential.of(embedding(5, 3), lstm(2));
        Tensor ids = Tensor.of(new long[] {1, 2, 3, 4, 4, 1, 1, 1}, 2, 4);
        Tensor others = Tensor.of(new long[] {1, 2, 3, 0, 4, 2, 0, 3}, 2, 4);
        assertArrayEquals(
                model.applyMasked(ids, REAL).toFloatArray(),
                model.applyMasked(others, REAL).toFloatArray(),
                0);
    }

    @Test
    void aCacheRemembersWhichStepsOfThePromptAreReal() {
        Layer attention = multiHeadAttention(1).causal();
        Tensor real =
                Tensor.of(new int[] {0, 0, 1, 1, 1, 0, 1, 1, 1, 1}, 2, 5).ne(0).evaluate();
        Tensor x = Random.seed(5).normal(Shape.of(2, 5, 3)).evaluate();
        float[] whole = attention.applyMasked(x, real).narrow(1, 3, 2).toFloatArray();
        KeyValueCache cache = new KeyValueCache(6);
        cache.step(
                3,
                () -> attention
                        .applyMasked(
                                List.of(x.narrow(1, 0, 3)),
                                List.of(Optional.of(real.narrow(1, 0, 3).evaluate())))
                        .getFirst());
        Tensor later = cache.apply(attention, x.narrow(1, 3, 2).evaluate());
        assertArrayEquals(whole, later.toFloatArray(), 1e-5f);
    }

    @Test
    void aCacheIsForCausalAttention() {
        String message = assertThrows(
                        LaminaException.class,
                        () -> new KeyValueCache(4).apply(multiHeadAttention(1), Tensor.ones(1, 2, 3)))
                .getMessage();
        assertTrue(
                message.contains(
                        "multiHeadAttention: expected causal attention with a cache of keys and values, got one"
                                + " to all positions; make the layer with causal()"),
                message);
    }
}
