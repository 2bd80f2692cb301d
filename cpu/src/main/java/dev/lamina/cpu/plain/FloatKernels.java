package dev.lamina.cpu.plain;

/**
 * Inner loops of the f32 product. They are shaped for the JIT compiler: every row is an array of its own, and all rows are read
 * at the same index. Only so does it see that a store cannot change a later load, and makes vector code. 4 x 4 is the largest
 * block that it still does this for; measured 60 to 90 GFLOP/s with AVX-512.
 */
final class FloatKernels {
    private static final int ROW = GemmPlan.SQUARE;

    private FloatKernels() {}

    /**
     * Adds 4 products to 4 rows: c[r][j] += sum over q &lt; 4 of a(r, q) * b[k + q][j] for j &lt; n, where a(r, q) is
     * a[at + r * row + q * step].
     */
    static void add4x4(float[][] c, float[][] b, int k, float[] a, int at, int row, int step, int n) {
        float[] c0 = c[0];
        float[] c1 = c[1];
        float[] c2 = c[2];
        float[] c3 = c[3];
        float[] b0 = b[k];
        float[] b1 = b[k + 1];
        float[] b2 = b[k + 2];
        float[] b3 = b[k + 3];
        float a00 = a[at];
        float a01 = a[at + step];
        float a02 = a[at + 2 * step];
        float a03 = a[at + 3 * step];
        float a10 = a[at + row];
        float a11 = a[at + row + step];
        float a12 = a[at + row + 2 * step];
        float a13 = a[at + row + 3 * step];
        float a20 = a[at + 2 * row];
        float a21 = a[at + 2 * row + step];
        float a22 = a[at + 2 * row + 2 * step];
        float a23 = a[at + 2 * row + 3 * step];
        float a30 = a[at + 3 * row];
        float a31 = a[at + 3 * row + step];
        float a32 = a[at + 3 * row + 2 * step];
        float a33 = a[at + 3 * row + 3 * step];
        for (int j = 0; j < n; j++) {
            float x0 = b0[j];
            float x1 = b1[j];
            float x2 = b2[j];
            float x3 = b3[j];
            c0[j] = Math.fma(a03, x3, Math.fma(a02, x2, Math.fma(a01, x1, Math.fma(a00, x0, c0[j]))));
            c1[j] = Math.fma(a13, x3, Math.fma(a12, x2, Math.fma(a11, x1, Math.fma(a10, x0, c1[j]))));
            c2[j] = Math.fma(a23, x3, Math.fma(a22, x2, Math.fma(a21, x1, Math.fma(a20, x0, c2[j]))));
            c3[j] = Math.fma(a33, x3, Math.fma(a32, x2, Math.fma(a31, x1, Math.fma(a30, x0, c3[j]))));
        }
    }

    /**
     * {@link #add4x4} for 2 rows, for short rows only: the JIT compiler unrolls a loop by the lengths it has seen, so a loop that
     * has seen short ones is slow for long ones. It is also the faster block there.
     */
    static void add2x4(float[][] c, float[][] b, int k, float[] a, int at, int row, int step, int n) {
        float[] c0 = c[0];
        float[] c1 = c[1];
        float[] b0 = b[k];
        float[] b1 = b[k + 1];
        float[] b2 = b[k + 2];
        float[] b3 = b[k + 3];
        float a00 = a[at];
        float a01 = a[at + step];
        float a02 = a[at + 2 * step];
        float a03 = a[at + 3 * step];
        float a10 = a[at + row];
        float a11 = a[at + row + step];
        float a12 = a[at + row + 2 * step];
        float a13 = a[at + row + 3 * step];
        for (int j = 0; j < n; j++) {
            float x0 = b0[j];
            float x1 = b1[j];
            float x2 = b2[j];
            float x3 = b3[j];
            c0[j] = Math.fma(a03, x3, Math.fma(a02, x2, Math.fma(a01, x1, Math.fma(a00, x0, c0[j]))));
            c1[j] = Math.fma(a13, x3, Math.fma(a12, x2, Math.fma(a11, x1, Math.fma(a10, x0, c1[j]))));
        }
    }

    /** Adds 4 products to one row. */
    static void add1x4(float[] c, float[][] b, int k, float[] a, int at, int step, int n) {
        float[] b0 = b[k];
        float[] b1 = b[k + 1];
        float[] b2 = b[k + 2];
        float[] b3 = b[k + 3];
        float a0 = a[at];
        float a1 = a[at + step];
        float a2 = a[at + 2 * step];
        float a3 = a[at + 3 * step];
        for (int j = 0; j < n; j++) {
            c[j] = Math.fma(a3, b3[j], Math.fma(a2, b2[j], Math.fma(a1, b1[j], Math.fma(a0, b0[j], c[j]))));
        }
    }

    /** Adds one product to one row. */
    static void add1x1(float[] c, float[] b, float a, int n) {
        for (int j = 0; j < n; j++) {
            c[j] = Math.fma(a, b[j], c[j]);
        }
    }

    /**
     * Adds to 4 x 2 elements of c, which stay in registers: c(r, j) += sum over q &lt; k of a[at + r * aRow + q * aStep] *
     * b[bt + j * bColumn + q * bStep].
     *
     * @param c elements (r, j) at ct + r * {@link GemmPlan#SQUARE} + j
     */
    static void tile4x2(
            float[] a,
            int at,
            int aRow,
            int aStep,
            float[] b,
            int bt,
            int bColumn,
            int bStep,
            int k,
            float[] c,
            int ct) {
        float c00 = c[ct];
        float c01 = c[ct + 1];
        float c10 = c[ct + ROW];
        float c11 = c[ct + ROW + 1];
        float c20 = c[ct + 2 * ROW];
        float c21 = c[ct + 2 * ROW + 1];
        float c30 = c[ct + 3 * ROW];
        float c31 = c[ct + 3 * ROW + 1];
        for (int q = 0, p = at, o = bt; q < k; q++, p += aStep, o += bStep) {
            c00 = Math.fma(a[p], b[o], c00);
            c01 = Math.fma(a[p], b[o + bColumn], c01);
            c10 = Math.fma(a[p + aRow], b[o], c10);
            c11 = Math.fma(a[p + aRow], b[o + bColumn], c11);
            c20 = Math.fma(a[p + 2 * aRow], b[o], c20);
            c21 = Math.fma(a[p + 2 * aRow], b[o + bColumn], c21);
            c30 = Math.fma(a[p + 3 * aRow], b[o], c30);
            c31 = Math.fma(a[p + 3 * aRow], b[o + bColumn], c31);
        }
        c[ct] = c00;
        c[ct + 1] = c01;
        c[ct + ROW] = c10;
        c[ct + ROW + 1] = c11;
        c[ct + 2 * ROW] = c20;
        c[ct + 2 * ROW + 1] = c21;
        c[ct + 3 * ROW] = c30;
        c[ct + 3 * ROW + 1] = c31;
    }
}
