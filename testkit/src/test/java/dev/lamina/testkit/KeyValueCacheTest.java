package dev.lamina.testkit;

import static dev.lamina.nn.Layers.positionalEncoding;
import static dev.lamina.nn.Layers.rotaryEmbedding;
import static dev.lamina.nn.Layers.transformerEncoder;
import static dev.lamina.nn.Layers.transformerEncoderLayer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.layers.KeyValueCache;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sequence position by position gives what it gives at once, and after the first step nothing is compiled. */
class KeyValueCacheTest {
    private static final int PROMPT = 8;
    private static final int TOKENS = 50;

    private static Layer model() {
        return Sequential.of(
                positionalEncoding().learned(PROMPT + TOKENS),
                transformerEncoder(
                                transformerEncoderLayer(4, 32).preNorm().causal(),
                                transformerEncoderLayer(4, 32)
                                        .preNorm()
                                        .attention(a -> a.causal().keyHeads(2).rotary(rotaryEmbedding())),
                                transformerEncoderLayer(4, 32)
                                        .attention(a -> a.causal().alibi()))
                        .finalNorm(),
                positionalEncoding());
    }

    @ParameterizedTest
    @ValueSource(strings = {"interpreter", "cpu"})
    void fiftyTokens(String backend) {
        OnBackend.of(backend, () -> {
            Layer model = model();
            Tensor x = Random.seed(1).normal(Shape.of(2, PROMPT + TOKENS, 16)).evaluate();
            float[] whole = model.apply(x).toFloatArray();
            KeyValueCache cache = new KeyValueCache(PROMPT + TOKENS);
            for (int round = 0; round < 2; round++) {
                compare(whole, cache.apply(model, x.narrow(1, 0, PROMPT).evaluate()), 0);
                for (int i = PROMPT; i < PROMPT + TOKENS; i++) {
                    Tensor next = x.narrow(1, i, 1).evaluate();
                    long before = Plan.compiledCount();
                    Tensor y = cache.apply(model, next);
                    if (i > PROMPT + 2) {
                        assertEquals(before, Plan.compiledCount(), "plans at position " + i);
                    }
                    compare(whole, y, i);
                }
                assertEquals(PROMPT + TOKENS, cache.length());
                assertThrows(ShapeException.class, () -> cache.apply(model, x.narrow(1, 0, 1)));
                cache.clear();
            }
            return true;
        });
    }

    private static void compare(float[] whole, Tensor y, int from) {
        float[] got = y.toFloatArray();
        int count = y.dim(1);
        for (int i = 0; i < got.length; i++) {
            int example = i / (count * 16);
            int at = (example * (PROMPT + TOKENS) + from) * 16 + i % (count * 16);
            assertEquals(whole[at], got[i], 2e-5f, "position " + from + " at " + i);
        }
    }
}
