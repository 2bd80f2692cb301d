package dev.lamina.cpu.plain;

import dev.lamina.core.op.Elementwise;

/**
 * The scalar functions on {@code int[]}: i32, and before wrapping i8, u8 and bool. Where the JIT would branch, a comparison is
 * made from the sign bit.
 */
final class IntOps {
    private IntOps() {}

    /** One of the loops. */
    interface Loop {}

    /** d = f(x). */
    @FunctionalInterface
    interface Unary extends Loop {
        void apply(int[] x, int[] d, int n);
    }

    /** d = f(x, y); comparisons too. */
    @FunctionalInterface
    interface Binary extends Loop {
        void apply(int[] x, int[] y, int[] d, int n);
    }

    /** The loop of an op. */
    static Loop of(Elementwise op) {
        return switch (op) {
            case NEG -> (Unary) IntOps::neg;
            case ABS -> (Unary) IntOps::abs;
            case SIGN -> (Unary) IntOps::sign;
            case FLOOR, CEIL, ROUND -> (Unary) IntOps::same;
            case NOT -> (Unary) IntOps::not;
            case ADD -> (Binary) IntOps::add;
            case SUB -> (Binary) IntOps::sub;
            case MUL -> (Binary) IntOps::mul;
            case DIV -> (Binary) IntOps::div;
            case POW -> (Binary) IntOps::pow;
            case REM -> (Binary) IntOps::rem;
            case MAX -> (Binary) IntOps::max;
            case MIN -> (Binary) IntOps::min;
            case AND -> (Binary) IntOps::and;
            case OR -> (Binary) IntOps::or;
            case XOR -> (Binary) IntOps::xor;
            case LT -> (Binary) IntOps::lt;
            case LE -> (Binary) IntOps::le;
            case EQ -> (Binary) IntOps::eq;
            case NE -> (Binary) IntOps::ne;
            case SQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID, CAST, WHERE ->
                throw new IllegalStateException(op + " has no loop on integers");
        };
    }

    static void neg(int[] x, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = -x[i];
        }
    }

    static void abs(int[] x, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.abs(x[i]);
        }
    }

    static void sign(int[] x, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (x[i] >> 31) | (-x[i] >>> 31);
        }
    }

    static void same(int[] x, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    static void not(int[] x, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = ((x[i] | -x[i]) >>> 31) ^ 1;
        }
    }

    static void add(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] + y[i];
        }
    }

    static void sub(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] - y[i];
        }
    }

    static void mul(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] * y[i];
        }
    }

    static void div(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = y[i] == 0 ? 0 : Math.floorDiv(x[i], y[i]);
        }
    }

    static void pow(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (int) Elementwise.POW.apply(x[i], (long) y[i], 0L);
        }
    }

    static void rem(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = y[i] == 0 ? 0 : Math.floorMod(x[i], y[i]);
        }
    }

    static void max(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(x[i], y[i]);
        }
    }

    static void min(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.min(x[i], y[i]);
        }
    }

    static void and(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] & y[i];
        }
    }

    static void or(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] | y[i];
        }
    }

    static void xor(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] ^ y[i];
        }
    }

    static void lt(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = ((x[i] & ~y[i]) | ((x[i] ^ ~y[i]) & (x[i] - y[i]))) >>> 31;
        }
    }

    static void le(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (((y[i] & ~x[i]) | ((y[i] ^ ~x[i]) & (y[i] - x[i]))) >>> 31) ^ 1;
        }
    }

    static void eq(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = x[i] ^ y[i];
            d[i] = ((differs | -differs) >>> 31) ^ 1;
        }
    }

    static void ne(int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = x[i] ^ y[i];
            d[i] = (differs | -differs) >>> 31;
        }
    }

    /** d = x where the mask is 1, y where it is 0. */
    static void where(int[] mask, int[] x, int[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (x[i] & -mask[i]) | (y[i] & ~-mask[i]);
        }
    }
}
