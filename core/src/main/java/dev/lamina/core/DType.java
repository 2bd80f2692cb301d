package dev.lamina.core;

/**
 * Element types of tensors.
 *
 * <p>Promotion of two tensors: the category wins in the order bool, integer, float; inside a category the wider type
 * wins. {@code u8} with {@code i8} gives {@code i32}, {@code bf16} with {@code f16} gives {@code f32}. A Java number
 * never widens a tensor inside its category: {@code f16 * 2.0} stays {@code f16}, an integer tensor with a fractional
 * number becomes {@code f32}.
 */
public enum DType {
    /** IEEE 754 binary32. */
    F32(4),
    /** IEEE 754 binary64. */
    F64(8),
    /** bfloat16: the upper half of a binary32. */
    BF16(2),
    /** IEEE 754 binary16. */
    F16(2),
    /** Signed 64-bit integer. */
    I64(8),
    /** Signed 32-bit integer. */
    I32(4),
    /** Signed 8-bit integer. */
    I8(1),
    /** Unsigned 8-bit integer. */
    U8(1),
    /** Truth value, one byte: 0 or 1. */
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** True for f32, f64, bf16 and f16. */
    public boolean isFloat() {
        return this == F32 || this == F64 || this == BF16 || this == F16;
    }

    /** True for i64, i32, i8 and u8; false for bool. */
    public boolean isInteger() {
        return this == I64 || this == I32 || this == I8 || this == U8;
    }

    /** The type that a computation of both operands has; see the class comment for the rules. */
    public static DType promote(DType a, DType b) {
        if (a == b) {
            return a;
        }
        if (a.isFloat() != b.isFloat()) {
            return a.isFloat() ? a : b;
        }
        if (a.isFloat()) {
            return a == F64 || b == F64 ? F64 : F32;
        }
        if (a == BOOL || b == BOOL) {
            return a == BOOL ? b : a;
        }
        return a == I64 || b == I64 ? I64 : I32;
    }

    /** The type that this tensor type has after an operation that only floats have, such as exp. */
    public DType toFloat() {
        return isFloat() ? this : F32;
    }

    /** The value as an element of this type would hold it, for float types: rounded to nearest even. */
    public double round(double value) {
        return switch (this) {
            case F64 -> value;
            case F32 -> (float) value;
            case BF16 -> fromBf16(toBf16((float) value));
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case I64, I32, I8, U8, BOOL -> wrap((long) value);
        };
    }

    /** The integer as an element of this type would hold it: wrapped around; a truth value for bool. */
    public long wrap(long value) {
        return switch (this) {
            case I32 -> (int) value;
            case I8 -> (byte) value;
            case U8 -> value & 0xff;
            case BOOL -> value != 0 ? 1 : 0;
            case F32, F64, BF16, F16, I64 -> value;
        };
    }

    /** The float of bf16 bits. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The bf16 bits of a float, rounded to nearest even; a NaN stays a NaN. */
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
