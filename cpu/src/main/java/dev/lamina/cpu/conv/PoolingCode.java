package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Code that takes a band of f32 images through pooling or one of its gradients. Channels are lanes, a few vectors of them at a time; a first walk over the
 * positions of a window looks for the largest element and remembers where it is, a second one reads or writes there.
 *
 * <p>Arguments: image of x, image of y, image of the other tensor of the shape of x (what is written, or taken from), description of the band
 * ({@link PoolingWindows}).
 */
final class PoolingCode {
    /** Vectors that are handled together. */
    private static final int BLOCK = 4;

    private final KernelCode code;
    private final Window.Pooling kind;
    private final PoolingWindows windows;
    private final boolean tiling;
    private final int lanes;
    private final V zero;
    private final V none;
    private final R x;
    private final R y;
    private final R other;
    private final R band;

    /** Bytes of taps along the axes of the window at hand. */
    private final R[] lengths = new R[Window.MAX_AXES];

    private @Nullable R ownedFrom;
    private @Nullable R ownedTo;
    private @Nullable Tail last;

    private PoolingCode(Window.Pooling kind, PoolingWindows windows, int bits) {
        code = new KernelCode(bits);
        this.kind = kind;
        this.windows = windows;
        tiling = windows.isTiling();
        lanes = code.lanes();
        x = code.argument(0);
        y = code.argument(1);
        other = code.argument(2);
        band = code.argument(3);
        zero = code.constant(Lane.F32, 0.0);
        none = code.constant(Lane.F32, Double.NEGATIVE_INFINITY);
    }

    static Assembler write(Window.Pooling kind, PoolingWindows windows, int bits) {
        PoolingCode pooling = new PoolingCode(kind, windows, bits);
        pooling.band();
        return pooling.code.assemble();
    }

    private void band() {
        if (windows.channels() % lanes > 0) {
            last = code.tail(windows.channels() % lanes);
        }
        if (windows.toInput() && !tiling) {
            clear();
        }
        R first = axis(0, PoolingWindows.FIRST_ENTRY);
        lengths[0] = code.load(At.of(first, PoolingWindows.LENGTH));
        ownedFrom = code.load(At.of(first, PoolingWindows.OWNED_FROM));
        ownedTo = code.load(At.of(first, PoolingWindows.OWNED_TO));
        R place = code.load(At.of(first, PoolingWindows.FIRST));
        R output = code.variable(code.add(y, code.load(At.of(first, PoolingWindows.OUTPUT))));
        for (int axis = 1; axis < windows.axes(); axis++) {
            R entry = axis(axis, PoolingWindows.ENTRY);
            lengths[axis] = code.load(At.of(entry, PoolingWindows.LENGTH));
            place = code.add(place, code.load(At.of(entry, PoolingWindows.FIRST)));
        }
        channels(place, output);
        code.increase(output, (long) windows.channels() * Float.BYTES);
        for (int axis = 0; axis < windows.axes(); axis++) {
            code.endLoop();
        }
    }

    /** Starts the loop over the windows along an axis. */
    private R axis(int axis, int step) {
        R begin = code.load(At.of(band, 16 * axis + PoolingWindows.BEGIN));
        return code.loop(begin, code.load(At.of(band, 16 * axis + PoolingWindows.END)), step);
    }

    /** Zeros in all that the band owns, to which gradients are added. */
    private void clear() {
        R at = code.add(other, code.load(At.of(band, PoolingWindows.OWNED)));
        R bytes = code.load(At.of(band, PoolingWindows.OWNED_BYTES));
        R whole = code.and(bytes, -4L * lanes);
        R i = code.loop(0, whole, 4L * lanes);
        code.store(DType.F32, At.of(at, i, 1), zero, null);
        code.endLoop();
        Tail rest = code.tail(code.shiftRight(code.sub(bytes, whole), 2));
        code.store(DType.F32, At.of(at, whole, 1), zero, rest);
    }

    private void channels(R place, R output) {
        int block = BLOCK * lanes;
        int whole = windows.channels() / block;
        R from = code.add(x, place);
        R to = code.add(other, place);
        if (whole > 1) {
            R c = code.loop(0, 4L * block * whole, 4L * block);
            window(code.add(from, c), code.add(output, c), code.add(to, c), BLOCK, null);
            code.endLoop();
        } else if (whole == 1) {
            window(from, output, to, BLOCK, null);
        }
        int rest = windows.channels() - whole * block;
        if (rest > 0) {
            int done = 4 * block * whole;
            window(code.add(from, done), code.add(output, done), code.add(to, done), Math.ceilDiv(rest, lanes), last);
        }
    }

