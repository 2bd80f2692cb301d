package dev.lamina.cpu.plain;

import dev.lamina.core.DType;

/** Conversions between registers: as the interpreter does them, floats to integers by way of long. */
final class Casts {
    private Casts() {}

    /** True if the elements stay as they are in a register, so that no step is needed. */
    static boolean isFree(DType from, DType to) {
        return from == to
                || (from != DType.F32 && to == DType.F32 && Kind.of(from) == Kind.FLOAT)
                || (to == DType.I32 && Kind.of(from) == Kind.INT)
                || (from == DType.BOOL && Kind.of(to) == Kind.INT);
    }

    /** The conversion of x to d, which have one level; the result is rounded or wrapped to the dtype. */
    static Step step(Register x, Register d, DType to) {
        Step convert = convert(x, d, to == DType.BOOL);
        return needsFitting(to) ? new Both(convert, fit(d, to)) : convert;
    }

    private record Both(Step first, Step second) implements Step {
        @Override
        public void run(Workspace w) {
            first.run(w);
            second.run(w);
        }
    }

    /** True if results of arithmetic have to be rounded or wrapped in their register. */
    static boolean needsFitting(DType dtype) {
        return switch (dtype) {
            case F16, BF16, I8, U8, BOOL -> true;
            case F32, F64, I64, I32 -> false;
        };
    }

    /** Rounds or wraps what is in the register. */
    static Step fit(Register d, DType dtype) {
        return switch (dtype) {
            case F16 -> w -> roundF16(d.floats(w), w.shorts(w.count(d.level)), w.count(d.level));
            case BF16 ->
                w -> {
                    int n = w.count(d.level);
                    roundBf16(w.bits(0, d, n), n);
                    w.setBits(0, d, n);
                };
            case I8 -> w -> wrapI8(d.ints(w), w.count(d.level));
            case U8 -> w -> wrapU8(d.ints(w), w.count(d.level));
            case BOOL -> w -> wrapBool(d.ints(w), w.count(d.level));
            case F32, F64, I64, I32 -> throw new IllegalStateException(dtype + " fits its register");
        };
    }

    private static Step convert(Register x, Register d, boolean truth) {
        return switch (x.kind) {
            case FLOAT ->
                switch (d.kind) {
                    case FLOAT -> w -> System.arraycopy(x.floats(w), 0, d.floats(w), 0, w.count(d.level));
                    case DOUBLE -> w -> toDoubles(x.floats(w), d.doubles(w), w.count(d.level));
                    case INT -> w -> toInts(x.floats(w), d.ints(w), w.count(d.level), truth);
                    case LONG -> w -> toLongs(x.floats(w), d.longs(w), w.count(d.level));
                };
            case DOUBLE ->
                switch (d.kind) {
                    case FLOAT -> w -> toFloats(x.doubles(w), d.floats(w), w.count(d.level));
                    case DOUBLE -> w -> System.arraycopy(x.doubles(w), 0, d.doubles(w), 0, w.count(d.level));
                    case INT -> w -> toInts(x.doubles(w), d.ints(w), w.count(d.level), truth);
                    case LONG -> w -> toLongs(x.doubles(w), d.longs(w), w.count(d.level));
                };
            case INT ->
                switch (d.kind) {
                    case FLOAT -> w -> toFloats(x.ints(w), d.floats(w), w.count(d.level));
                    case DOUBLE -> w -> toDoubles(x.ints(w), d.doubles(w), w.count(d.level));
                    case INT -> w -> System.arraycopy(x.ints(w), 0, d.ints(w), 0, w.count(d.level));
                    case LONG -> w -> toLongs(x.ints(w), d.longs(w), w.count(d.level));
                };
            case LONG ->
                switch (d.kind) {
                    case FLOAT -> w -> toFloats(x.longs(w), d.floats(w), w.count(d.level));
                    case DOUBLE -> w -> toDoubles(x.longs(w), d.doubles(w), w.count(d.level));
                    case INT -> w -> toInts(x.longs(w), d.ints(w), w.count(d.level), truth);
                    case LONG -> w -> System.arraycopy(x.longs(w), 0, d.longs(w), 0, w.count(d.level));
                };
        };
    }

    private static void toDoubles(float[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    private static void toDoubles(int[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    private static void toDoubles(long[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    private static void toFloats(double[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) x[i];
        }
    }

    private static void toFloats(int[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    /** By way of double, as everywhere. */
    private static void toFloats(long[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) (double) x[i];
        }
    }

    private static void toInts(float[] x, int[] d, int n, boolean truth) {
        if (truth) {
            for (int i = 0; i < n; i++) {
                d[i] = x[i] != 0 ? 1 : 0;
            }
        } else {
            for (int i = 0; i < n; i++) {
                d[i] = (int) (long) x[i];
            }
        }
    }

    private static void toInts(double[] x, int[] d, int n, boolean truth) {
        if (truth) {
            for (int i = 0; i < n; i++) {
                d[i] = x[i] != 0 ? 1 : 0;
            }
        } else {
            for (int i = 0; i < n; i++) {
                d[i] = (int) (long) x[i];
            }
        }
    }

    private static void toInts(long[] x, int[] d, int n, boolean truth) {
        if (truth) {
            for (int i = 0; i < n; i++) {
                d[i] = (int) ((x[i] | -x[i]) >>> 63);
            }
        } else {
            for (int i = 0; i < n; i++) {
                d[i] = (int) x[i];
            }
        }
    }

    private static void toLongs(float[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (long) x[i];
        }
    }

    private static void toLongs(double[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (long) x[i];
        }
    }

    private static void toLongs(int[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    private static void roundF16(float[] d, short[] halves, int n) {
        for (int i = 0; i < n; i++) {
            halves[i] = Float.floatToFloat16(d[i]);
        }
        for (int i = 0; i < n; i++) {
            d[i] = Float.float16ToFloat(halves[i]);
        }
    }

    /** {@link DType#toBf16} on the bits of floats, without branches. */
    private static void roundBf16(int[] bits, int n) {
        for (int i = 0; i < n; i++) {
            int x = bits[i];
            int nan = (0x7f800000 - (x & 0x7fffffff)) >> 31;
            int rounded = x + 0x7fff + ((x >>> 16) & 1);
            bits[i] = ((rounded & ~nan) | ((x | 0x400000) & nan)) & 0xffff0000;
        }
    }

    private static void wrapI8(int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (byte) d[i];
        }
    }

    private static void wrapU8(int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] &= 0xff;
        }
    }

    private static void wrapBool(int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (d[i] | -d[i]) >>> 31;
        }
    }
}
