package dev.lamina.cpu.plain;

import dev.lamina.core.op.Elementwise;

/**
 * The scalar functions on {@code double[]}. Each loop stands alone and has one index, so that the JIT turns it into vector
 * instructions; results may be written over an argument.
 */
final class DoubleOps {
    private DoubleOps() {}

    /** One of the loops. */
    interface Loop {}

    /** d = f(x). */
    @FunctionalInterface
    interface Unary extends Loop {
        void apply(double[] x, double[] d, int n);
    }

    /** d = f(x, y). */
    @FunctionalInterface
    interface Binary extends Loop {
        void apply(double[] x, double[] y, double[] d, int n);
    }

    /** d = 1 where x and y are related, else 0. */
    @FunctionalInterface
    interface Compare extends Loop {
        void apply(double[] x, double[] y, int[] d, int n);
    }

    /** The loop of an op. */
    static Loop of(Elementwise op) {
        return switch (op) {
            case NEG -> (Unary) DoubleOps::neg;
            case ABS -> (Unary) DoubleOps::abs;
            case SIGN -> (Unary) DoubleOps::sign;
            case SQRT -> (Unary) DoubleOps::sqrt;
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
            case FLOOR -> (Unary) DoubleOps::floor;
            case CEIL -> (Unary) DoubleOps::ceil;
            case ROUND -> (Unary) DoubleOps::round;
            case NOT -> (Unary) DoubleOps::not;
            case ADD -> (Binary) DoubleOps::add;
            case SUB -> (Binary) DoubleOps::sub;
            case MUL -> (Binary) DoubleOps::mul;
            case DIV -> (Binary) DoubleOps::div;
            case POW -> (Binary) VectorMath::pow;
            case REM -> (Binary) DoubleOps::rem;
            case MAX -> (Binary) DoubleOps::max;
            case MIN -> (Binary) DoubleOps::min;
            case LT -> (Compare) DoubleOps::lt;
            case LE -> (Compare) DoubleOps::le;
            case EQ -> (Compare) DoubleOps::eq;
            case NE -> (Compare) DoubleOps::ne;
            case AND, OR, XOR, CAST, WHERE -> throw new IllegalStateException(op + " has no loop on doubles");
        };
    }

    static void neg(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = -x[i];
        }
    }

    static void abs(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.abs(x[i]);
        }
    }

    static void sign(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.signum(x[i]);
        }
    }

    static void sqrt(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.sqrt(x[i]);
        }
    }

    static void floor(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.floor(x[i]);
        }
    }

    static void ceil(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.ceil(x[i]);
        }
    }

    static void round(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.rint(x[i]);
        }
    }

    static void not(double[] x, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] == 0 ? 1 : 0;
        }
    }

    static void add(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] + y[i];
        }
    }

    static void sub(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] - y[i];
        }
    }

    static void mul(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] * y[i];
        }
    }

    static void div(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = x[i] / y[i];
        }
    }

    static void rem(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            double r = x[i] % y[i];
            d[i] = r != 0 && (r < 0) != (y[i] < 0) ? r + y[i] : r;
        }
    }

    static void max(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.max(x[i], y[i]);
        }
    }

    static void min(double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = Math.min(x[i], y[i]);
        }
    }

    // Comparisons without branches: gradual underflow makes the sign of a difference exact, inf - inf is NaN, which the
    // conversion to int turns into 0, and |x| + |y| + 1 is NaN only if x or y is.

    static void lt(double[] x, double[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = ((int) Math.signum(y[i] - x[i]) + 1) >> 1;
        }
    }

    static void le(double[] x, double[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int greater = ((int) Math.signum(x[i] - y[i]) + 1) >> 1;
            d[i] = (1 - greater) & (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1);
        }
    }

    static void eq(double[] x, double[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = (int) Math.signum(x[i] - y[i]);
            d[i] = (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1) - differs * differs;
        }
    }

    static void ne(double[] x, double[] y, int[] d, int n) {
        for (int i = 0; i < n; i++) {
            int differs = (int) Math.signum(x[i] - y[i]);
            d[i] = 1 - (int) Math.signum(Math.abs(x[i]) + Math.abs(y[i]) + 1) + differs * differs;
        }
    }
}
