package dev.lamina.cpu.plain;

import dev.lamina.core.op.Elementwise;
import org.jspecify.annotations.Nullable;

/**
 * The scalar functions on {@code float[]}. Each loop stands alone and has one index, so that the JIT turns it into vector
 * instructions; results may be written over an argument.
 */
final class FloatOps {
    private FloatOps() {}

    /** One of the loops. */
    interface Loop {}

    /** d = f(x). */
    @FunctionalInterface
    interface Unary extends Loop {
        void apply(float[] x, float[] d, int n);
    }

    /** d = f(x, y). */
    @FunctionalInterface
    interface Binary extends Loop {
        void apply(float[] x, float[] y, float[] d, int n);
    }

    /** d = 1 where x and y are related, else 0. */
    @FunctionalInterface
    interface Compare extends Loop {
        void apply(float[] x, float[] y, int[] d, int n);
    }

    /** d = f(x, s) from an index on, with a number s. */
    @FunctionalInterface
    interface Scaled {
        void apply(float[] x, float s, float[] d, int at, int n);
    }

    /** The loop of an op. */
    static Loop of(Elementwise op) {
        return switch (op) {
            case NEG -> (Unary) FloatOps::neg;
            case ABS -> (Unary) FloatOps::abs;
            case SIGN -> (Unary) FloatOps::sign;
            case SQRT -> (Unary) FloatOps::sqrt;
            case EXP -> (Unary) VectorMath::exp;
            case EXPM1 -> (Unary) VectorMath::expm1;
            case LOG -> (Unary) VectorMath::log;
            case LOG1P -> (Unary) VectorMath::log1p;
            case SIN -> (Unary) VectorMath::sin;
            case COS -> (Unary) VectorMath::cos;
            case TAN -> (Unary) VectorMath::tan;
            case ATAN -> (Unary) VectorMath::atan;
            case TANH -> (Unary) VectorMath::tanh;
            case ERF -> (Unary) VectorMath::erf;
            case SIGMOID -> (Unary) VectorMath::sigmoid;
            case FLOOR -> (Unary) FloatOps::floor;
            case CEIL -> (Unary) FloatOps::ceil;
            case ROUND -> (Unary) FloatOps::round;
            case NOT -> (Unary) FloatOps::not;
            case ADD -> (Binary) FloatOps::add;
            case SUB -> (Binary) FloatOps::sub;
            case MUL -> (Binary) FloatOps::mul;
            case DIV -> (Binary) FloatOps::div;
            case POW -> (Binary) VectorMath::pow;
            case REM -> (Binary) FloatOps::rem;
            case MAX -> (Binary) FloatOps::max;
            case MIN -> (Binary) FloatOps::min;
            case LT -> (Compare) FloatOps::lt;
            case LE -> (Compare) FloatOps::le;
            case EQ -> (Compare) FloatOps::eq;
            case NE -> (Compare) FloatOps::ne;
            case AND, OR, XOR, CAST, WHERE -> throw new IllegalStateException(op + " has no loop on floats");
        };
    }

    /** The loop of an op whose second argument (or first, if {@code swapped}) is one number; null if there is none. */
    static @Nullable Scaled scaled(Elementwise op, boolean swapped) {
        return switch (op) {
            case ADD -> FloatOps::add;
            case SUB -> swapped ? FloatOps::subFrom : FloatOps::sub;
            case MUL -> FloatOps::mul;
            case DIV -> swapped ? FloatOps::divInto : FloatOps::div;
            case MAX -> FloatOps::max;
            case MIN -> FloatOps::min;
            case NEG, ABS, SIGN, SQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID -> null;
            case FLOOR, CEIL, ROUND, NOT, CAST, POW, REM, AND, OR, XOR, LT, LE, EQ, NE, WHERE -> null;
        };
    }

    static void neg(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = -x[i];
        }
    }

    static void abs(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.abs(x[i]);
        }
    }

    static void sign(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.signum(x[i]);
        }
    }

    static void sqrt(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) Math.sqrt(x[i]);
        }
    }

    static void floor(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) Math.floor(x[i]);
        }
    }

    static void ceil(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) Math.ceil(x[i]);
        }
    }

    static void round(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) Math.rint(x[i]);
        }
    }

    static void not(float[] x, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] == 0 ? 1 : 0;
        }
    }

    static void add(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] + y[i];
        }
    }

    static void sub(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] - y[i];
        }
    }

    static void mul(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] * y[i];
        }
    }

    static void div(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] / y[i];
        }
    }

    static void rem(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            float r = x[i] % y[i];
            d[i] = r != 0 && (r < 0) != (y[i] < 0) ? r + y[i] : r;
        }
    }

    static void max(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(x[i], y[i]);
        }
    }

    static void min(float[] x, float[] y, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.min(x[i], y[i]);
        }
    }

    // Comparisons without branches: gradual underflow makes the sign of a difference exact, inf - inf is NaN, which the
    // conversion to int turns into 0, and |x| + |y| + 1 is NaN only if x or y is.

    static void lt(float[] x, float[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = ((int) Math.signum(y[i] - x[i]) + 1) >> 1;
        }
    }

    static void le(float[] x, float[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int greater = ((int) Math.signum(x[i] - y[i]) + 1) >> 1;
            d[i] = (1 - greater) & (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1);
        }
    }

    static void eq(float[] x, float[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = (int) Math.signum(x[i] - y[i]);
            d[i] = (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1) - differs * differs;
        }
    }

    static void ne(float[] x, float[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = (int) Math.signum(x[i] - y[i]);
            d[i] = 1 - (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1) + differs * differs;
        }
    }

    static void add(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = x[i] + s;
        }
    }

    static void sub(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = x[i] - s;
        }
    }

    static void subFrom(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = s - x[i];
        }
    }

    static void mul(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = x[i] * s;
        }
    }

    static void div(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = x[i] / s;
        }
    }

    static void divInto(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = s / x[i];
        }
    }

    static void max(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = Math.max(x[i], s);
        }
    }

    static void min(float[] x, float s, float[] d, int at, int n) {
        for (int i = at; i < at + n; i++) {
            d[i] = Math.min(x[i], s);
        }
    }
}
