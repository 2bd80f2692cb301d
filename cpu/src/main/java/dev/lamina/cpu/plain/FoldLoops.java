package dev.lamina.cpu.plain;

/**
 * The loops of reductions. {@code along}: one row, elements {@code at, at + step ...}. {@code across}: n neighbours, each into a
 * state of its own. Sums of floats run in eight lanes over short blocks, which are added in double: the relative error stays near
 * 1e-7 for any length, and the order is fixed.
 */
final class FoldLoops {
    private static final int BLOCK = 512;
    private static final int INFINITY = 0x7f800000;

    private FoldLoops() {}

    static double sumAlong(float[] x, int at, int step, int n) {
        double sum = 0;
        if (step != 1) {
            for (int i = 0; i < n; i++) {
                sum += x[at + i * step];
            }
            return sum;
        }
        for (int i = 0; i < n; i += BLOCK) {
            sum += sumBlock(x, at + i, Math.min(BLOCK, n - i));
        }
        return sum;
    }

    private static double sumBlock(float[] x, int at, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int i = at;
        for (; i < at + n - 7; i += 8) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
            s4 += x[i + 4];
            s5 += x[i + 5];
            s6 += x[i + 6];
            s7 += x[i + 7];
        }
        double sum = ((double) s0 + s1 + s2 + s3) + ((double) s4 + s5 + s6 + s7);
        for (; i < at + n; i++) {
            sum += x[i];
        }
        return sum;
    }

    /** Adds up rows of n elements, four rows at a time: a short row by itself would wait for each addition. */
    static void sumRows(float[] x, double[] state, int rows, int n) {
        int k = 0;
        for (; k < rows - 3; k += 4) {
            int at = k * n;
            double s0 = 0;
            double s1 = 0;
            double s2 = 0;
            double s3 = 0;
            for (int i = at; i < at + n; i++) {
                s0 += x[i];
                s1 += x[i + n];
                s2 += x[i + 2 * n];
                s3 += x[i + 3 * n];
            }
            state[k] += s0;
            state[k + 1] += s1;
            state[k + 2] += s2;
            state[k + 3] += s3;
        }
        for (; k < rows; k++) {
            double sum = 0;
            for (int i = k * n; i < (k + 1) * n; i++) {
                sum += x[i];
            }
            state[k] += sum;
        }
    }

    static double sumAlong(double[] x, int at, int step, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < n - 3; i += 4) {
            s0 += x[at + i * step];
            s1 += x[at + (i + 1) * step];
            s2 += x[at + (i + 2) * step];
            s3 += x[at + (i + 3) * step];
        }
        double sum = (s0 + s1) + (s2 + s3);
        for (; i < n; i++) {
            sum += x[at + i * step];
        }
        return sum;
    }

    static long sumAlong(long[] x, int at, int step, int n) {
        long sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[at + i * step];
        }
        return sum;
    }

    static double maxAlong(float[] x, int at, int step, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            float v = x[at + i * step];
            // Also true for NaN. A branch that is hardly ever taken is faster than Math.max.
            if (!(v <= max)) {
                if (Float.isNaN(v)) {
                    return v;
                }
                max = v;
            }
        }
        return max;
    }

    static double maxAlong(double[] x, int at, int step, int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            double v = x[at + i * step];
            if (!(v <= max)) {
                if (Double.isNaN(v)) {
                    return v;
                }
                max = v;
            }
        }
        return max;
    }

    static long maxAlong(long[] x, int at, int step, int n) {
        long max = Long.MIN_VALUE;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, x[at + i * step]);
        }
        return max;
    }

    static double minAlong(float[] x, int at, int step, int n) {
        float min = Float.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            float v = x[at + i * step];
            if (!(v >= min)) {
                if (Float.isNaN(v)) {
                    return v;
                }
                min = v;
            }
        }
        return min;
    }

    static double minAlong(double[] x, int at, int step, int n) {
        double min = Double.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            double v = x[at + i * step];
            if (!(v >= min)) {
                if (Double.isNaN(v)) {
                    return v;
                }
                min = v;
            }
        }
        return min;
    }

    static long minAlong(long[] x, int at, int step, int n) {
        long min = Long.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            min = Math.min(min, x[at + i * step]);
        }
        return min;
    }

    /**
     * The largest of n floats given by their bits, NaN if one is; with {@code flip} -1 the smallest. Of a reduction of ints the
     * JIT makes vectors, of one of floats it does not.
     */
    static float extreme(int[] bits, int at, int n, int flip) {
        int top = Integer.MIN_VALUE;
        for (int i = at; i < at + n; i++) {
            int key = bits[i] ^ ((bits[i] >> 31) & Integer.MAX_VALUE) ^ flip;
            int nan = (INFINITY - (bits[i] & Integer.MAX_VALUE)) >> 31;
            top = Math.max(top, (key & ~nan) | (nan >>> 1));
        }
        int key = top ^ flip;
        return top == Integer.MAX_VALUE ? Float.NaN : Float.intBitsToFloat(key ^ ((key >> 31) & Integer.MAX_VALUE));
    }

    static void sumAcross(float[] x, double[] state, int n) {
        for (int i = 0; i < n; i++) {
            state[i] += x[i];
        }
    }

    static void maxAcross(float[] x, double[] state, int n) {
        for (int i = 0; i < n; i++) {
            state[i] = Math.max(state[i], x[i]);
        }
    }

    static void minAcross(float[] x, double[] state, int n) {
        for (int i = 0; i < n; i++) {
            state[i] = Math.min(state[i], x[i]);
        }
    }
}
