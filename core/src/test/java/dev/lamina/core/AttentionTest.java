package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What attention takes, what it gives in corner cases, and what it says. */
class AttentionTest {
    private static Tensor random(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F64, Shape.of(shape), 0, 1).evaluate();
    }

    @Test
    void headsThatShareKeysAreAsIfKeysWereRepeated() {
        Tensor q = random(1, 2, 4, 3, 5);
        Tensor k = random(2, 2, 2, 6, 5);
        Tensor v = random(3, 2, 2, 6, 7);
        Tensor repeated = q.scaledDotProductAttention(k.repeatInterleave(2, 1), v.repeatInterleave(2, 1));
        assertArrayEquals(
                repeated.toDoubleArray(), q.scaledDotProductAttention(k, v).toDoubleArray(), 1e-12);
    }

    @Test
    void twoAndThreeAxesWillDo() {
        Tensor q = random(1, 3, 5);
        Tensor k = random(2, 6, 5);
        Tensor v = random(3, 6, 2);
        double[] expected = q.matmul(k.transpose())
                .mul(1 / Math.sqrt(5))
                .softmax(-1)
                .matmul(v)
                .toDoubleArray();
        assertArrayEquals(expected, q.scaledDotProductAttention(k, v).toDoubleArray(), 1e-12);
        Tensor batch = q.unsqueeze(0).scaledDotProductAttention(k.unsqueeze(0), v.unsqueeze(0));
        assertEquals(Shape.of(1, 3, 2), batch.shape());
        assertArrayEquals(expected, batch.toDoubleArray(), 1e-12);
    }

    @Test
    void masksOfBothKindsAddUp() {
        Tensor q = random(1, 1, 2, 3, 5);
        Tensor k = random(2, 1, 2, 4, 5);
        Tensor allowed = Tensor.of(new boolean[] {true, true, false, true}, 4);
        Tensor added = random(4, 2, 3, 4);
        Tensor scores = q.matmul(k.transpose()).mul(0.7).add(added);
        Tensor expected =
                allowed.where(scores, Double.NEGATIVE_INFINITY).softmax(-1).matmul(k);
        Tensor got = Attention.plain().mask(allowed).scale(0.7).mask(added).of(q, k, k);
        assertArrayEquals(expected.toDoubleArray(), got.toDoubleArray(), 1e-12);
    }

    @Test
    void aQueryThatMaySeeNothingGetsZerosAndHasNoGradient() {
        Tensor q = random(1, 2, 5);
        Tensor k = random(2, 3, 5);
        Tensor mask = Tensor.of(new boolean[] {true, true, true, false, false, false}, 2, 3);
        Tensor y = Attention.plain().mask(mask).of(q, k, k);
        assertArrayEquals(new double[5], y.narrow(0, 1, 1).toDoubleArray());
        Tensor gradient = Gradients.of(y.sum(), List.of(q)).getFirst();
        assertArrayEquals(new double[5], gradient.narrow(0, 1, 1).toDoubleArray());
        assertTrue(gradient.isFinite().all().item() == 1);
    }

    @Test
    void noKeysGiveZeros() {
        Tensor y = random(1, 2, 5).scaledDotProductAttention(random(2, 0, 5), random(3, 0, 4));
        assertArrayEquals(new double[8], y.toDoubleArray());
    }

    @Test
    void dropoutKeepsTheMean() {
        Tensor ones = Tensor.ones(1, 1, 400, 4);
        Tensor y = Attention.plain().dropout(0.5, Random.seed(3)).of(ones, ones, ones);
        assertEquals(1, y.mean().item(), 0.02);
        assertTrue(y.max().item() > 1.01);
    }

    private static void says(String message, Runnable call) {
        LaminaException thrown = assertThrows(LaminaException.class, call::run);
        assertEquals(message, thrown.getMessage());
    }

    @Test
    void errors() {
        Tensor q = Tensor.ones(2, 4, 3, 5);
        String shapes =
                "attention: expected queries (B..., H, T, D), keys (B..., G, S, D) and values (B..., G, S, E) where G"
                        + " divides H, got (2, 4, 3, 5), ";
        String fix = "; put the heads before the positions: x.reshape(b, t, h, d).permute(0, 2, 1, 3)";
        Tensor narrow = Tensor.ones(2, 4, 3, 6);
        says(shapes + "(2, 4, 3, 6) and (2, 4, 3, 6)" + fix, () -> q.scaledDotProductAttention(narrow, narrow));
        Tensor three = Tensor.ones(2, 3, 3, 5);
        says(shapes + "(2, 3, 3, 5) and (2, 3, 3, 5)" + fix, () -> q.scaledDotProductAttention(three, three));
        says(
                "attention: expected queries, keys and values of one float type, got f32, f32 and f64; cast them",
                () -> q.scaledDotProductAttention(q, q.toF64()));
        says(
                "attention: expected a mask that broadcasts to the scores (2, 4, 3, 3), got (2, 3); a mask of keys (B, S) needs"
                        + " two more axes: mask.reshape(b, 1, 1, s)",
                () -> Attention.plain().mask(Tensor.ones(2, 3)).of(q, q, q));
        says(
                "attention: expected a mask of bool or of a float type, got i64 (3,); compare it (mask.ne(0)) or cast it",
                () -> Attention.plain().mask(Tensor.arange(3)));
        says(
                "attention: expected a probability of dropout from 0 to below 1, got 1.0; pass for example 0.1",
                () -> Attention.plain().dropout(1, Random.seed(1)));
    }
}
