package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Moves runs of elements, {@code first, first + stride ...}, between memory and arrays. */
final class Spans {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Below this a loop is faster than a bulk copy. */
    private static final int BULK = 64;

    private Spans() {}

    /** Reads f32, f16 or bf16. */
    static void load(MemorySegment from, DType dtype, long first, long stride, float[] to, int at, int n, Workspace w) {
        if (n > 1 && stride == 0) {
            load(from, dtype, first, 1, to, at, 1, w);
            Arrays.fill(to, at, at + n, to[at]);
            return;
        }
        switch (dtype) {
            case F32 -> {
                if (stride == 1 && n >= BULK) {
                    MemorySegment.copy(from, FLOAT, first * 4, to, at, n);
                } else {
                    for (int i = 0; i < n; i++) {
                        to[at + i] = from.get(FLOAT, (first + i * stride) * 4);
                    }
                }
            }
            case F16 -> {
                short[] shorts = shorts(from, first, stride, n, w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = Float.float16ToFloat(shorts[i]);
                }
            }
            case BF16 -> {
                short[] shorts = shorts(from, first, stride, n, w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = DType.fromBf16(shorts[i]);
                }
            }
            case F64, I64, I32, I8, U8, BOOL -> throw new IllegalStateException(dtype + " is not held in floats");
        }
    }

    /** Reads neighbours of f32, f16 or bf16 to elements {@code at, at + step ...}. */
    static void loadAcross(
            MemorySegment from, DType dtype, long first, float[] to, int at, int step, int n, Workspace w) {
        if (dtype == DType.F32) {
            for (int i = 0; i < n; i++) {
                to[at + i * step] = from.get(FLOAT, (first + i) * 4);
            }
            return;
        }
        float[] run = w.slice(n);
        load(from, dtype, first, 1, run, 0, n, w);
        for (int i = 0; i < n; i++) {
            to[at + i * step] = run[i];
        }
    }

