package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** First values: exact bounds and deviations of shared/golden (init), for fan in 200 and fan out 300. */
class InitializersTest {
    private static final Shape KERNEL = Shape.of(200, 300);

    @ParameterizedTest
    @CsvSource({
        "glorot_uniform, 0.10954451150103323, 0.06324555320336758",
        "he_uniform, 0.1224744871391589, 0.07071067811865475",
        "glorot_normal, 0, 0.06324555320336758",
        "lecun_normal, 0, 0.07071067811865475"
    })
    void spreadsAsPublished(String name, double bound, double deviation) {
        // PyTorch's kaiming with gain 1 is our lecun, and He is kaiming with gain sqrt(2).
        double scale = name.startsWith("he") ? Math.sqrt(2) : 1;
        check(Initializers.parse(name + "(1,0)"), bound * scale, deviation * scale);
    }

    @Test
    void heAndLecunUniformHaveTheirDeviations() {
        check(Initializers.heNormal(), 0, Math.sqrt(2.0 / 200));
        check(Initializers.lecunUniform(), 0.1224744871391589, 0.07071067811865475);
        check(Initializers.normal(0, 0.3), 0, 0.3);
        check(Initializers.uniform(-0.2, 0.2), 0.2, 0.2 / Math.sqrt(3));
        check(Initializers.truncatedNormal(0, 0.5), 1, 0.5 * 0.8796256610342398);
    }

    private static void check(Initializer initializer, double bound, double deviation) {
        double[] values = initializer.create(DType.F32, KERNEL, Random.seed(5)).toDoubleArray();
        double mean = Arrays.stream(values).average().orElseThrow();
        double square = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
        double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
        int n = values.length;
        assertEquals(0, mean, 5 * deviation / Math.sqrt(n));
        assertEquals(deviation, Math.sqrt(square), 4 * deviation / Math.sqrt(2.0 * n));
        if (bound > 0) {
            assertTrue(largest <= bound * (1 + 1e-6) && largest > 0.99 * bound, largest + " of " + bound);
        }
    }

    @Test
    void matricesAreOrthogonalOrTheIdentity() {
        Tensor tall = Initializers.orthogonal(2).create(DType.F32, Shape.of(3, 4, 5), Random.seed(1));
        Tensor gram = tall.reshape(12, 5).transpose().matmul(tall.reshape(12, 5));
        assertTrue(gram.sub(Tensor.eye(5).mul(4)).abs().max().item() < 1e-5);
        assertArrayEquals(
                new float[] {3, 0, 0, 0, 3, 0},
                Initializers.identity(3)
                        .create(DType.F32, Shape.of(2, 3), Random.seed(1))
                        .toFloatArray());
        assertThrows(
                ShapeException.class, () -> Initializers.identity().create(DType.F32, Shape.of(2), Random.seed(1)));
        assertThrows(
                ShapeException.class, () -> Initializers.orthogonal().create(DType.F32, Shape.of(2), Random.seed(1)));
    }

    @Test
    void fansCountTheWindow() {
        assertArrayEquals(new long[] {9 * 64, 9 * 128}, Initializers.fans(Shape.of(3, 3, 64, 128)));
        assertArrayEquals(new long[] {7, 7}, Initializers.fans(Shape.of(7)));
        assertArrayEquals(new long[] {1, 1}, Initializers.fans(Shape.of()));
    }

    @Test
    void textsAreReadBack() {
        assertEquals(Initializers.normal(0, 0.05), Initializers.parse(Initializers.text(Initializers.normal(0, 0.05))));
        assertEquals("", Initializers.text((dtype, shape, random) -> Tensor.zeros(dtype, shape)));
        for (String wrong : new String[] {"normal", "normal(1)", "other(1,2)", "", "normal(a,b)"}) {
            assertThrows(DataException.class, () -> Initializers.parse(wrong), wrong);
        }
    }
}
