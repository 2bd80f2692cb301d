package dev.lamina.core.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of one {@link Memory}, their free blocks and the sums. A request takes the smallest free block that is
 * large enough and leaves the rest free. One lock guards it all; the system calls (fresh, free) happen outside of it.
 *
 * <p>Blocks are split and merged, and not kept per size, so that a loop whose sizes change uses the same pages again:
 * a fresh page costs the system 0.5 ms per MB, which is more than most kernels need to fill it.
 */
final class Pool {

    private static final long LEAST_CHUNK = 1 << 20;
    private static final long MOST_CHUNK = 64 << 20;
    private static final long PAGE = 4096;

    /** A smaller rest stays with its block. */
    private static final long LEAST_REST = 1024;

    /** The sums at one moment, in bytes. */
    record Sums(long live, long pooled, long peak) {}

    private final long limit;
    private final Set<Chunk> chunks = new HashSet<>();
    private final TreeMap<Block.Place, Block> free = new TreeMap<>();
    private final AtomicReference<@Nullable Lease> ended = new AtomicReference<>();
    private long reserved;
    private long held;
    private long live;
    private long lowest;
    private long peak;
    private long returned;

    Pool(long limit) {
        this.limit = limit;
    }

    long limit() {
        return limit;
    }

    /** Lends the smallest free block that is large enough, or returns null. */
    synchronized @Nullable Block take(long bytes, String holder) {
        collectEnded();
        Map.Entry<Block.Place, Block> found = free.ceilingEntry(new Block.Place(Block.round(bytes), 0));
        if (found == null) {
            return null;
        }
        free.remove(found.getKey());
        lend(found.getValue(), bytes, holder);
        return found.getValue();
    }

    /**
     * Sets room aside for a fresh chunk that can hold so many bytes, if the limit leaves it. Chunks grow with the memory
     * in use, so that a small program stays small.
     *
     * @return the size of the chunk, or 0 if there is no room
     */
    synchronized long reserve(long bytes) {
        long least = Block.round(bytes);
        long wanted = Math.clamp(held / 8, LEAST_CHUNK, MOST_CHUNK) / PAGE * PAGE;
        long room = limit - held - reserved;
        if (least > room) {
            return 0;
        }
        long size = least >= wanted / 4 || wanted > room ? least : wanted;
        reserved += size;
        return size;
    }

    /** Undoes {@link #reserve}. */
    synchronized void unreserve(long size) {
        reserved -= size;
    }

    /** Takes over a fresh chunk whose size was reserved, and lends its first bytes. */
    synchronized Block adopt(Chunk chunk, long bytes, String holder) {
        chunks.add(chunk);
        reserved -= chunk.size();
        held += chunk.size();
        lend(chunk.first, bytes, holder);
        return chunk.first;
    }

    private void lend(Block block, long bytes, String holder) {
        long size = Block.round(bytes);
        if (block.size - size >= LEAST_REST) {
            addFree(block.split(size));
        }
        block.leased = true;
        block.holder = holder;
        block.chunk.leases++;
        block.chunk.used = true;
        live += block.size;
        peak = Math.max(peak, live);
    }

    /** The action that ends the present lease of a block. */
    Lease lease(Block block) {
        return new Lease(block, ended);
    }

    /** Takes back the blocks whose leases have ended. Every method that reads the state starts with this. */
    private void collectEnded() {
        if (ended.get() != null) {
            for (Lease lease = ended.getAndSet(null); lease != null; lease = lease.next) {
                giveBack(lease.block);
            }
        }
    }

    private void giveBack(Block block) {
        block.leased = false;
        block.untouched = false;
        block.chunk.leases--;
        live -= block.size;
        lowest = Math.min(lowest, live);
        returned += block.size;
        Block right = block.right;
        if (right != null && !right.leased) {
            free.remove(right.place());
            block.absorb(right);
        }
        Block left = block.left;
        if (left != null && !left.leased) {
            free.remove(left.place());
            left.absorb(block);
            block = left;
        }
        addFree(block);
    }

    private void addFree(Block block) {
        free.put(block.place(), block);
    }

    /** Frees unused chunks, large ones first, until so many bytes fit. Frees nothing if that cannot help. */
    void makeRoom(long bytes) {
        List<Chunk> victims = new ArrayList<>();
        synchronized (this) {
            collectEnded();
            long room = limit - held - reserved;
            List<Chunk> unused = chunks.stream()
                    .filter(chunk -> chunk.leases == 0)
                    .sorted(Comparator.comparingLong(Chunk::size).reversed())
                    .toList();
            if (unused.stream().mapToLong(Chunk::size).sum() + room < bytes) {
                return;
            }
            for (Chunk chunk : unused) {
                if (room < bytes) {
                    room += chunk.size();
                    remove(chunk);
                    victims.add(chunk);
                }
            }
        }
        victims.forEach(Chunk::free);
    }

    /** Frees the chunks that nobody used since the last call. */
    void freeIdle() {
        freeUnused(chunk -> !chunk.used);
    }

    /** Frees all unused chunks. */
    void freeAll() {
        freeUnused(chunk -> true);
    }

    private void freeUnused(Predicate<Chunk> which) {
        List<Chunk> victims;
        synchronized (this) {
            collectEnded();
            victims = chunks.stream()
                    .filter(chunk -> chunk.leases == 0 && which.test(chunk))
                    .toList();
            victims.forEach(this::remove);
            chunks.forEach(chunk -> chunk.used = chunk.leases > 0);
        }
        victims.forEach(Chunk::free);
    }

    private void remove(Chunk chunk) {
        // Nothing is on lease, so all is merged into the first block.
        free.remove(chunk.first.place());
        chunks.remove(chunk);
        held -= chunk.size();
    }

    synchronized Sums sums() {
        collectEnded();
        return new Sums(live, held - live, peak);
    }

    synchronized long live() {
        collectEnded();
        return live;
    }

    /**
     * True if the live bytes are twice the lowest value since the last {@link #mark()}, and larger by the step. The lowest
     * value is the best guess of what is really alive, because leases come back some time after a collection.
     */
    synchronized boolean hasGrown(long step) {
        collectEnded();
        return live >= lowest + Math.max(step, lowest);
    }

    /** The lowest value of the live bytes since the last {@link #mark()}. */
    synchronized long lowest() {
        collectEnded();
        return lowest;
    }

    /** Starts a new search for the lowest value. */
    synchronized void mark() {
        collectEnded();
        lowest = live;
    }

    /** The sum of all bytes that were ever lent. */
    synchronized long lent() {
        return live + returned;
    }

    /** The sum of all bytes that ever came back. */
    synchronized long returned() {
        collectEnded();
        return returned;
    }

    /** Who holds the live blocks: one entry per label, the largest first. */
    synchronized List<Memory.Holder> holders() {
        collectEnded();
        Map<String, Memory.Holder> byLabel = new HashMap<>();
        for (Chunk chunk : chunks) {
            for (Block block = chunk.first; block != null; block = block.right) {
                if (block.leased) {
                    byLabel.merge(block.holder, new Memory.Holder(block.holder, 1, block.size), Memory.Holder::plus);
                }
            }
        }
        return byLabel.values().stream()
                .sorted(Comparator.comparingLong(Memory.Holder::bytes).reversed())
                .toList();
    }
}
