package dev.lamina.cpu.plain;

import dev.lamina.core.op.Reduce;
import java.util.Arrays;

/** Sum, maximum or minimum of longs; also for the narrower integers and bool, which are widened before. */
final class LongFold implements SplitFold {
    private final Reduce.Kind kind;
    private final Register x;
    private final Register state;
    private final boolean columns;

    LongFold(Reduce.Kind kind, Register x, Register state, boolean columns) {
        this.kind = kind;
        this.x = x;
        this.state = state;
        this.columns = columns;
    }

    @Override
    public void init(Workspace w) {
        long identity = switch (kind) {
            case SUM -> 0;
            case MAX -> Long.MIN_VALUE;
            case MIN -> Long.MAX_VALUE;
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
        Arrays.fill(state.longs(w), 0, w.rows, identity);
    }

    @Override
    public void update(Workspace w) {
        long[] from = x.longs(w);
        long[] to = state.longs(w);
        int step = columns ? w.rows : 1;
        int apart = columns ? 1 : w.length;
        for (int k = 0; k < w.rows; k++) {
            to[k] = combine(to[k], along(from, k * apart, step, w.length));
        }
    }

    private long along(long[] from, int at, int step, int n) {
        return switch (kind) {
            case SUM -> FoldLoops.sumAlong(from, at, step, n);
            case MAX -> FoldLoops.maxAlong(from, at, step, n);
            case MIN -> FoldLoops.minAlong(from, at, step, n);
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
    }

    private long combine(long a, long b) {
        return switch (kind) {
            case SUM -> a + b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case ARGMAX, ARGMIN -> throw new IllegalStateException("positions have a fold of their own");
        };
    }

    @Override
    public void save(Workspace w, Partials partials, int at) {
        System.arraycopy(state.longs(w), 0, partials.longs, at, w.rows);
    }

    @Override
    public void merge(Workspace w, Partials partials, int at) {
        long[] to = state.longs(w);
        for (int k = 0; k < w.rows; k++) {
            to[k] = combine(to[k], partials.longs[at + k]);
        }
    }
}
