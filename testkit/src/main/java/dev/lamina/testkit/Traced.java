package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;

/**
 * A tensor of a random graph with what is known about it: two correct backends differ by at most {@code error}.
 *
 * @param tensor lazy value
 * @param max bound of the absolute values
 * @param error bound of the absolute difference between two correct backends; 0 = the same bits
 * @param grid the values are multiples of this power of two; 0 = of none
 */
record Traced(Tensor tensor, double max, double error, double grid) {

    /** True when two correct backends give the same bits, so that comparisons and sorting agree as well. */
    boolean exact() {
        return error == 0;
    }

    boolean isFloat() {
        return tensor.dtype().isFloat();
    }

    Shape shape() {
        return tensor.shape();
    }

    int rank() {
        return tensor.rank();
    }

    /** Values that were only moved. */
    Traced moved(Tensor result) {
        return new Traced(result, max, error, grid);
    }

    /** Integers or truth values: backends agree exactly, whatever wraps around. */
    static Traced integer(Tensor result, double bound) {
        return new Traced(result, Math.min(bound, limit(result.dtype())), 0, 1);
    }

    /**
     * A float result.
     *
     * @param bound of its absolute values
     * @param propagated what the errors of the operands make of themselves
     * @param quantum the exact result is a multiple of this; 0 = of none
     * @param roundings how many units of the last place each backend may be off
     */
    static Traced rounded(Tensor result, double bound, double propagated, double quantum, double roundings) {
        DType dtype = result.dtype();
        if (!dtype.isFloat()) {
            return integer(result, bound);
        }
        boolean representable =
                quantum > 0 && bound / quantum <= Math.scalb(1.0, digits(dtype)) && quantum > tiny(dtype);
        if (propagated == 0 && representable) {
            return new Traced(result, bound, 0, quantum);
        }
        double error = propagated + 2 * roundings * unit(dtype) * bound + tiny(dtype);
        return new Traced(result, bound, error, 0);
    }

    /** Largest magnitude of an integer type. */
    static double limit(DType dtype) {
        return switch (dtype) {
            case BOOL -> 1;
            case I8 -> 128;
            case U8 -> 255;
            case I32 -> 0x1p31;
            case I64 -> 0x1p63;
            case F32, F64, BF16, F16 -> Double.MAX_VALUE;
        };
    }

    /** Half a unit in the last place of 1. */
    static double unit(DType dtype) {
        return Math.scalb(1.0, -digits(dtype));
    }

    /** Binary digits of the significand. */
    static int digits(DType dtype) {
        return switch (dtype) {
            case F32 -> 24;
            case F64 -> 53;
            case BF16 -> 8;
            case F16 -> 11;
            case I64, I32, I8, U8, BOOL -> 63;
        };
    }

    /** Below this, rounding is absolute: the subnormal numbers. */
    private static double tiny(DType dtype) {
        return switch (dtype) {
            case F32, BF16 -> 0x1p-126;
            case F64 -> 0x1p-1000;
            case F16 -> 0x1p-14;
            case I64, I32, I8, U8, BOOL -> 0;
        };
    }
}
