package dev.lamina.cpu.code;

import java.lang.foreign.MemorySegment;

/**
 * For tests of kernels: memory right beside a page that nobody can touch, so that a kernel that reads or writes one byte too far ends the process. It lives as long as
 * the segment is reachable.
 */
public final class GuardedMemory {
    private final MemorySegment segment;

    private GuardedMemory(long bytes, boolean atEnd) {
        long inside = Pages.round(Math.max(bytes, 1));
        long all = inside + 2 * Pages.SIZE;
        long start = Pages.map(all);
        if (start == 0
                || !Pages.makeUntouchable(start, Pages.SIZE)
                || !Pages.makeUntouchable(start + Pages.SIZE + inside, Pages.SIZE)) {
            throw new IllegalStateException("the system gives no guarded memory of " + bytes + " bytes");
        }
        long first = start + Pages.SIZE + (atEnd ? inside - bytes : 0);
        segment = Native.memory(first, bytes, () -> Pages.unmap(start, all));
    }

    /** Zeroed memory whose last byte is the last before the page. It is aligned only as its size allows. */
    public static GuardedMemory endingAtGuard(long bytes) {
        return new GuardedMemory(bytes, true);
    }

    /** Zeroed memory whose first byte is the first after the page. */
    public static GuardedMemory beginningAtGuard(long bytes) {
        return new GuardedMemory(bytes, false);
    }

    /** The memory. */
    public MemorySegment segment() {
        return segment;
    }

    /** The address of the first byte. It does not keep the memory alive. */
    public long address() {
        return segment.address();
    }
}