    /** Some vectors of channels of one window. */
    private void window(R from, R output, R to, int vectors, @Nullable Tail tail) {
        Block block = new Block(vectors, tail);
        switch (kind) {
            case MAX -> block.store(output, largest(block, from));
            case SUM -> block.store(output, sum(block, from));
            case MAX_INPUT -> spread(block, output, to, places(block, from));
            case SUM_INPUT -> spread(block, output, to, null);
            case MAX_TAKEN -> block.store(output, taken(block, to, places(block, from)));
        }
    }

    /** Vectors of channels side by side, the last of which may be cut off. */
    private final class Block {
        private final int vectors;
        private final @Nullable Tail tail;

        Block(int vectors, @Nullable Tail tail) {
            this.vectors = vectors;
            this.tail = tail;
        }

        private @Nullable Tail tail(int v) {
            return v == vectors - 1 ? tail : null;
        }

        V load(At at, int v) {
            return code.load(DType.F32, at.plus(4 * lanes * v), tail(v));
        }

        void store(At at, int v, V value) {
            code.store(DType.F32, at.plus(4 * lanes * v), value, tail(v));
        }

        void store(R at, V[] values) {
            for (int v = 0; v < vectors; v++) {
                store(At.of(at), v, values[v]);
            }
        }

        V[] variables(V initial) {
            V[] all = new V[vectors];
            for (int v = 0; v < vectors; v++) {
                all[v] = code.variable(initial);
            }
            return all;
        }
    }

    // ---------------------------------------------------------------- walks over the positions of a window

    /** Starts the loops over the positions of a window, from a place along the first axis to another; gives the bytes from its first one. */
    private R walk(@Nullable R begin, R end) {
        R at = begin == null ? code.loop(0, end, windows.tapStep(0)) : code.loop(begin, end, windows.tapStep(0));
        for (int axis = 1; axis < windows.axes(); axis++) {
            at = code.add(at, code.loop(0, lengths[axis], windows.tapStep(axis)));
        }
        return at;
    }

    private void endWalk() {
        for (int axis = 0; axis < windows.axes(); axis++) {
            code.endLoop();
        }
    }

    private V[] largest(Block block, R from) {
        V[] best = block.variables(none);
        R at = walk(null, lengths[0]);
        for (int v = 0; v < best.length; v++) {
            V next = block.load(At.of(from, at, 1), v);
            // The maximum of one NaN is its second operand.
            code.assign(best[v], code.select(code.isNan(next), next, code.fastMax(next, best[v])));
        }
        endWalk();
        return best;
    }

    private V[] sum(Block block, R from) {
        V[] sum = block.variables(zero);
        R at = walk(null, lengths[0]);
        for (int v = 0; v < sum.length; v++) {
            code.assign(sum[v], code.add(sum[v], block.load(At.of(from, at, 1), v)));
        }
        endWalk();
        return sum;
    }

    /** Where the first largest element is (the first NaN), in bytes from the first position. */
    private V[] places(Block block, R from) {
        V[] best = block.variables(none);
        V[] place = block.variables(code.constant(Lane.I32, 0L));
        R at = walk(null, lengths[0]);
        V here = code.splat(Lane.I32, at);
        for (int v = 0; v < best.length; v++) {
            V next = block.load(At.of(from, at, 1), v);
            V larger = code.andNot(code.equal(best[v], best[v]), code.lessOrEqual(next, best[v]));
            code.assign(best[v], code.select(larger, next, best[v]));
            code.assign(place[v], code.select(larger, here, place[v]));
        }
        endWalk();
        return place;
    }

    /** Adds elements of y to one position of their windows, or without places to all. */
    private void spread(Block block, R output, R to, V @Nullable [] places) {
        V[] up = new V[block.vectors];
        for (int v = 0; v < up.length; v++) {
            up[v] = block.load(At.of(output), v);
        }
        R at = walk(ownedFrom, ownedTo);
        V here = places == null ? zero : code.splat(Lane.I32, at);
        for (int v = 0; v < up.length; v++) {
            V part = places == null ? up[v] : code.select(code.equal(places[v], here), up[v], zero);
            At target = At.of(to, at, 1);
            block.store(target, v, tiling ? part : code.add(block.load(target, v), part));
        }
        endWalk();
    }

    private V[] taken(Block block, R from, V[] places) {
        V[] taken = block.variables(zero);
        R at = walk(null, lengths[0]);
        V here = code.splat(Lane.I32, at);
        for (int v = 0; v < taken.length; v++) {
            V value = block.load(At.of(from, at, 1), v);
            code.assign(taken[v], code.select(code.equal(places[v], here), value, taken[v]));
        }
        endWalk();
        return taken;
    }
}
