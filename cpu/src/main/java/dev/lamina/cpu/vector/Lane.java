package dev.lamina.cpu.vector;

import dev.lamina.core.DType;

/** What one element of a {@link V} is while a kernel computes. */
public enum Lane {
    /** 32-bit float: f32, and f16 and bf16, which are rounded after each operation. */
    F32(4),
    /** 64-bit float. */
    F64(8),
    /** 32-bit integer: i32, and i8 and u8, which are wrapped after each operation. */
    I32(4),
    /** 64-bit integer. */
    I64(8),
    /** Truth value: the result of comparisons, bool elements, and the lanes of a tail. */
    BOOL(4);

    private final int bytes;

    Lane(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element in a register. */
    int bytes() {
        return bytes;
    }

    /** Registers of a value: two where an element has 64 bits. */
    int parts() {
        return bytes / 4;
    }

    boolean isFloat() {
        return this == F32 || this == F64;
    }

    /** How elements of a dtype are computed with. */
    public static Lane of(DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16 -> F32;
            case F64 -> F64;
            case I32, I8, U8 -> I32;
            case I64 -> I64;
            case BOOL -> BOOL;
        };
    }
}
