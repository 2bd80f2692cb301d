package dev.lamina.core.op;

/** Scalar functions that {@link Math} lacks. */
public final class Scalars {
    private Scalars() {}

    /** 1 / (1 + exp(-x)) without overflow; relative error below 1e-15. */
    public static double sigmoid(double x) {
        if (x >= 0) {
            return 1 / (1 + StrictMath.exp(-x));
        }
        double e = StrictMath.exp(x);
        return e / (1 + e);
    }

    /**
     * Error function. For |x| &lt; 3 the series 2/sqrt(pi) * exp(-x*x) * sum of 2^k x^(2k+1) / (1*3*..*(2k+1)), whose terms
     * all have one sign; beyond that 1 minus the continued fraction of erfc (Abramowitz and Stegun 7.1.6 and 7.1.14).
     * Absolute error below 1e-15.
     */
    public static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x) || a > 6) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        double scale = StrictMath.exp(-a * a) / Math.sqrt(Math.PI);
        if (a < 3) {
            double term = a;
            double sum = a;
            for (int k = 1; term > sum * 1e-17; k++) {
                term *= 2 * a * a / (2 * k + 1);
                sum += term;
            }
            return Math.copySign(2 * scale * sum, x);
        }
        double fraction = a;
        for (int k = 60; k >= 1; k--) {
            fraction = a + k / 2.0 / fraction;
        }
        return Math.copySign(1 - scale / fraction, x);
    }

    static double remainder(double x, double y) {
        double r = x % y;
        return r != 0 && (r < 0) != (y < 0) ? r + y : r;
    }

    static long powLong(long x, long y) {
        if (y < 0) {
            return x == 1 ? 1 : x == -1 ? ((y & 1) == 0 ? 1 : -1) : 0;
        }
        long result = 1;
        for (long base = x, e = y; e > 0; e >>= 1, base *= base) {
            result = (e & 1) == 1 ? result * base : result;
        }
        return result;
    }
}
