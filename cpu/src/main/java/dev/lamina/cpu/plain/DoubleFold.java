package dev.lamina.cpu.plain;

import dev.lamina.core.op.Reduce;
import java.util.Arrays;

/** Sum, maximum or minimum of floats or doubles; the state is double. */
final class DoubleFold implements SplitFold {
    /** From this many kept indices on, elements of one reduced index are combined at a time. */
    private static final int ACROSS = 16;

    /** Rows from this length on are worked on one by one. */
    private static final int LONG = 64;

    private final Reduce.Kind kind;
    private final Register x;
    private final Register state;
    private final boolean columns;

    DoubleFold(Reduce.Kind kind, Register x, Register state, boolean columns) {
        this.kind = kind;
        this.x = x;
        this.state = state;
        this.columns = columns;
    }

    @Override
    public void init(Workspace w) {
        double identity = switch (kind) {
            case SUM -> 0;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
        Arrays.fill(state.doubles(w), 0, w.rows, identity);
    }

    @Override
    public void update(Workspace w) {
        if (x.kind == Kind.FLOAT && columns && w.rows >= ACROSS) {
            across(w);
        } else if (x.kind == Kind.FLOAT && !columns && kind != Reduce.Kind.SUM && w.length >= LONG) {
            extremes(w);
        } else if (x.kind == Kind.FLOAT && !columns && kind == Reduce.Kind.SUM && w.length < LONG) {
            FoldLoops.sumRows(x.floats(w), state.doubles(w), w.rows, w.length);
        } else {
            rowByRow(w);
        }
    }

    private void rowByRow(Workspace w) {
        double[] to = state.doubles(w);
        int step = columns ? w.rows : 1;
        int apart = columns ? 1 : w.length;
        for (int k = 0; k < w.rows; k++) {
            double row = x.kind == Kind.FLOAT
                    ? along(x.floats(w), k * apart, step, w.length)
                    : along(x.doubles(w), k * apart, step, w.length);
            to[k] = combine(to[k], row);
        }
    }

    private void extremes(Workspace w) {
        int[] bits = w.bits(0, x, w.rows * w.length);
        int flip = kind == Reduce.Kind.MIN ? -1 : 0;
        double[] to = state.doubles(w);
        for (int k = 0; k < w.rows; k++) {
            to[k] = combine(to[k], FoldLoops.extreme(bits, k * w.length, w.length, flip));
        }
    }

    private void across(Workspace w) {
        float[] from = x.floats(w);
        double[] to = state.doubles(w);
        int n = w.rows;
        for (int c = 0; c < w.length; c++) {
            float[] slice = from;
            if (c > 0) {
                // The JIT makes vectors only of loops with one index.
                slice = w.slice(n);
                System.arraycopy(from, c * n, slice, 0, n);
            }
            switch (kind) {
                case SUM -> FoldLoops.sumAcross(slice, to, n);
                case MAX -> FoldLoops.maxAcross(slice, to, n);
                case MIN -> FoldLoops.minAcross(slice, to, n);
                case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
            }
        }
    }

    private double along(float[] from, int at, int step, int n) {
        return switch (kind) {
            case SUM -> FoldLoops.sumAlong(from, at, step, n);
            case MAX -> FoldLoops.maxAlong(from, at, step, n);
            case MIN -> FoldLoops.minAlong(from, at, step, n);
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
    }

    private double along(double[] from, int at, int step, int n) {
        return switch (kind) {
            case SUM -> FoldLoops.sumAlong(from, at, step, n);
            case MAX -> FoldLoops.maxAlong(from, at, step, n);
            case MIN -> FoldLoops.minAlong(from, at, step, n);
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
    }

    private double combine(double a, double b) {
        return switch (kind) {
            case SUM -> a + b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
    }

    @Override
    public void save(Workspace w, Partials partials, int at) {
        System.arraycopy(state.doubles(w), 0, partials.doubles, at, w.rows);
    }

    @Override
    public void merge(Workspace w, Partials partials, int at) {
        double[] to = state.doubles(w);
        for (int k = 0; k < w.rows; k++) {
            to[k] = combine(to[k], partials.doubles[at + k]);
        }
    }
}
