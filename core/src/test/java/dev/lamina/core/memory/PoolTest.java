package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoolTest {

    private static final long MB = 1 << 20;

    private final Pool pool = new Pool(16 * MB);
    private final List<Block> leased = new ArrayList<>();

    @AfterEach
    void nothingIsLost() {
        List.copyOf(leased).forEach(this::giveBack);
        assertEquals(0, pool.live());
        pool.freeAll();
        assertEquals(0, pool.sums().pooled());
        assertEquals(16 * MB, pool.reserve(16 * MB));
    }

    @Test
    void aLeaseEndsOnlyOnce() {
        Block block = lend(4096);
        Lease first = pool.lease(block);
        first.end();
        leased.remove(block);
        assertSame(block, lend(4096));
        first.end();
        assertEquals(4096, pool.live());
    }

    @Test
    void blocksAreSplitAndMergedAgain() {
        Block a = lend(MB);
        giveBack(a);
        List<Block> parts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            parts.add(lend(MB / 8));
        }
        assertEquals(0, pool.sums().pooled());
        assertNull(pool.take(64, "test"));
        for (int i : new int[] {3, 0, 7, 4, 2, 6, 1, 5}) {
            giveBack(parts.get(i));
        }
        assertSame(a, lend(MB));
    }

    @Test
    void theSmallestBlockThatFitsIsTaken() {
        Block small = lend(2 * MB);
        Block large = lend(4 * MB);
        giveBack(large);
        giveBack(small);
        assertSame(small, lend(MB));
        assertSame(large, lend(3 * MB));
    }

    @Test
    void unusedChunksMakeRoomForALargerOne() {
        Block a = lend(6 * MB);
        Block b = lend(8 * MB);
        giveBack(a);
        pool.makeRoom(9 * MB);
        assertEquals(6 * MB, pool.sums().pooled(), "frees nothing if that cannot help");
        pool.makeRoom(7 * MB);
        assertEquals(0, pool.sums().pooled());
        giveBack(b);
    }

    @Test
    void chunksThatNobodyUsedAreFreed() {
        Block a = lend(6 * MB);
        giveBack(a);
        pool.freeIdle();
        assertEquals(6 * MB, pool.sums().pooled(), "it was used since the last call");
        pool.freeIdle();
        assertEquals(0, pool.sums().pooled());
    }

    @Test
    void leasesNeverOverlapAndTheSumsHold() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int step = 0; step < 20_000; step++) {
            Block block = random.nextInt(100) < 52 ? lendIfFits(1 + random.nextInt(1 << random.nextInt(1, 20))) : null;
            if (block == null && !leased.isEmpty()) {
                giveBack(leased.get(random.nextInt(leased.size())));
            }
            if (step % 100 == 0) {
                assertConsistent(seed);
            }
        }
    }

    private void assertConsistent(long seed) {
        TreeMap<Long, Long> ranges = new TreeMap<>();
        leased.forEach(block -> ranges.put(block.place().address(), block.size));
        assertEquals(leased.size(), ranges.size(), () -> "seed " + seed);
        assertEquals(
                pool.live(), ranges.values().stream().mapToLong(size -> size).sum(), () -> "seed " + seed);
        long end = 0;
        for (Map.Entry<Long, Long> range : ranges.entrySet()) {
            assertTrue(range.getKey() >= end && range.getKey() % 64 == 0, () -> "seed " + seed);
            end = range.getKey() + range.getValue();
        }
        assertTrue(pool.live() + pool.sums().pooled() <= pool.limit(), () -> "seed " + seed);
    }

    private void giveBack(Block block) {
        assertTrue(leased.remove(block));
        pool.lease(block).end();
    }

    private Block lend(long bytes) {
        Block block = lendIfFits(bytes);
        assertNotNull(block);
        return block;
    }

    private @Nullable Block lendIfFits(long bytes) {
        Block block = pool.take(bytes, "test");
        if (block == null) {
            long size = pool.reserve(bytes);
            block = size == 0 ? null : pool.adopt(Chunk.fresh(size), bytes, "test");
        }
        if (block != null) {
            leased.add(block);
        }
        return block;
    }
}
