package dev.lamina.core.memory;

import dev.lamina.core.LaminaException;
import dev.lamina.core.MemoryLimitException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of Lamina: buffers that free themselves when they are unreachable, and a limit on their sum.
 *
 * <p>Freed memory waits in a pool, because fresh pages of the system are far slower than reused ones. When the live
 * bytes grow, a garbage collection is asked for, so that buffers which nobody can reach come back. An allocation fails
 * only if it does not fit after the pool was emptied and the garbage was collected.
 *
 * <p>The limit of {@link #shared()} comes from {@code -Dlamina.memory}, a number of bytes or a number with the suffix k, m,
 * g or t. By default it is the memory of the machine or container without the largest Java heap, but at least 25 % and
 * at most 80 % of all memory.
 *
 * <p>All methods may be called by any thread.
 */
public final class Memory {

    /**
     * What holds live memory: all buffers with one label.
     *
     * @param label the label given to {@link Memory#allocate(long, String)}
     * @param count how many buffers
     * @param bytes their sum
     */
    public record Holder(String label, int count, long bytes) {

        Holder plus(Holder other) {
            return new Holder(label, count + other.count, bytes + other.bytes);
        }

        /** Returns the label, the count when it is not one, and the size. */
        @Override
        public String toString() {
            return label + (count == 1 ? " " : " x" + count + " ") + ByteSize.text(bytes);
        }
    }

    private static final int SHOWN_HOLDERS = 5;

    private static volatile @Nullable Memory shared;

    private final Pool pool;
    private final Collector collector;
    private final Slabs slabs;

    /** A memory with a limit of its own, for tests. */
    Memory(long limit) {
        pool = new Pool(limit);
        collector = new Collector(pool);
        slabs = new Slabs(() -> lease(Slabs.SLAB, Slabs.HOLDER, false));
    }

    /**
     * The memory that all tensors of this JVM share.
     *
     * @return the one instance
     * @throws LaminaException if {@code -Dlamina.memory} is not a size
     */
    public static Memory shared() {
        Memory memory = shared;
        return memory != null ? memory : openShared();
    }

    /** Not in a static initializer, so that a bad setting is an error with a message and not a broken class. */
    private static synchronized Memory openShared() {
        Memory memory = shared;
        if (memory == null) {
            memory = new Memory(MemoryLimit.fromSettings());
            shared = memory;
        }
        return memory;
    }

    /**
     * Allocates bytes with unknown content, aligned to 64.
     *
     * @param bytes how many; zero is allowed
     * @param holder who holds them, for the message when memory is short: {@code "tensor (1024, 4096) f32"}
     * @return a buffer
     * @throws MemoryLimitException if the bytes do not fit in the limit
     */
    public Buffer allocate(long bytes, String holder) {
        return allocate(bytes, holder, false);
    }

    /**
     * Allocates bytes that are all zero, aligned to 64.
     *
     * @param bytes how many; zero is allowed
     * @param holder who holds them, for the message when memory is short
     * @return a buffer
     * @throws MemoryLimitException if the bytes do not fit in the limit
     */
    public Buffer allocateZeroed(long bytes, String holder) {
        return allocate(bytes, holder, true);
    }

    private Buffer allocate(long bytes, String holder, boolean zeroed) {
        if (bytes < 0) {
            throw new LaminaException("memory: expected a size of 0 or more bytes for " + holder + ", got " + bytes
                    + "; check the shape");
        }
        if (bytes > Slabs.LARGEST) {
            return new Buffer(lease(bytes, holder, zeroed), holder);
        }
        MemorySegment cut = slabs.cut(bytes);
        return new Buffer(zeroed ? cut.fill((byte) 0) : cut, holder);
    }

    private MemorySegment lease(long bytes, String holder, boolean zeroed) {
        Block block = obtain(bytes, holder);
        // Nobody else touches the block between here and the end of its lease.
        boolean clean = block.untouched;
        Lease lease = pool.lease(block);
        MemorySegment memory;
        try {
            memory = block.lend(bytes, lease);
        } catch (Throwable e) {
            // The Java heap is full: there may be no scope that could end the lease.
            lease.end();
            throw e;
        }
        return zeroed && !clean ? memory.fill((byte) 0) : memory;
    }

    private Block obtain(long bytes, String holder) {
        // Beyond the limit it is hopeless, and sums of sizes could overflow.
        if (bytes <= pool.limit()) {
            Block block = pool.take(bytes, holder);
            if (block == null) {
                collector.collectIfGrown();
                block = takeOrGrow(bytes, holder);
            }
            if (block == null) {
                block = collector.collectUntil(() -> takeOrGrow(bytes, holder));
            }
            if (block != null) {
                return block;
            }
        }
        throw new MemoryLimitException(shortage(bytes, holder));
    }

    private @Nullable Block takeOrGrow(long bytes, String holder) {
        Block block = pool.take(bytes, holder);
        return block != null ? block : grow(bytes, holder);
    }

    /** Takes memory from the system; null if that is past the limit, or if the system has no more. */
    private @Nullable Block grow(long bytes, String holder) {
        long size = pool.reserve(bytes);
        if (size == 0) {
            pool.makeRoom(bytes);
            size = pool.reserve(bytes);
        }
        if (size == 0) {
            return null;
        }
        Chunk chunk;
        try {
            chunk = Chunk.fresh(size);
        } catch (OutOfMemoryError e) {
            pool.unreserve(size);
            return null;
        }
        return pool.adopt(chunk, bytes, holder);
    }

    private String shortage(long bytes, String holder) {
        List<Holder> holders = holders();
        String largest =
                holders.stream().limit(SHOWN_HOLDERS).map(Holder::toString).collect(Collectors.joining(", "));
        return "memory: expected room for " + ByteSize.text(bytes) + " (" + holder + "), got " + room(bytes)
                + (holders.isEmpty() ? "" : "; the largest holders are: " + largest)
                + (holders.size() > SHOWN_HOLDERS ? ", ..." : "")
                + "; raise -Dlamina.memory or use a smaller batch"
                + (collector.deaf() ? ", and remove -XX:+DisableExplicitGC, which keeps garbage alive" : "");
    }

    private String room(long bytes) {
        long free = Math.max(0, pool.limit() - pool.live());
        String text = ByteSize.text(free) + " free of the limit " + ByteSize.text(pool.limit());
        if (bytes > free) {
            return text;
        }
        long size = pool.reserve(bytes);
        pool.unreserve(size);
        return text + (size > 0 ? ", but the system has no more memory" : ", but not in one piece");
    }

    /**
     * The most that live and pooled memory may take together.
     *
     * @return the limit in bytes
     */
    public long limit() {
        return pool.limit();
    }

    /**
     * The memory of all buffers that are reachable, and of those that no collection has found yet. Small buffers
     * count as the slabs that they are cut from.
     *
     * @return the live bytes
     */
    public long live() {
        return pool.live();
    }

    /**
     * The memory that waits to be used again.
     *
     * @return the pooled bytes
     */
    public long pooled() {
        return pool.sums().pooled();
    }

    /**
     * The largest value that {@link #live()} ever had.
     *
     * @return the peak in bytes
     */
    public long peak() {
        return pool.sums().peak();
    }

    /**
     * All that was ever allocated, also what is free again. A number that grows with each training step says that the step
     * allocates.
     *
     * @return the sum in bytes
     */
    public long allocated() {
        return pool.lent();
    }

    /**
     * How often a garbage collection was asked for. A number that grows with each training step means that the limit is
     * close to what the program needs.
     *
     * @return the count
     */
    public int collections() {
        return collector.cycles();
    }

    /**
     * What holds the live memory, one entry per label, the largest first.
     *
     * @return the holders
     */
    public List<Holder> holders() {
        return pool.holders();
    }

    /** Gives all pooled memory back to the system. Live buffers stay. */
    public void trim() {
        pool.freeAll();
    }

    /** Returns the sums in one line. */
    @Override
    public String toString() {
        Pool.Sums sums = pool.sums();
        return "Memory(live " + ByteSize.text(sums.live()) + ", pooled " + ByteSize.text(sums.pooled()) + ", peak "
                + ByteSize.text(sums.peak()) + ", limit " + ByteSize.text(limit()) + ")";
    }
}
