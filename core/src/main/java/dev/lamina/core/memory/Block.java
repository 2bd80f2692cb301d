package dev.lamina.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A part of a chunk: on lease, or free. Free neighbours are always merged. The fields belong to the pool and change
 * only under its lock.
 */
final class Block {

    /** Every block, and so every buffer, starts on a cache line and on a full vector register. */
    static final int ALIGNMENT = 64;

    /** Where a free block stands among the others: small ones first, then low addresses. */
    record Place(long size, long address) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            return size != other.size ? Long.compare(size, other.size) : Long.compare(address, other.address);
        }
    }

    final Chunk chunk;
    final long start;
    long size;

    @Nullable
    Block left;

    @Nullable
    Block right;

    boolean leased;

    /** Who holds the block now, for messages. */
    String holder = "";

    /** True while nobody wrote here: the system gives zeroed memory. */
    boolean untouched = true;

    Block(Chunk chunk, long start, long size) {
        this.chunk = chunk;
        this.start = start;
        this.size = size;
    }

    Place place() {
        return new Place(size, chunk.memory.address() + start);
    }

    /** The size of the block that a request needs. */
    static long round(long bytes) {
        return Math.ceilDiv(Math.max(bytes, 1), ALIGNMENT) * ALIGNMENT;
    }

    /** Keeps the first bytes and returns the rest as a free block of its own. */
    Block split(long kept) {
        Block rest = new Block(chunk, start + kept, size - kept);
        rest.untouched = untouched;
        rest.left = this;
        rest.right = right;
        if (right != null) {
            right.left = rest;
        }
        right = rest;
        size = kept;
        return rest;
    }

    /** Takes in the neighbour at the right. */
    void absorb(Block neighbour) {
        size += neighbour.size;
        untouched &= neighbour.untouched;
        right = neighbour.right;
        if (right != null) {
            right.left = this;
        }
    }

    /**
     * Lends the first bytes. Each lease has its own automatic scope, which all slices of the lease share: it ends
     * when the last of them is unreachable. So a segment in the hands of a user keeps the block out of the pool.
     */
    @SuppressWarnings("restricted") // the only way to give a segment a life of its own; the size is within the block
    MemorySegment lend(long bytes, Lease lease) {
        return chunk.memory.asSlice(start, bytes).reinterpret(Arena.ofAuto(), lease);
    }
}
