package dev.lamina.cpu.plain;

import dev.lamina.core.op.Reduce;
import java.util.Arrays;

/**
 * Position of the first largest or smallest element of each row; the first NaN comes before all. Elements are doubles or longs,
 * which hold all other types. Position -1 stands for no element yet.
 */
final class ArgFold implements Fold {
    private final boolean smallest;
    private final Register x;
    private final Register best;
    private final Register position;
    private final LoopSpace space;

    ArgFold(Reduce.Kind kind, Register x, Register best, Register position, LoopSpace space) {
        smallest = switch (kind) {
            case ARGMAX -> false;
            case ARGMIN -> true;
            case SUM, MAX, MIN -> throw new IllegalStateException(kind + " gives no position");
        };
        this.x = x;
        this.best = best;
        this.position = position;
        this.space = space;
    }

    @Override
    public void init(Workspace w) {
        Arrays.fill(position.longs(w), 0, w.rows, -1);
    }

    @Override
    public void update(Workspace w) {
        long first = 0;
        for (int i = 0; i < space.rank(); i++) {
            first = space.isReduced(i) ? first * space.extent(i) + w.start[i] : first;
        }
        int step = space.isColumns() ? w.rows : 1;
        int apart = space.isColumns() ? 1 : w.length;
        for (int k = 0; k < w.rows; k++) {
            if (x.kind == Kind.DOUBLE) {
                scan(x.doubles(w), k * apart, step, w.length, first, k, w);
            } else {
                scan(x.longs(w), k * apart, step, w.length, first, k, w);
            }
        }
    }

    private void scan(double[] from, int at, int step, int n, long first, int k, Workspace w) {
        double sign = smallest ? -1 : 1;
        long found = position.longs(w)[k];
        double top = found < 0 ? Double.NaN : best.doubles(w)[k];
        for (int i = 0; i < n; i++) {
            double v = sign * from[at + i * step];
            if (found < 0 || precedes(v, top)) {
                top = v;
                found = first + i;
            }
        }
        best.doubles(w)[k] = top;
        position.longs(w)[k] = found;
    }

    private static boolean precedes(double a, double b) {
        return a > b || (Double.isNaN(a) && !Double.isNaN(b));
    }

    private void scan(long[] from, int at, int step, int n, long first, int k, Workspace w) {
        long flip = smallest ? -1 : 0;
        long found = position.longs(w)[k];
        long top = found < 0 ? 0 : best.longs(w)[k];
        for (int i = 0; i < n; i++) {
            long v = from[at + i * step] ^ flip;
            if (found < 0 || v > top) {
                top = v;
                found = first + i;
            }
        }
        best.longs(w)[k] = top;
        position.longs(w)[k] = found;
    }
}
