package dev.lamina.cpu.plain;

import dev.lamina.core.DType;

/** How a kernel holds elements while it computes. */
enum Kind {
    /** {@code float[]}: f32, and f16 and bf16, which are rounded after each operation. */
    FLOAT,
    /** {@code double[]}: f64. */
    DOUBLE,
    /** {@code int[]}: i32, and i8, u8 and bool, which are wrapped after each operation. */
    INT,
    /** {@code long[]}: i64. */
    LONG;

    static Kind of(DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16 -> FLOAT;
            case F64 -> DOUBLE;
            case I32, I8, U8, BOOL -> INT;
            case I64 -> LONG;
        };
    }
}
