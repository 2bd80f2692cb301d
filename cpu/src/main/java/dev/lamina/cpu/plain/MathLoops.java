package dev.lamina.cpu.plain;

/**
 * The loops of {@link VectorMath}. They compute in double, so that the float result is as good as rounded once, and without
 * branches, tables or bit casts, which the JIT compiler does not turn into vector instructions. Loops are short for the same
 * reason: beyond a certain size it gives up.
 *
 * <p>Polynomials interpolate at Chebyshev points; the error given is relative and the largest on the interval.
 */
final class MathLoops {
    /** Where exp(-x) is certainly 0 in f32. */
    private static final double EXP_LIMIT = 110;

    private static final double TANH_LIMIT = 20;

    /** Beyond this, multiples of pi are not exact enough. */
    static final double HUGE = 0x1p30;

    private static final double LN_2 = 0x1.62e42fefa39efp-1;
    private static final double PI_LOW = 0x1.1a62633145c07p-53;
    private static final double HALF_PI_LOW = PI_LOW / 2;

    /** Adding and subtracting this rounds to an integer, and gives +0 for -0. */
    private static final double ROUNDER = 0x1.8p52;

    /** Bits of the square root of one half. */
    private static final long ROOT_HALF = 0x3fe6a09e667f3bcdL;

    private MathLoops() {}

