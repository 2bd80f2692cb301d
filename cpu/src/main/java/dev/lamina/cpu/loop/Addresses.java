package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers that lead a kernel through memory: one per different access, with its steps along the axes of the space. Each has a
 * slot in the kernel's {@link Frame}.
 */
final class Addresses {
    /** For numbers that are no addresses. */
    static final int NUMBER = -1;

    private final Space space;
    private final List<Pointer> pointers = new ArrayList<>();

    /**
     * An address or another number that grows along the axes.
     *
     * @param buffer what it points into, or {@link #NUMBER}
     * @param start at the first index: bytes from the start of the buffer
     * @param steps along each axis, in bytes
     */
    record Pointer(int buffer, long start, List<Long> steps) {
        // Written out for quick starts: what a record brings is put together at its first call.
        @Override
        public boolean equals(Object other) {
            return other instanceof Pointer pointer
                    && buffer == pointer.buffer
                    && start == pointer.start
                    && steps.equals(pointer.steps);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * buffer + Long.hashCode(start)) + steps.hashCode();
        }
    }

    Addresses(Space space) {
        this.space = space;
    }

    /** The slot of an access. */
    int of(Task.Access access) {
        return slot(
                access.buffer(),
                access.offset(),
                access.strides(),
                access.dtype().bytes());
    }

    /** The slot of a number that starts at an offset. */
    int number(long offset, long[] strides) {
        return slot(NUMBER, offset, strides, 1);
    }

    private int slot(int buffer, long offset, long[] strides, long bytes) {
        List<Long> steps = Arrays.stream(space.strides(strides))
                .mapToObj(stride -> stride * bytes)
                .toList();
        Pointer pointer = new Pointer(buffer, offset * bytes, steps);
        int known = pointers.indexOf(pointer);
        if (known < 0) {
            pointers.add(pointer);
        }
        return known < 0 ? pointers.size() - 1 : known;
    }

    /** Makes a slot for something that the kernel computes by itself. */
    int own(List<Long> steps) {
        pointers.add(new Pointer(NUMBER, 0, steps));
        return pointers.size() - 1;
    }

    int rank() {
        return space.rank();
    }

    int count() {
        return pointers.size();
    }

    int buffer(int slot) {
        return pointers.get(slot).buffer;
    }

    long start(int slot) {
        return pointers.get(slot).start;
    }

    long step(int slot, int axis) {
        return pointers.get(slot).steps.get(axis);
    }
}
