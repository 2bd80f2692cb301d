package dev.lamina.core.memory;

import dev.lamina.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads and writes single elements of any dtype in little-endian segments. The slow and certain way. */
public final class Elements {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private Elements() {}

    /** The element as a double. */
    public static double get(MemorySegment from, DType dtype, long index) {
        return switch (dtype) {
            case F32 -> from.get(FLOAT, index * 4);
            case F64 -> from.get(DOUBLE, index * 8);
            case BF16 -> DType.fromBf16(from.get(SHORT, index * 2));
            case F16 -> Float.float16ToFloat(from.get(SHORT, index * 2));
            case I64, I32, I8, U8, BOOL -> getLong(from, dtype, index);
        };
    }

    /** The element as a long; floats are cut toward zero. */
    public static long getLong(MemorySegment from, DType dtype, long index) {
        return switch (dtype) {
            case I64 -> from.get(LONG, index * 8);
            case I32 -> from.get(INT, index * 4);
            case I8 -> from.get(ValueLayout.JAVA_BYTE, index);
            case U8, BOOL -> from.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case F32, F64, BF16, F16 -> (long) get(from, dtype, index);
        };
    }

    /** Writes a double, rounded to the dtype. */
    public static void set(MemorySegment to, DType dtype, long index, double value) {
        switch (dtype) {
            case F32 -> to.set(FLOAT, index * 4, (float) value);
            case F64 -> to.set(DOUBLE, index * 8, value);
            case BF16 -> to.set(SHORT, index * 2, DType.toBf16((float) value));
            case F16 -> to.set(SHORT, index * 2, Float.floatToFloat16((float) value));
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case I64, I32, I8, U8 -> setLong(to, dtype, index, (long) value);
        }
    }

    /** Writes a long, wrapped to the dtype. */
    public static void setLong(MemorySegment to, DType dtype, long index, long value) {
        switch (dtype) {
            case I64 -> to.set(LONG, index * 8, value);
            case I32 -> to.set(INT, index * 4, (int) value);
            case I8, U8 -> to.set(ValueLayout.JAVA_BYTE, index, (byte) value);
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case F32, F64, BF16, F16 -> set(to, dtype, index, (double) value);
        }
    }
}