    /** d = x, as doubles. */
    static void widen(float[] x, int at, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[at + i];
        }
    }

    /** y = d, rounded to floats. */
    static void narrow(double[] d, float[] y, int at, int n) {
        for (int i = 0; i < n; i++) {
            y[at + i] = (float) d[i];
        }
    }

    /**
     * d = scale * d, but not below where exp certainly vanishes. There is no need for an upper limit: the polynomials of exp grow
     * to infinity. NaN stays.
     */
    static void scaleExponent(double[] d, double scale, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(-EXP_LIMIT / 256, d[i] * scale);
        }
    }

    /** d = scale * d, with |d| limited to where tanh is certainly 1. */
    static void scaleTanh(double[] d, double scale, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(-TANH_LIMIT, Math.min(TANH_LIMIT, d[i])) * scale;
        }
    }

    /** e to the u for |u| at most 110/256; error 2e-13. */
    private static double expOf(double u) {
        double p = 0x1.736c4fe82ecbap-19;
        p = Math.fma(p, u, 0x1.a23d904f42e9ap-16);
        p = Math.fma(p, u, 0x1.a0190038ca2ddp-13);
        p = Math.fma(p, u, 0x1.6c155f544039dp-10);
        p = Math.fma(p, u, 0x1.11111154fa536p-7);
        p = Math.fma(p, u, 0x1.555556102f3a9p-5);
        p = Math.fma(p, u, 0x1.555555553c40dp-3);
        p = Math.fma(p, u, 0x1.ffffffff75fc4p-2);
        p = Math.fma(p, u, 0x1.000000000002fp0);
        p = Math.fma(p, u, 0x1.000000000020ap0);
        return p;
    }

    /** (e to the u, minus 1) / u for |u| at most 110/256; error 6e-13. */
    private static double expm1Over(double u) {
        double p = 0x1.73447360fe948p-19;
        p = Math.fma(p, u, 0x1.a206b8c821772p-16);
        p = Math.fma(p, u, 0x1.a0193b18d6b44p-13);
        p = Math.fma(p, u, 0x1.6c15b05470c7ap-10);
        p = Math.fma(p, u, 0x1.11111139cdc10p-7);
        p = Math.fma(p, u, 0x1.555555c569a57p-5);
        p = Math.fma(p, u, 0x1.555555554c4e9p-3);
        p = Math.fma(p, u, 0x1.ffffffffce54bp-2);
        p = Math.fma(p, u, 0x1.0000000000000p0);
        return p;
    }

    /** log(1 + f) / f for 1 + f from the root of 1/2 to the root of 2; error 5e-13. */
    private static double logOver(double f) {
        double p = 0x1.5e07203fdaa55p-5;
        p = Math.fma(p, f, -0x1.5ad81ea89aee3p-4);
        p = Math.fma(p, f, 0x1.666aa6302fb3fp-4);
        p = Math.fma(p, f, -0x1.54aea122c9debp-4);
        p = Math.fma(p, f, 0x1.6ec333b6e3300p-4);
        p = Math.fma(p, f, -0x1.99151feb20f1cp-4);
        p = Math.fma(p, f, 0x1.c7737f21fde3ep-4);
        p = Math.fma(p, f, -0x1.0005a3607488fp-3);
        p = Math.fma(p, f, 0x1.2490f1832168bp-3);
        p = Math.fma(p, f, -0x1.5555271e49d97p-3);
        p = Math.fma(p, f, 0x1.99999eb52a0abp-3);
        p = Math.fma(p, f, -0x1.0000004a692d7p-2);
        p = Math.fma(p, f, 0x1.5555555191743p-2);
        p = Math.fma(p, f, -0x1.ffffffffbe94ep-2);
        p = Math.fma(p, f, 0x1.00000000003d2p0);
        return p;
    }

    /** sin(r) / r with z = r * r, for |r| up to pi/2; error 8e-14. */
    private static double sinOver(double z) {
        double p = 0x1.52e518c09afe4p-33;
        p = Math.fma(p, z, -0x1.ae0443c43fe01p-26);
        p = Math.fma(p, z, 0x1.71dcf806fa696p-19);
        p = Math.fma(p, z, -0x1.a019fd487d2dcp-13);
        p = Math.fma(p, z, 0x1.11111109ee17ap-7);
        p = Math.fma(p, z, -0x1.5555555543bb2p-3);
        p = Math.fma(p, z, 0x1.ffffffffffe3ap-1);
        return p;
    }

    /** atan(t) / t with z = t * t, for |t| up to 1; error 1e-11. */
    private static double atanOver(double z) {
        double p = 0x1.b7979f2e1b044p-12;
        p = Math.fma(p, z, -0x1.a2d4adcfc1d68p-9);
        p = Math.fma(p, z, 0x1.7675ef99379b4p-7);
        p = Math.fma(p, z, -0x1.aa150d8e51b33p-6);
        p = Math.fma(p, z, 0x1.658d8847a48c6p-5);
        p = Math.fma(p, z, -0x1.ed569cab9c1b6p-5);
        p = Math.fma(p, z, 0x1.330185be386aep-4);
        p = Math.fma(p, z, -0x1.72a7852a1bb8cp-4);
        p = Math.fma(p, z, 0x1.c6df94c4732acp-4);
        p = Math.fma(p, z, -0x1.248fb9403e0cfp-3);
        p = Math.fma(p, z, 0x1.99997c85fb1a4p-3);
        p = Math.fma(p, z, -0x1.55555513c30a5p-2);
        p = Math.fma(p, z, 0x1.ffffffffe73c2p-1);
        return p;
    }

    /** erf(x) / x with s = x * x / 8 - 1, for |x| up to 4; error 4e-10. */
    private static double erfOver(double s) {
        double p = 0x1.8a6caab470c6fp-14;
        p = Math.fma(p, s, -0x1.026466e217773p-12);
        p = Math.fma(p, s, 0x1.6b49f96c0d06fp-13);
        p = Math.fma(p, s, -0x1.555506765c526p-12);
        p = Math.fma(p, s, 0x1.71a9bd2a54af3p-10);
        p = Math.fma(p, s, -0x1.7d61c3299c579p-9);
        p = Math.fma(p, s, 0x1.38ee4f02d9147p-8);
        p = Math.fma(p, s, -0x1.12ba7628ceb60p-7);
        p = Math.fma(p, s, 0x1.d73ce53e159ffp-7);
        p = Math.fma(p, s, -0x1.71aa3a7454ee2p-6);
        p = Math.fma(p, s, 0x1.0ec5c6e1688d8p-5);
        p = Math.fma(p, s, -0x1.76bcc6dec6fadp-5);
        p = Math.fma(p, s, 0x1.ea99e1ae9780fp-5);
        p = Math.fma(p, s, -0x1.3218984cd195ap-4);
        p = Math.fma(p, s, 0x1.717eee4e076f7p-4);
        p = Math.fma(p, s, -0x1.b92e6d963dfaap-4);
        p = Math.fma(p, s, 0x1.0dabaf245a337p-3);
        p = Math.fma(p, s, -0x1.69a0cd301b91ep-3);
        p = Math.fma(p, s, 0x1.6a040781a499cp-2);
        return p;
    }

    /** d = e to the (256 d): 8 squarings of a polynomial. */
    static void exp(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double p = expOf(d[i]);
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            d[i] = p;
        }
    }

    /** d = e to the (256 d), minus 1; keeps the sign of 0. From e^u - 1 = t follows e^(2u) - 1 = t (t + 2). */
    static void expm1(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double t = d[i] * expm1Over(d[i]);
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            t *= t + 2;
            d[i] = t;
        }
    }

    /** d = 1 / (1 + d). */
    static void sigmoidOfExp(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = 1 / (1 + d[i]);
        }
    }

    /** d = d / (d + 2): tanh(x) from e^(2x) - 1. */
    static void tanhOfExpm1(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = d[i] / (d[i] + 2);
        }
    }

    /** d = erf(d). */
    static void erf(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double x = Math.max(-4.0, Math.min(4.0, d[i]));
            d[i] = x * erfOver(Math.fma(x * x, 0.125, -1));
        }
    }

    /** u = 1 + d and d = what the rounding of u lost, divided by u. */
    static void splitOnePlus(double[] d, double[] u, int n) {
        for (int i = 0; i < n; i++) {
            double sum = 1 + d[i];
            d[i] = (d[i] - (sum - 1)) / sum;
            u[i] = sum;
        }
    }

    /**
     * Splits numbers into mantissas and exponents: bits become those of a number from the root of 1/2 to the root of 2, and e
     * minus the exponent.
     *
     * @return negative if a number is not positive and finite
     */
    static long splitBits(long[] bits, double[] e, int n) {
        long odd = 0;
        for (int i = 0; i < n; i++) {
            long b = bits[i];
            long exponent = (b - ROOT_HALF) >> 52;
            odd |= (b - 1) | (0x7fefffffffffffffL - b);
            e[i] = (double) -exponent;
            bits[i] = b - (exponent << 52);
        }
        return odd;
    }

    /** d = log(m) - e log 2 + rest. Adding last makes log1p(-0) = -0: the sum of the first two is -0 if both are 0. */
    static void log(double[] m, double[] e, double[] rest, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double f = -(1 - m[i]);
            d[i] = Math.fma(e[i], -LN_2, f * logOver(f)) + rest[i];
        }
    }

    /** d = d * y. */
    static void multiply(double[] d, float[] y, int at, int n) {
        for (int i = 0; i < n; i++) {
            d[i] *= y[at + i];
        }
    }

    /** d = sin(d) for |d| below {@link #HUGE}: the distance to the nearest multiple of pi, and a minus for odd multiples. */
    static void sin(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double q = (d[i] * (1 / Math.PI) + ROUNDER) - ROUNDER;
            double r = Math.fma(q, -PI_LOW, Math.fma(q, -Math.PI, d[i]));
            double half = q * 0.5;
            double sign = Math.fma(half - Math.floor(half), -4, 1);
            d[i] = sign * r * sinOver(r * r);
        }
    }

    /** d = cos(d) for |d| below {@link #HUGE}, as the sine of the distance to the nearest odd multiple of pi/2. */
    static void cos(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double q = (Math.fma(d[i], 1 / Math.PI, -0.5) + ROUNDER) - ROUNDER;
            double odd = q + 0.5;
            double r = Math.fma(odd, -PI_LOW, Math.fma(odd, -Math.PI, d[i]));
            double half = q * 0.5;
            double sign = Math.fma(half - Math.floor(half), 4, -1);
            d[i] = sign * r * sinOver(r * r);
        }
    }

    /** d = distance of d to the nearest multiple of pi, for |d| below {@link #HUGE}. */
    static void reducePi(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double q = (d[i] * (1 / Math.PI) + ROUNDER) - ROUNDER;
            d[i] = Math.fma(q, -PI_LOW, Math.fma(q, -Math.PI, d[i]));
        }
    }

    /** d = tan(d) for |d| up to pi/2, as sin(d) / sin(pi/2 - |d|). */
    static void tan(double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double r = d[i];
            double t = (Math.PI / 2 - Math.abs(r)) + HALF_PI_LOW;
            d[i] = r * sinOver(r * r) / (t * sinOver(t * t));
        }
    }

    /** t = the smaller of |d| and 1 / |d|. */
    static void foldAtan(double[] d, double[] t, int n) {
        for (int i = 0; i < n; i++) {
            double a = Math.abs(d[i]);
            t[i] = Math.min(a, 1 / a);
        }
    }

    /** d = atan(d): atan(t), or pi/2 - atan(t) where |d| is above 1. */
    static void atan(double[] d, double[] t, int n) {
        for (int i = 0; i < n; i++) {
            double p = t[i] * atanOver(t[i] * t[i]);
            double above = Math.fma(Math.signum(Math.abs(d[i]) - 1), 0.5, 0.5);
            d[i] = Math.fma(above, Math.PI / 2 - 2 * p, p) * Math.signum(d[i]);
        }
    }

    /** Whether a number is beyond {@link #HUGE}; a NaN does not count. */
    static boolean anyHuge(double[] d, int n) {
        int huge = 0;
        for (int i = 0; i < n; i++) {
            huge |= (int) (Math.abs(d[i]) * (1 / HUGE));
        }
        return huge != 0;
    }
}
