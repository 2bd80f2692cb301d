package dev.lamina.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of the system in one piece, divided without gaps into {@link Block}s. */
final class Chunk {

    final MemorySegment memory;

    /** The block with the lowest address; blocks merge to the left, so it stays the first. */
    final Block first;

    /** How many blocks are on lease. Changes under the lock of the pool. */
    int leases;

    /** True if a block was lent since the pool last asked. */
    boolean used = true;

    private final Arena arena;

    private Chunk(Arena arena, MemorySegment memory) {
        this.arena = arena;
        this.memory = memory;
        this.first = new Block(this, 0, memory.byteSize());
    }

    /**
     * Takes memory from the system. A shared arena, because it does not count against the limit of direct buffers
     * (which is the Java heap size), and because any thread may free it.
     */
    static Chunk fresh(long size) {
        Arena arena = Arena.ofShared();
        try {
            return new Chunk(arena, arena.allocate(size, Block.ALIGNMENT));
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    long size() {
        return memory.byteSize();
    }

    /** Gives the memory back to the system. No lease may exist. */
    void free() {
        arena.close();
    }
}
