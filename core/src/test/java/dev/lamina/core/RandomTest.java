package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.op.Philox;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Random tensors: the same from the same seed, independent otherwise, with the right distribution. */
class RandomTest {
    private static final int N = 40_000;
    private static final Shape MANY = Shape.of(N);

    @Test
    void theSameSeedGivesTheSameNumbers() {
        assertArrayEquals(
                Random.seed(5).uniform(MANY).toFloatArray(),
                Random.seed(5).uniform(MANY).toFloatArray());
        Random first = Random.seed(5);
        Random second = Random.seed(5);
        first.normal(Shape.of(3));
        second.normal(Shape.of(3));
        assertArrayEquals(first.normal(MANY).toFloatArray(), second.normal(MANY).toFloatArray());
    }

    @Test
    void anotherSeedDrawOrStreamGivesOthers() {
        float[] base = Random.seed(5).uniform(MANY).toFloatArray();
        Random twice = Random.seed(5);
        twice.uniform(MANY);
        for (float[] other : new float[][] {
            Random.seed(6).uniform(MANY).toFloatArray(),
            twice.uniform(MANY).toFloatArray(),
            Random.seed(5).split(0).uniform(MANY).toFloatArray(),
            Random.seed(5).split(1).uniform(MANY).toFloatArray()
        }) {
            assertFalse(Arrays.equals(base, other));
            assertEquals(0, correlation(base, other), 4 / Math.sqrt(N));
        }
    }

    private static double correlation(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - 0.5) * (b[i] - 0.5) * 12;
        }
        return sum / a.length;
    }

    @Test
    void numbersComeFromThePhiloxBlocks() {
        float[] got = Random.seed(9).uniform(Shape.of(7)).toFloatArray();
        int[] words = new int[8];
        long key = Philox.mix(9, 0);
        Philox.block(key, 0, 0, words, 0);
        Philox.block(key, 0, 1, words, 4);
        for (int i = 0; i < got.length; i++) {
            assertEquals(Philox.toFloat(words[i]), got[i]);
        }
    }

    @Test
    void aTracedSeedIsNotCompiledIn() {
        long before = Plan.compiledCount();
        float[] one = Random.of(Tensor.scalar(1L)).uniform(MANY).toFloatArray();
        long after = Plan.compiledCount();
        float[] two = Random.of(Tensor.scalar(2L)).uniform(MANY).toFloatArray();
        assertEquals(after, Plan.compiledCount());
        assertTrue(after <= before + 1);
        assertFalse(Arrays.equals(one, two));
    }

    @Test
    void drawsOfATracedSeedDiffer() {
        Random random = Random.of(Tensor.scalar(1L));
        assertFalse(Arrays.equals(
                random.uniform(MANY).toFloatArray(), random.uniform(MANY).toFloatArray()));
    }

    @Test
    void uniform() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            double[] x = Random.seed(1).uniform(dtype, MANY, 0, 1).toDoubleArray();
            assertTrue(Arrays.stream(x).allMatch(v -> v >= 0 && v < 1));
            assertMoments(x, 0.5, 1.0 / 12);
            assertSpread(x, 16);
        }
        double[] wide = Random.seed(2).uniform(DType.F32, MANY, -3, 5).toDoubleArray();
        assertMoments(wide, 1, 64.0 / 12);
    }

    /** Chi-square over equal cells: 60 is beyond the 0.9999 quantile for 15 degrees of freedom. */
    private static void assertSpread(double[] x, int cells) {
        int[] counts = new int[cells];
        Arrays.stream(x).forEach(v -> counts[(int) (v * cells)]++);
        double expected = (double) x.length / cells;
        double chi = Arrays.stream(counts)
                .mapToDouble(c -> (c - expected) * (c - expected) / expected)
                .sum();
        assertTrue(chi < 60, "chi square " + chi);
    }

    @Test
    void normal() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            double[] x = Random.seed(3).normal(dtype, MANY, 2, 0.5).toDoubleArray();
            assertMoments(x, 2, 0.25);
            double within = Arrays.stream(x).filter(v -> Math.abs(v - 2) < 0.5).count() / (double) N;
            assertEquals(0.682689, within, 0.01);
            double skew = Arrays.stream(x)
                    .map(v -> Math.pow((v - 2) / 0.5, 3))
                    .average()
                    .orElseThrow();
            double kurtosis = Arrays.stream(x)
                    .map(v -> Math.pow((v - 2) / 0.5, 4))
                    .average()
                    .orElseThrow();
            assertEquals(0, skew, 0.08);
            assertEquals(3, kurtosis, 0.25);
        }
    }

    @Test
    void truncatedNormal() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            double[] x = Random.seed(4).truncatedNormal(dtype, MANY, 1, 0.1).toDoubleArray();
            assertTrue(Arrays.stream(x).allMatch(v -> v >= 0.8 - 1e-6 && v <= 1.2 + 1e-6));
            // variance of a standard normal cut at 2: 1 - 4 phi(2) / (2 Phi(2) - 1)
            assertMoments(x, 1, 0.01 * 0.773741);
            double within = Arrays.stream(x).filter(v -> Math.abs(v - 1) < 0.1).count() / (double) N;
            assertEquals(0.682689 / 0.954500, within, 0.01);
        }
    }

    @Test
    void bernoulli() {
        Tensor x = Random.seed(5).bernoulli(0.3, MANY);
        assertEquals(DType.BOOL, x.dtype());
        assertEquals(0.3, x.toF64().mean().item(), 0.01);
        assertEquals(0, Random.seed(5).bernoulli(0, MANY).sum().item());
        assertEquals(N, Random.seed(5).bernoulli(1, MANY).sum().item());
    }

    @Test
    void permutation() {
        long[] order = Random.seed(6).permutation(1000).toLongArray();
        assertNotEquals(0, order[0] + order[1] + order[2]);
        assertArrayEquals(
                LongStream.range(0, 1000).toArray(),
                Arrays.stream(order).sorted().toArray());
        assertFalse(Arrays.equals(order, Random.seed(7).permutation(1000).toLongArray()));
        assertArrayEquals(new long[0], Random.seed(7).permutation(0).toLongArray());
    }

    @Test
    void integers() {
        long[] dice = Random.seed(8).integers(1, 7, MANY).toLongArray();
        int[] counts = new int[7];
        Arrays.stream(dice).forEach(d -> counts[(int) d]++);
        assertEquals(0, counts[0]);
        for (int face = 1; face <= 6; face++) {
            assertEquals(N / 6.0, counts[face], 5 * Math.sqrt(N / 6.0));
        }
    }

    /** Mean and variance within five standard errors; kurtosis is taken as at most 3. */
    private static void assertMoments(double[] x, double mean, double variance) {
        double m = Arrays.stream(x).average().orElseThrow();
        double v = Arrays.stream(x).map(y -> (y - mean) * (y - mean)).average().orElseThrow();
        assertEquals(mean, m, 5 * Math.sqrt(variance / x.length));
        assertEquals(variance, v, 5 * variance * Math.sqrt(2.0 / x.length));
    }

    @Test
    void errors() {
        assertThrows(LaminaException.class, () -> Random.seed(1).bernoulli(1.5, MANY));
        assertThrows(LaminaException.class, () -> Random.seed(1).integers(3, 3, MANY));
        assertThrows(DTypeException.class, () -> Random.seed(1).uniform(DType.I32, MANY, 0, 1));
        assertThrows(DTypeException.class, () -> Random.of(Tensor.scalar(1.0)));
    }
}
