package dev.lamina.core.op;

/**
 * Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
 * (2011). The key is the seed, the counter is (block, stream).
 */
public final class Philox {
    private Philox() {}

    /** Writes the four 32-bit words of one counter to {@code out[at..at+3]}. */
    public static void block(long seed, long stream, long block, int[] out, int at) {
        int c0 = (int) block;
        int c1 = (int) (block >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            long p0 = (c0 & 0xffffffffL) * 0xD2511F53L;
            long p1 = (c2 & 0xffffffffL) * 0xCD9E8D57L;
            int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            c0 = n0;
            c2 = n2;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        out[at] = c0;
        out[at + 1] = c1;
        out[at + 2] = c2;
        out[at + 3] = c3;
    }

    /** The f32 uniform of a word: its upper 24 bits. */
    public static float toFloat(int word) {
        return (word >>> 8) * 0x1p-24f;
    }

    /** The f64 uniform of two words: 53 bits. */
    public static double toDouble(int high, int low) {
        return (((high & 0xffffffffL) << 21) | ((low & 0xffffffffL) >>> 11)) * 0x1p-53;
    }

    /** A well-mixed seed from a seed and a number (splitmix64's finalizer), for seeds of sub-streams. */
    public static long mix(long seed, long number) {
        long z = seed + 0x9E3779B97F4A7C15L * (number + 1);
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
