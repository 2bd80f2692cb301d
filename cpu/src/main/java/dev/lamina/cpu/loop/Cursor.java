package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Where the code that is being written stands in the index space: for each slot its number at the current index of all axes but the
 * vector axis, and inside the loop over that one, which elements are in the lanes. An iteration of that loop may do several copies
 * of the lanes.
 */
final class Cursor {
    /** Bytes between a load and its prefetch: the processor fetches ahead by itself, but stops at the end of each page. */
    private static final int AHEAD = 2048;

    /** Bytes that are surely within a displacement. */
    static final long NEAR = 1 << 30;

    private final KernelCode code;
    private final Addresses addresses;
    private final int vector;
    private R[] at = {};
    private @Nullable R index;
    private int shift;
    private @Nullable Tail tail;
    private int copies = 1;

    Cursor(KernelCode code, Addresses addresses, int vector) {
        this.code = code;
        this.addresses = addresses;
        this.vector = vector;
    }

    /** Starts at the numbers in the frame. */
    void start(R frame) {
        at = new R[addresses.count()];
        for (int slot = 0; slot < at.length; slot++) {
            at[slot] = code.load(At.of(frame, 8 * slot));
        }
    }

    /** Goes to an index. */
    void move(R[] indices) {
        for (int slot = 0; slot < at.length; slot++) {
            for (int axis = 0; axis < indices.length; axis++) {
                long step = addresses.step(slot, axis);
                at[slot] = step == 0 ? at[slot] : code.add(at[slot], code.mul(indices[axis], step));
            }
        }
    }

    /** Sets the address of something that has only the elements now in the lanes. */
    void setAtLanes(int slot, R address, DType dtype) {
        R from = shift == 0 ? address : code.add(address, -(long) shift * dtype.bytes());
        at[slot] = index == null ? from : code.sub(from, code.mul(index, dtype.bytes()));
    }

    /** The numbers here, for {@link #leave}. */
    R[] here() {
        return at.clone();
    }

    /** Makes numbers that grow along an axis assignable; gives the numbers from before, for {@link #leave}. */
    R[] enter(int axis) {
        R[] before = at.clone();
        for (int slot = 0; slot < at.length; slot++) {
            if (addresses.step(slot, axis) != 0) {
                at[slot] = code.variable(at[slot]);
            }
        }
        return before;
    }

    /** Sets the number of something that the kernel computes by itself, at the first index of all axes. */
    void set(int slot, R number) {
        at[slot] = number;
    }

    /** Goes on by some indices of an axis. */
    void advance(int axis, int by) {
        for (int slot = 0; slot < at.length; slot++) {
            if (addresses.step(slot, axis) != 0) {
                code.increase(at[slot], addresses.step(slot, axis) * by);
            }
        }
    }

    void leave(R[] before) {
        at = before;
    }

    /** Sets which elements of the vector axis are in the lanes: index + shift and its followers. */
    void lanes(@Nullable R newIndex, long newShift, int newCopies, @Nullable Tail newTail) {
        boolean far = newShift * 8 > NEAR;
        index = far ? code.integer(newShift) : newIndex;
        shift = far ? 0 : (int) newShift;
        copies = newCopies;
        tail = newTail;
    }

    int copies() {
        return copies;
    }

    @Nullable
    Tail tail() {
        return tail;
    }

    private int first(int copy) {
        return shift + copy * code.lanes();
    }

    V load(DType dtype, int slot, boolean uniform, int copy) {
        if (uniform) {
            return code.broadcast(dtype, At.of(at[slot]));
        }
        long step = addresses.step(slot, vector);
        return step == dtype.bytes()
                ? code.load(dtype, dense(dtype, slot, copy), tail)
                : code.loadStrided(dtype, apart(step, slot, copy), step, tail);
    }

    void store(DType dtype, int slot, V value, int copy, boolean streaming) {
        long step = vector < 0 ? 0 : addresses.step(slot, vector);
        if (step == 0) {
            code.storeFirst(dtype, At.of(at[slot]), value);
        } else if (step != dtype.bytes()) {
            code.storeStrided(dtype, apart(step, slot, copy), step, value, tail);
        } else if (streaming && tail == null) {
            code.storeStreaming(dtype, dense(dtype, slot, copy), value);
        } else {
            code.store(dtype, dense(dtype, slot, copy), value, tail);
        }
    }

    /** Asks for the elements at the next index of an axis, if they are neighbours. */
    void prefetch(DType dtype, int slot, int axis, int copy) {
        long step = addresses.step(slot, axis);
        At at = dense(dtype, slot, copy);
        if (addresses.step(slot, vector) == dtype.bytes() && step > 0 && step < NEAR) {
            code.prefetch(at.plus((int) step));
        }
    }

    /** Asks for the elements that a walk through memory comes to later, if they are neighbours. */
    void prefetchAhead(DType dtype, int slot, int copy) {
        if (tail == null && addresses.step(slot, vector) == dtype.bytes()) {
            code.prefetch(dense(dtype, slot, copy).plus(AHEAD));
        }
    }

    /** Where the element in lane 0 is. */
    R place(int slot) {
        long step = addresses.step(slot, vector);
        R from = index == null ? at[slot] : code.add(at[slot], code.mul(index, step));
        return shift == 0 ? from : code.add(from, shift * step);
    }

    private At dense(DType dtype, int slot, int copy) {
        int bytes = dtype.bytes();
        return new At(at[slot], index, bytes, first(copy) * bytes);
    }

    private At apart(long step, int slot, int copy) {
        long past = first(copy) * step;
        R from = index == null ? at[slot] : code.add(at[slot], code.mul(index, step));
        return Math.abs(past) < NEAR ? At.of(from, (int) past) : At.of(code.add(from, past));
    }

    /** The number in a slot at lane 0. */
    R number(int slot, boolean uniform, int copy) {
        long step = uniform ? 0 : addresses.step(slot, vector);
        R number =
                step == 0 || index == null ? at[slot] : code.add(at[slot], step == 1 ? index : code.mul(index, step));
        return step == 0 || first(copy) == 0 ? number : code.add(number, first(copy) * step);
    }

    /** The numbers in a slot at all lanes. */
    V numbers(Lane lane, int slot, boolean uniform, int copy) {
        V first = code.splat(lane, number(slot, uniform, copy));
        if (uniform) {
            return first;
        }
        long step = addresses.step(slot, vector);
        V apart = code.iota(lane);
        return code.add(first, step == 1 ? apart : code.mul(apart, code.constant(lane, step)));
    }

    boolean isRun(int slot) {
        for (int axis = 0; axis < addresses.rank(); axis++) {
            long step = addresses.step(slot, axis);
            if (axis == vector ? step != 1 : step % 4 != 0) {
                return false;
            }
        }
        return addresses.start(slot) % 4 == 0;
    }
}
