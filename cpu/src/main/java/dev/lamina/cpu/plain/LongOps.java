package dev.lamina.cpu.plain;

import dev.lamina.core.op.Elementwise;

/** The scalar functions on {@code long[]}. Where the JIT would branch, a comparison is made from the sign bit. */
final class LongOps {
    private LongOps() {}

    /** One of the loops. */
    interface Loop {}

    /** d = f(x). */
    @FunctionalInterface
    interface Unary extends Loop {
        void apply(long[] x, long[] d, int n);
    }

    /** d = f(x, y). */
    @FunctionalInterface
    interface Binary extends Loop {
        void apply(long[] x, long[] y, long[] d, int n);
    }

    /** d = 1 where x and y are related, else 0. */
    @FunctionalInterface
    interface Compare extends Loop {
        void apply(long[] x, long[] y, int[] d, int n);
    }

    /** The loop of an op. */
    static Loop of(Elementwise op) {
        return switch (op) {
            case NEG -> (Unary) LongOps::neg;
            case ABS -> (Unary) LongOps::abs;
            case SIGN -> (Unary) LongOps::sign;
            case FLOOR, CEIL, ROUND -> (Unary) LongOps::same;
            case NOT -> (Unary) LongOps::not;
            case ADD -> (Binary) LongOps::add;
            case SUB -> (Binary) LongOps::sub;
            case MUL -> (Binary) LongOps::mul;
            case DIV -> (Binary) LongOps::div;
            case POW -> (Binary) LongOps::pow;
            case REM -> (Binary) LongOps::rem;
            case MAX -> (Binary) LongOps::max;
            case MIN -> (Binary) LongOps::min;
            case AND -> (Binary) LongOps::and;
            case OR -> (Binary) LongOps::or;
            case XOR -> (Binary) LongOps::xor;
            case LT -> (Compare) LongOps::lt;
            case LE -> (Compare) LongOps::le;
            case EQ -> (Compare) LongOps::eq;
            case NE -> (Compare) LongOps::ne;
            case SQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID, CAST, WHERE ->
                throw new IllegalStateException(op + " has no loop on integers");
        };
    }

    static void neg(long[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = -x[i];
        }
    }

    static void abs(long[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.abs(x[i]);
        }
    }

    static void sign(long[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (x[i] >> 63) | (-x[i] >>> 63);
        }
    }

    static void same(long[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i];
        }
    }

    static void not(long[] x, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = ((x[i] | -x[i]) >>> 63) ^ 1;
        }
    }

    static void add(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] + y[i];
        }
    }

    static void sub(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] - y[i];
        }
    }

    static void mul(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] * y[i];
        }
    }

    static void div(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = y[i] == 0 ? 0 : Math.floorDiv(x[i], y[i]);
        }
    }

    static void pow(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Elementwise.POW.apply(x[i], y[i], 0L);
        }
    }

    static void rem(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = y[i] == 0 ? 0 : Math.floorMod(x[i], y[i]);
        }
    }

    static void max(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(x[i], y[i]);
        }
    }

    static void min(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.min(x[i], y[i]);
        }
    }

    static void and(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] & y[i];
        }
    }

    static void or(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] | y[i];
        }
    }

    static void xor(long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] ^ y[i];
        }
    }

    static void lt(long[] x, long[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (int) (((x[i] & ~y[i]) | ((x[i] ^ ~y[i]) & (x[i] - y[i]))) >>> 63);
        }
    }

    static void le(long[] x, long[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (int) (((y[i] & ~x[i]) | ((y[i] ^ ~x[i]) & (y[i] - x[i]))) >>> 63) ^ 1;
        }
    }

    static void eq(long[] x, long[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            long differs = x[i] ^ y[i];
            d[i] = (int) ((differs | -differs) >>> 63) ^ 1;
        }
    }

    static void ne(long[] x, long[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            long differs = x[i] ^ y[i];
            d[i] = (int) ((differs | -differs) >>> 63);
        }
    }

    /** d = x where the mask is 1, y where it is 0. */
    static void where(int[] mask, long[] x, long[] y, long[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (x[i] & -(long) mask[i]) | (y[i] & ~-(long) mask[i]);
        }
    }
}
