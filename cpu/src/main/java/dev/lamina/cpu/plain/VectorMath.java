package dev.lamina.cpu.plain;

import dev.lamina.core.op.Scalars;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Mathematical functions of arrays: y[i] = f(x[i]) for i &lt; n; y may be x.
 *
 * <p>f32: the error is below 0.51 ulp (sin, cos, tan: of the exact result for the float given, however large), so nearly all
 * results are the floats next to the true value; results below the smallest normal number are right to 1e-45. f64: as
 * {@link StrictMath}, at most 1 ulp; erf 1e-15 absolute, sigmoid 1e-15 relative. Special values are those of {@link StrictMath}.
 *
 * <p>The bits of a result depend on the argument alone, not on its place or the length. For this, {@link Math} is not used
 * beyond operations that are exact or rounded once: its functions may differ between the interpreter and compiled code.
 */
public final class VectorMath {
    private static final int BLOCK = 512;
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private VectorMath() {}

    /** Arrays for one block. */
    private static final class Scratch {
        // With their headers these are multiples of 64 bytes and not of 4096.
        final double[] d = new double[BLOCK + 14];
        final double[] t = new double[BLOCK + 14];
        final double[] e = new double[BLOCK + 14];
        final double[] rest = new double[BLOCK + 14];
        final long[] bits = new long[BLOCK + 14];
        final MemorySegment tMemory = MemorySegment.ofArray(t);
        final MemorySegment bitsMemory = MemorySegment.ofArray(bits);
    }

