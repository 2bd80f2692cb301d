package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Products in bf16: equal to rounding by hand, in the gradients too, and nowhere else. */
class PrecisionTest {
    private final Tensor a = random(1, 5, 7);
    private final Tensor b = random(2, 7, 4);

    private static Tensor random(long seed, int... dims) {
        return Random.seed(seed).normal(DType.F32, Shape.of(dims), 0, 1).evaluate();
    }

    private static Tensor rounded(Tensor x) {
        return x.cast(DType.BF16).cast(DType.F32);
    }

    private static void assertSameBits(Tensor expected, Tensor got) {
        assertEquals(DType.F32, got.dtype());
        assertArrayEquals(expected.toDoubleArray(), got.toDoubleArray());
    }

    @Test
    void aProductRoundsItsFactors() {
        Tensor got = Precision.bf16().call(() -> a.matmul(b));
        assertSameBits(rounded(a).matmul(rounded(b)), got);
        assertFalse(java.util.Arrays.equals(a.matmul(b).toDoubleArray(), got.toDoubleArray()));
        Tensor batch = random(3, 2, 3, 7);
        assertSameBits(rounded(batch).matmul(rounded(b)), Precision.bf16().call(() -> batch.matmul(b)));
        Tensor other = random(4, 2, 7, 3);
        assertSameBits(rounded(batch).matmul(rounded(other)), Precision.bf16().call(() -> batch.matmul(other)));
        assertSameBits(
                rounded(a).transpose().matmul(rounded(a)),
                Precision.bf16().call(() -> a.transpose().matmul(a)));
    }

    @Test
    void gradientsRoundToo() {
        Tensor upstream = random(5, 5, 4);
        Tensor y = Precision.bf16().call(() -> a.matmul(b));
        List<Tensor> got = Gradients.of(y, upstream, List.of(a, b));
        assertSameBits(rounded(upstream).matmul(rounded(b).transpose()), got.get(0));
        assertSameBits(rounded(a).transpose().matmul(rounded(upstream)), got.get(1));
        // The gradient of the plain product, built inside, stays plain.
        Tensor plain = a.matmul(b);
        Tensor inside = Precision.bf16()
                .call(() -> Gradients.of(plain, upstream, List.of(a)).get(0));
        assertSameBits(upstream.matmul(b.transpose()), inside);
    }

    @Test
    void theGraphShowsIt() {
        Tensor y = Precision.bf16().call(() -> a.matmul(b));
        assertTrue(Gradients.of(y.square().sum(), List.of(a)).get(0).debug().contains("rounded=bf16"));
        assertFalse(a.matmul(b).debug().contains("rounded=bf16"));
    }

    @Test
    void otherTypesAreNotRounded() {
        Tensor doubles = a.cast(DType.F64);
        Tensor got = Precision.bf16().call(() -> doubles.matmul(b.cast(DType.F64)));
        assertArrayEquals(doubles.matmul(b.cast(DType.F64)).toDoubleArray(), got.toDoubleArray());
    }

    @Test
    void scopesNestAndEnd() {
        assertSame(Precision.f32(), Precision.current());
        Precision.bf16().run(() -> {
            assertSame(Precision.bf16(), Precision.current());
            Precision.f32().run(() -> assertSame(Precision.f32(), Precision.current()));
            assertSame(Precision.bf16(), Precision.current());
        });
        assertSame(Precision.f32(), Precision.current());
    }

    @Test
    void namesComeBack() {
        assertSame(Precision.bf16(), Precision.named(Precision.bf16().toString()));
        LaminaException e = assertThrows(LaminaException.class, () -> Precision.named("fp8"));
        assertEquals("precision: expected f32 or bf16, got 'fp8'", e.getMessage());
    }
}
