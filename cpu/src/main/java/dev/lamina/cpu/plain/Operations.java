package dev.lamina.cpu.plain;

import dev.lamina.core.op.Elementwise;
import org.jspecify.annotations.Nullable;

/** The steps that apply a scalar function to registers of one level. */
final class Operations {
    private Operations() {}

    /** d = op(x) or d = op(x, y); the operands have one kind. */
    static Step step(Elementwise op, Register x, @Nullable Register y, Register d) {
        Register second = y == null ? x : y;
        return switch (x.kind) {
            case FLOAT -> step(FloatOps.of(op), x, second, d);
            case DOUBLE -> step(DoubleOps.of(op), x, second, d);
            case INT -> step(IntOps.of(op), x, second, d);
            case LONG -> step(LongOps.of(op), x, second, d);
        };
    }

    private static Step step(FloatOps.Loop loop, Register x, Register y, Register d) {
        return switch (loop) {
            case FloatOps.Unary f -> w -> f.apply(x.floats(w), d.floats(w), w.count(d.level));
            case FloatOps.Binary f -> w -> f.apply(x.floats(w), y.floats(w), d.floats(w), w.count(d.level));
            case FloatOps.Compare f -> w -> f.apply(x.floats(w), y.floats(w), d.ints(w), w.count(d.level));
            default -> throw new IllegalStateException("unknown loop");
        };
    }

    private static Step step(DoubleOps.Loop loop, Register x, Register y, Register d) {
        return switch (loop) {
            case DoubleOps.Unary f -> w -> f.apply(x.doubles(w), d.doubles(w), w.count(d.level));
            case DoubleOps.Binary f -> w -> f.apply(x.doubles(w), y.doubles(w), d.doubles(w), w.count(d.level));
            case DoubleOps.Compare f -> w -> f.apply(x.doubles(w), y.doubles(w), d.ints(w), w.count(d.level));
            default -> throw new IllegalStateException("unknown loop");
        };
    }

    private static Step step(IntOps.Loop loop, Register x, Register y, Register d) {
        return switch (loop) {
            case IntOps.Unary f -> w -> f.apply(x.ints(w), d.ints(w), w.count(d.level));
            case IntOps.Binary f -> w -> f.apply(x.ints(w), y.ints(w), d.ints(w), w.count(d.level));
            default -> throw new IllegalStateException("unknown loop");
        };
    }

    private static Step step(LongOps.Loop loop, Register x, Register y, Register d) {
        return switch (loop) {
            case LongOps.Unary f -> w -> f.apply(x.longs(w), d.longs(w), w.count(d.level));
            case LongOps.Binary f -> w -> f.apply(x.longs(w), y.longs(w), d.longs(w), w.count(d.level));
            case LongOps.Compare f -> w -> f.apply(x.longs(w), y.longs(w), d.ints(w), w.count(d.level));
            default -> throw new IllegalStateException("unknown loop");
        };
    }

    /** d = op(x, s) for floats, with one s for all. */
    static Step scaled(FloatOps.Scaled loop, Register x, Register s, Register d) {
        return w -> loop.apply(x.floats(w), s.floats(w)[0], d.floats(w), 0, w.count(d.level));
    }

    /** d = op(x, s) for floats, with one s for each row; in the rows layout. */
    static Step scaledRows(FloatOps.Scaled loop, Register x, Register s, Register d) {
        return w -> {
            for (int k = 0; k < w.rows; k++) {
                loop.apply(x.floats(w), s.floats(w)[k], d.floats(w), k * w.length, w.length);
            }
        };
    }

    /** d = x where the mask is true, else y. */
    static Step where(Register mask, Register x, Register y, Register d) {
        return switch (d.kind) {
            case FLOAT ->
                w -> {
                    // The bits as ints: the JIT makes vectors of this, not of a choice between floats.
                    int n = w.count(d.level);
                    int[] left = w.bits(0, x, n);
                    IntOps.where(mask.ints(w), left, w.bits(1, y, n), left, n);
                    w.setBits(0, d, n);
                };
            case DOUBLE -> w -> where(mask.ints(w), x.doubles(w), y.doubles(w), d.doubles(w), w.count(d.level));
            case INT -> w -> IntOps.where(mask.ints(w), x.ints(w), y.ints(w), d.ints(w), w.count(d.level));
            case LONG -> w -> LongOps.where(mask.ints(w), x.longs(w), y.longs(w), d.longs(w), w.count(d.level));
        };
    }

    private static void where(int[] mask, double[] x, double[] y, double[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = mask[i] != 0 ? x[i] : y[i];
        }
    }

    /** True if the result of an op on rounded or wrapped values may need to be rounded or wrapped again. */
    static boolean leavesRange(Elementwise op) {
        return switch (op) {
            case SIGN, FLOOR, CEIL, ROUND, NOT, MAX, MIN, AND, OR, XOR, LT, LE, EQ, NE, WHERE -> false;
            case NEG, ABS, SQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID, CAST -> true;
            case ADD, SUB, MUL, DIV, POW, REM -> true;
        };
    }
}
