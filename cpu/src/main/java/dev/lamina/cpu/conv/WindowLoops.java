package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Code that takes a band of f32 images through all windows that reach into it. Channels are lanes, a few vectors of them at a time.
 *
 * <p>Arguments: image of x, image of y, something else, description of the band ({@link PoolingWindows}).
 */
abstract class WindowLoops {
    /** Vectors that are handled together. */
    private static final int BLOCK = 4;

    final KernelCode code;
    final PoolingWindows windows;
    final V zero;
    final R x;
    final R y;
    final R other;
    private final R band;
    private final int lanes;

    /** Bytes of taps along the axes of the window at hand. */
    private final R[] lengths = new R[Window.MAX_AXES];

    /** Where taps are in a kernel, on the way along each axis. */
    private final R[] taps = new R[Window.MAX_AXES];

    private @Nullable R ownedFrom;
    private @Nullable R ownedTo;
    private @Nullable Tail last;

    WindowLoops(PoolingWindows windows, int bits) {
        code = new KernelCode(bits);
        this.windows = windows;
        lanes = code.lanes();
        x = code.argument(0);
        y = code.argument(1);
        other = code.argument(2);
        band = code.argument(3);
        zero = code.constant(Lane.F32, 0.0);
    }

    /**
     * Some vectors of channels of one window. Places are in bytes and include the channel.
     *
     * @param place of the first position that the window meets, in an image of x
     * @param output in an image of y
     * @param tap of that position, in a kernel that has one number for each tap and channel
     */
    abstract void window(R place, R output, R tap, Block block);

    /** All windows of the band. */
    final void band() {
        if (windows.channels() % lanes > 0) {
            last = code.tail(windows.channels() % lanes);
        }
        R first = axis(0, PoolingWindows.FIRST_ENTRY);
        lengths[0] = code.load(At.of(first, PoolingWindows.LENGTH));
        ownedFrom = code.load(At.of(first, PoolingWindows.OWNED_FROM));
        ownedTo = code.load(At.of(first, PoolingWindows.OWNED_TO));
        R place = code.load(At.of(first, PoolingWindows.FIRST));
        R tap = code.load(At.of(first, PoolingWindows.TAP));
        R output = code.variable(code.load(At.of(first, PoolingWindows.OUTPUT)));
        for (int axis = 1; axis < windows.axes(); axis++) {
            R entry = axis(axis, PoolingWindows.ENTRY);
            lengths[axis] = code.load(At.of(entry, PoolingWindows.LENGTH));
            place = code.add(place, code.load(At.of(entry, PoolingWindows.FIRST)));
            tap = code.add(tap, code.load(At.of(entry, PoolingWindows.TAP)));
        }
        channels(place, output, tap);
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

    /** Zeros in all of an image that the band owns, to which gradients are added. */
    final void clear(R image) {
        R at = code.add(image, code.load(At.of(band, PoolingWindows.OWNED)));
        R bytes = code.load(At.of(band, PoolingWindows.OWNED_BYTES));
        R whole = code.and(bytes, -4L * lanes);
        R i = code.loop(0, whole, 4L * lanes);
        code.store(DType.F32, At.of(at, i, 1), zero, null);
        code.endLoop();
        Tail rest = code.tail(code.shiftRight(code.sub(bytes, whole), 2));
        code.store(DType.F32, At.of(at, whole, 1), zero, rest);
    }

    private void channels(R place, R output, R tap) {
        int block = BLOCK * lanes;
        int whole = windows.channels() / block;
        if (whole > 1) {
            R c = code.loop(0, 4L * block * whole, 4L * block);
            window(code.add(place, c), code.add(output, c), code.add(tap, c), new Block(BLOCK, null));
            code.endLoop();
        } else if (whole == 1) {
            window(place, output, tap, new Block(BLOCK, null));
        }
        int rest = windows.channels() - whole * block;
        if (rest > 0) {
            int done = 4 * block * whole;
            Block cut = new Block(Math.ceilDiv(rest, lanes), last);
            window(code.add(place, done), code.add(output, done), code.add(tap, done), cut);
        }
    }

    /** Vectors of channels side by side, the last of which may be cut off. */
    final class Block {
        final int vectors;
        private final @Nullable Tail tail;

        private Block(int vectors, @Nullable Tail tail) {
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

        void store(At at, V[] values) {
            for (int v = 0; v < vectors; v++) {
                store(at, v, values[v]);
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

    /** Starts the loops over the positions of a window that an image has; gives the bytes from the first one. */
    final R walk() {
        return walk(null, lengths[0], null);
    }

    /** Likewise, with a kernel. */
    final R walk(R kernel) {
        return walk(null, lengths[0], kernel);
    }

    /** Over those positions that the band owns. */
    final R walkOwned(@Nullable R kernel) {
        return walk(ownedFrom, ownedTo, kernel);
    }

    private R walk(@Nullable R begin, R end, @Nullable R kernel) {
        R at = null;
        for (int axis = 0; axis < windows.axes(); axis++) {
            if (kernel != null) {
                taps[axis] = code.variable(axis == 0 ? kernel : taps[axis - 1]);
            }
            long step = windows.tapStep(axis);
            if (at == null) {
                at = begin == null ? code.loop(0, end, step) : code.loop(begin, end, step);
            } else {
                at = code.add(at, code.loop(0, lengths[axis], step));
            }
        }
        return at;
    }

    /** Where the kernel of a walk has the tap at hand. */
    final R tap() {
        return taps[windows.axes() - 1];
    }

    final void endWalk() {
        endWalk(false);
    }

    final void endWalk(boolean hasKernel) {
        for (int axis = windows.axes() - 1; axis >= 0; axis--) {
            if (hasKernel) {
                code.increase(taps[axis], windows.kernelStep(axis));
            }
            code.endLoop();
        }
    }
}
