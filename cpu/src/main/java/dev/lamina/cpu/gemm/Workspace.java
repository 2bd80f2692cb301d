package dev.lamina.cpu.gemm;

import dev.lamina.core.memory.Memory;
import dev.lamina.cpu.code.LargePages;
import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory for packed blocks, for all products of the process: of one kind for each thread that works, of another for each product whose
 * threads share a packed B. Reserved when a product is prepared, so that steps allocate nothing; more only if more callers
 * compute at the same time.
 */
public final class Workspace {
    private static final FreeList<Workspace> OWN = new FreeList<>(() -> new Workspace(false));
    private static final FreeList<Workspace> SHARED = new FreeList<>(() -> new Workspace(true));

    /** Bytes from which on a workspace is in large pages. */
    private static final long LEAST_LARGE = 512 << 10;

    /** Stands behind what was asked for while a workspace is in use; tests run with assertions and see when a kernel writes there. */
    private static final long MARK = 0x9e3779b97f4a7c15L;

    private final boolean shared;
    private MemorySegment memory = MemorySegment.NULL;
    private long used;

    private Workspace(boolean shared) {
        this.shared = shared;
    }

    private static FreeList<Workspace> list(boolean shared) {
        return shared ? SHARED : OWN;
    }

    /** Makes sure that so many of at least this size are there. */
    public static void reserve(boolean shared, int count, long bytes) {
        Workspace[] taken = new Workspace[bytes == 0 ? 0 : count];
        for (int i = 0; i < taken.length; i++) {
            taken[i] = take(shared, bytes);
        }
        for (Workspace workspace : taken) {
            workspace.give();
        }
    }

    /** A workspace of at least this size for the caller. */
    public static Workspace take(boolean shared, long bytes) {
        Workspace workspace = list(shared).take();
        if (workspace.memory.byteSize() < bytes + Long.BYTES) {
            workspace.memory = allocate(bytes + Long.BYTES);
        }
        workspace.used = bytes;
        workspace.memory.set(ValueLayout.JAVA_LONG_UNALIGNED, bytes, MARK);
        return workspace;
    }

    private static MemorySegment allocate(long bytes) {
        long pages = bytes < LEAST_LARGE ? 0 : Math.ceilDiv(bytes, LargePages.SIZE);
        long more = pages == 0 ? bytes : (pages + 1) * LargePages.SIZE;
        MemorySegment memory =
                Memory.shared().allocate(more, "blocks of matrix products").segment();
        if (pages == 0) {
            return memory;
        }
        MemorySegment large = memory.asSlice(-memory.address() & (LargePages.SIZE - 1), pages * LargePages.SIZE);
        LargePages.ask(large);
        return large;
    }

    /** Gives it back. */
    public void give() {
        assert memory.get(ValueLayout.JAVA_LONG_UNALIGNED, used) == MARK
                : "expected no kernel to write behind its workspace of " + used + " bytes, got one that did";
        list(shared).give(this);
    }

    /** Aligned to 64. */
    public long address() {
        return memory.address();
    }

    /** Writes a number, at a multiple of 8. */
    public void put(long offset, long value) {
        memory.set(ValueLayout.JAVA_LONG, offset, value);
    }
}
