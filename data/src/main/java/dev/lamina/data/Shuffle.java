package dev.lamina.data;

/**
 * Shuffles by a fixed published method, so that a seed gives the same order on every machine and in every version.
 *
 * <p>The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): the state
 * grows by 0x9E3779B97F4A7C15 and {@link #mix} makes the output. The shuffle is that of Fisher and Yates from the last
 * place down; the place to swap with is the upper half of the 128-bit product of the output and the number of places,
 * whose bias is below 2^-32.
 */
final class Shuffle {

    private static final long STEP = 0x9E3779B97F4A7C15L;

    private Shuffle() {}

    /** Shuffles an array in place. */
    static void shuffle(int[] values, long seed) {
        long state = seed;
        for (int i = values.length - 1; i > 0; i--) {
            state += STEP;
            int j = (int) Math.unsignedMultiplyHigh(mix(state), i + 1L);
            int value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
    }

    /** The numbers 0 to n - 1, shuffled. */
    static int[] permutation(int n, long seed) {
        int[] values = new int[n];
        fill(values);
        shuffle(values, seed);
        return values;
    }

    /** Sets values[i] = i. */
    static void fill(int[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
    }

    /** A seed of its own for each number below another seed. */
    static long seed(long seed, long number) {
        return mix(mix(seed + STEP) + number * STEP);
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