    private static short[] shorts(MemorySegment from, long first, long stride, int n, Workspace w) {
        short[] shorts = w.shorts(n);
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, SHORT, first * 2, shorts, 0, n);
        } else {
            for (int i = 0; i < n; i++) {
                shorts[i] = from.get(SHORT, (first + i * stride) * 2);
            }
        }
        return shorts;
    }

    /** Writes f32, or f16 and bf16 from values that are rounded already. */
    static void store(
            MemorySegment to, DType dtype, long first, long stride, float[] from, int at, int n, Workspace w) {
        switch (dtype) {
            case F32 -> {
                if (stride == 1 && n >= BULK) {
                    MemorySegment.copy(from, at, to, FLOAT, first * 4, n);
                } else {
                    for (int i = 0; i < n; i++) {
                        to.set(FLOAT, (first + i * stride) * 4, from[at + i]);
                    }
                }
            }
            case F16 -> {
                short[] shorts = w.shorts(n);
                for (int i = 0; i < n; i++) {
                    shorts[i] = Float.floatToFloat16(from[at + i]);
                }
                store(to, first, stride, shorts, n);
            }
            case BF16 -> {
                short[] shorts = w.shorts(n);
                for (int i = 0; i < n; i++) {
                    shorts[i] = (short) (Float.floatToRawIntBits(from[at + i]) >>> 16);
                }
                store(to, first, stride, shorts, n);
            }
            case F64, I64, I32, I8, U8, BOOL -> throw new IllegalStateException(dtype + " is not held in floats");
        }
    }

    private static void store(MemorySegment to, long first, long stride, short[] shorts, int n) {
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(shorts, 0, to, SHORT, first * 2, n);
        } else {
            for (int i = 0; i < n; i++) {
                to.set(SHORT, (first + i * stride) * 2, shorts[i]);
            }
        }
    }

    /** Reads f64. */
    static void load(MemorySegment from, long first, long stride, double[] to, int at, int n) {
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, DOUBLE, first * 8, to, at, n);
        } else {
            for (int i = 0; i < n; i++) {
                to[at + i] = from.get(DOUBLE, (first + i * stride) * 8);
            }
        }
    }

    /** Reads neighbours of f64 to elements {@code at, at + step ...}. */
    static void loadAcross(MemorySegment from, long first, double[] to, int at, int step, int n) {
        for (int i = 0; i < n; i++) {
            to[at + i * step] = from.get(DOUBLE, (first + i) * 8);
        }
    }

    /** Writes f64. */
    static void store(MemorySegment to, long first, long stride, double[] from, int at, int n) {
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, at, to, DOUBLE, first * 8, n);
        } else {
            for (int i = 0; i < n; i++) {
                to.set(DOUBLE, (first + i * stride) * 8, from[at + i]);
            }
        }
    }

    /** Reads i64. */
    static void load(MemorySegment from, long first, long stride, long[] to, int at, int n) {
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, LONG, first * 8, to, at, n);
        } else {
            for (int i = 0; i < n; i++) {
                to[at + i] = from.get(LONG, (first + i * stride) * 8);
            }
        }
    }

    /** Reads neighbours of i64 to elements {@code at, at + step ...}. */
    static void loadAcross(MemorySegment from, long first, long[] to, int at, int step, int n) {
        for (int i = 0; i < n; i++) {
            to[at + i * step] = from.get(LONG, (first + i) * 8);
        }
    }

    /** Writes i64. */
    static void store(MemorySegment to, long first, long stride, long[] from, int at, int n) {
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, at, to, LONG, first * 8, n);
        } else {
            for (int i = 0; i < n; i++) {
                to.set(LONG, (first + i * stride) * 8, from[at + i]);
            }
        }
    }

    /** Reads i32, i8, u8 or bool; any byte but 0 is true. */
    static void load(MemorySegment from, DType dtype, long first, long stride, int[] to, int at, int n, Workspace w) {
        switch (dtype) {
            case I32 -> {
                if (stride == 1 && n >= BULK) {
                    MemorySegment.copy(from, INT, first * 4, to, at, n);
                } else {
                    for (int i = 0; i < n; i++) {
                        to[at + i] = from.get(INT, (first + i * stride) * 4);
                    }
                }
            }
            case I8 -> {
                byte[] bytes = bytes(from, first, stride, n, w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = bytes[i];
                }
            }
            case U8 -> {
                byte[] bytes = bytes(from, first, stride, n, w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = bytes[i] & 0xff;
                }
            }
            case BOOL -> {
                byte[] bytes = bytes(from, first, stride, n, w);
                for (int i = 0; i < n; i++) {
                    to[at + i] = (-bytes[i] >>> 31) | (bytes[i] >>> 31);
                }
            }
            case F32, F64, BF16, F16, I64 -> throw new IllegalStateException(dtype + " is not held in ints");
        }
    }

    /** Reads neighbours of i32, i8, u8 or bool to elements {@code at, at + step ...}. */
    static void loadAcross(
            MemorySegment from, DType dtype, long first, int[] to, int at, int step, int n, Workspace w) {
        int[] run = w.run(n);
        load(from, dtype, first, 1, run, 0, n, w);
        for (int i = 0; i < n; i++) {
            to[at + i * step] = run[i];
        }
    }

    private static byte[] bytes(MemorySegment from, long first, long stride, int n, Workspace w) {
        byte[] bytes = w.bytes(n);
        if (stride == 1 && n >= BULK) {
            MemorySegment.copy(from, BYTE, first, bytes, 0, n);
        } else {
            for (int i = 0; i < n; i++) {
                bytes[i] = from.get(BYTE, first + i * stride);
            }
        }
        return bytes;
    }

    /** Writes i32, or i8, u8 and bool from values that are wrapped already. */
    static void store(MemorySegment to, DType dtype, long first, long stride, int[] from, int at, int n, Workspace w) {
        switch (dtype) {
            case I32 -> {
                if (stride == 1 && n >= BULK) {
                    MemorySegment.copy(from, at, to, INT, first * 4, n);
                } else {
                    for (int i = 0; i < n; i++) {
                        to.set(INT, (first + i * stride) * 4, from[at + i]);
                    }
                }
            }
            case I8, U8, BOOL -> {
                byte[] bytes = w.bytes(n);
                for (int i = 0; i < n; i++) {
                    bytes[i] = (byte) from[at + i];
                }
                if (stride == 1 && n >= BULK) {
                    MemorySegment.copy(bytes, 0, to, BYTE, first, n);
                } else {
                    for (int i = 0; i < n; i++) {
                        to.set(BYTE, first + i * stride, bytes[i]);
                    }
                }
            }
            case F32, F64, BF16, F16, I64 -> throw new IllegalStateException(dtype + " is not held in ints");
        }
    }
}
