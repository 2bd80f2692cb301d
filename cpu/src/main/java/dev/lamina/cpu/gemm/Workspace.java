package dev.lamina.cpu.gemm;

import dev.lamina.core.memory.Memory;
import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.MemorySegment;

/** Memory for packed blocks: as many as threads work at the same time, for all products of the process. */
final class Workspace {
    private static final FreeList<Workspace> FREE = new FreeList<>(Workspace::new);

    private MemorySegment memory = MemorySegment.NULL;

    private Workspace() {}

    /** A workspace of at least this size for the caller alone. */
    static Workspace take(long bytes) {
        Workspace workspace = FREE.take();
        if (workspace.memory.byteSize() < bytes) {
            workspace.memory =
                    Memory.shared().allocate(bytes, "blocks of matrix products").segment();
        }
        return workspace;
    }

    void give() {
        FREE.give(this);
    }

    /** Aligned to 64. */
    long address() {
        return memory.address();
    }
}