    /** e to the x. */
    public static void exp(float[] x, float[] y, int n) {
        double[] d = SCRATCH.get().d;
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, d, count);
            MathLoops.scaleExponent(d, 0x1p-8, count);
            MathLoops.exp(d, count);
            MathLoops.narrow(d, y, i, count);
        }
    }

    /** e to the x, minus 1. */
    public static void expm1(float[] x, float[] y, int n) {
        double[] d = SCRATCH.get().d;
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, d, count);
            MathLoops.scaleExponent(d, 0x1p-8, count);
            MathLoops.expm1(d, count);
            MathLoops.narrow(d, y, i, count);
        }
    }

    /** 1 / (1 + e to the -x). */
    public static void sigmoid(float[] x, float[] y, int n) {
        double[] d = SCRATCH.get().d;
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, d, count);
            MathLoops.scaleExponent(d, -0x1p-8, count);
            MathLoops.exp(d, count);
            MathLoops.sigmoidOfExp(d, count);
            MathLoops.narrow(d, y, i, count);
        }
    }

    /** Hyperbolic tangent. */
    public static void tanh(float[] x, float[] y, int n) {
        double[] d = SCRATCH.get().d;
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, d, count);
            MathLoops.scaleTanh(d, 0x1p-7, count);
            MathLoops.expm1(d, count);
            MathLoops.tanhOfExpm1(d, count);
            MathLoops.narrow(d, y, i, count);
        }
    }

    /** Error function. */
    public static void erf(float[] x, float[] y, int n) {
        double[] d = SCRATCH.get().d;
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, d, count);
            MathLoops.erf(d, count);
            MathLoops.narrow(d, y, i, count);
        }
    }

    /** Natural logarithm. */
    public static void log(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.t, count);
            MathLoops.widen(x, i, s.d, count);
            Arrays.fill(s.rest, 0, count, 0.0);
            if (logBlock(s, count)) {
                MathLoops.narrow(s.e, y, i, count);
                continue;
            }
            for (int j = 0; j < count; j++) {
                boolean regular = s.d[j] > 0 && s.d[j] < Double.POSITIVE_INFINITY;
                y[i + j] = (float) (regular ? s.e[j] : StrictMath.log(s.d[j]));
            }
        }
    }

    /** log(1 + x). */
    public static void log1p(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.d, count);
            System.arraycopy(s.d, 0, s.rest, 0, count);
            MathLoops.splitOnePlus(s.rest, s.t, count);
            if (logBlock(s, count)) {
                MathLoops.narrow(s.e, y, i, count);
                continue;
            }
            for (int j = 0; j < count; j++) {
                boolean regular = s.d[j] > -1 && s.d[j] < Double.POSITIVE_INFINITY;
                y[i + j] = (float) (regular ? s.e[j] : StrictMath.log1p(s.d[j]));
            }
        }
    }

    /** e = log(t) + rest, and whether that is right for all. */
    private static boolean logBlock(Scratch s, int count) {
        MemorySegment.copy(s.tMemory, 0, s.bitsMemory, 0, (long) count * Long.BYTES);
        long odd = MathLoops.splitBits(s.bits, s.e, count);
        MemorySegment.copy(s.bitsMemory, 0, s.tMemory, 0, (long) count * Long.BYTES);
        MathLoops.log(s.t, s.e, s.rest, s.e, count);
        return odd >= 0;
    }

    /** a to the b. */
    public static void pow(float[] a, float[] b, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(a, i, s.t, count);
            MathLoops.widen(a, i, s.d, count);
            Arrays.fill(s.rest, 0, count, 0.0);
            boolean regular = logBlock(s, count);
            MathLoops.multiply(s.e, b, i, count);
            MathLoops.scaleExponent(s.e, 0x1p-8, count);
            MathLoops.exp(s.e, count);
            for (int j = 0; !regular && j < count; j++) {
                double base = s.d[j];
                boolean simple = base > 0 && base < Double.POSITIVE_INFINITY;
                s.e[j] = simple ? s.e[j] : StrictMath.pow(base, b[i + j]);
            }
            MathLoops.narrow(s.e, y, i, count);
        }
    }

    /** Sine of radians. */
    public static void sin(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.d, count);
            System.arraycopy(s.d, 0, s.t, 0, count);
            boolean huge = MathLoops.anyHuge(s.d, count);
            MathLoops.sin(s.d, count);
            for (int j = 0; huge && j < count; j++) {
                s.d[j] = Math.abs(s.t[j]) < MathLoops.HUGE ? s.d[j] : StrictMath.sin(s.t[j]);
            }
            MathLoops.narrow(s.d, y, i, count);
        }
    }

    /** Cosine of radians. */
    public static void cos(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.d, count);
            System.arraycopy(s.d, 0, s.t, 0, count);
            boolean huge = MathLoops.anyHuge(s.d, count);
            MathLoops.cos(s.d, count);
            for (int j = 0; huge && j < count; j++) {
                s.d[j] = Math.abs(s.t[j]) < MathLoops.HUGE ? s.d[j] : StrictMath.cos(s.t[j]);
            }
            MathLoops.narrow(s.d, y, i, count);
        }
    }

    /** Tangent of radians. */
    public static void tan(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.d, count);
            System.arraycopy(s.d, 0, s.t, 0, count);
            boolean huge = MathLoops.anyHuge(s.d, count);
            MathLoops.reducePi(s.d, count);
            MathLoops.tan(s.d, count);
            for (int j = 0; huge && j < count; j++) {
                s.d[j] = Math.abs(s.t[j]) < MathLoops.HUGE ? s.d[j] : StrictMath.tan(s.t[j]);
            }
            MathLoops.narrow(s.d, y, i, count);
        }
    }

    /** Arc tangent in radians. */
    public static void atan(float[] x, float[] y, int n) {
        Scratch s = SCRATCH.get();
        for (int i = 0; i < n; i += BLOCK) {
            int count = Math.min(BLOCK, n - i);
            MathLoops.widen(x, i, s.d, count);
            MathLoops.foldAtan(s.d, s.t, count);
            MathLoops.atan(s.d, s.t, count);
            MathLoops.narrow(s.d, y, i, count);
        }
    }

    /** Square root. */
    public static void sqrt(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = (float) Math.sqrt(x[i]);
        }
    }

    /** e to the x. */
    public static void exp(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.exp(x[i]);
        }
    }

    /** e to the x, minus 1. */
    public static void expm1(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.expm1(x[i]);
        }
    }

    /** 1 / (1 + e to the -x). */
    public static void sigmoid(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Scalars.sigmoid(x[i]);
        }
    }

    /** Hyperbolic tangent. */
    public static void tanh(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.tanh(x[i]);
        }
    }

    /** Error function. */
    public static void erf(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Scalars.erf(x[i]);
        }
    }

    /** Natural logarithm. */
    public static void log(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.log(x[i]);
        }
    }

    /** log(1 + x). */
    public static void log1p(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.log1p(x[i]);
        }
    }

    /** Sine of radians. */
    public static void sin(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.sin(x[i]);
        }
    }

    /** Cosine of radians. */
    public static void cos(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.cos(x[i]);
        }
    }

    /** Tangent of radians. */
    public static void tan(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.tan(x[i]);
        }
    }

    /** Arc tangent in radians. */
    public static void atan(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.atan(x[i]);
        }
    }

    /** Square root. */
    public static void sqrt(double[] x, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.sqrt(x[i]);
        }
    }

    /** a to the b. */
    public static void pow(double[] a, double[] b, double[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = StrictMath.pow(a[i], b[i]);
        }
    }
}
