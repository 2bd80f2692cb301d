package dev.lamina.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the JVM for a garbage collection when native memory has grown. A tensor is a small object on the Java heap that
 * may hold much native memory, so the heap alone would collect too late.
 *
 * <p>The policy is that of a growing heap: collect when the live bytes have doubled since the last collection, but not
 * before they grew by a step. The step grows while collections take more than a tenth of the time.
 */
final class Collector {

    private static final long STEP = 256L << 20;
    private static final long MILLISECOND = 1_000_000;
    private static final long MOST_WAIT = 500 * MILLISECOND;
    private static final int MOST_ROUNDS = 10;

    private final Pool pool;
    private final long firstStep;
    private final long mostStep;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger cycles = new AtomicInteger();
    private volatile boolean deaf;
    private volatile long step;
    private long lastEnd = System.nanoTime();

    Collector(Pool pool) {
        this.pool = pool;
        firstStep = Math.min(STEP, pool.limit() / 4);
        mostStep = Math.clamp(pool.limit() / 2, firstStep, 2 * STEP);
        step = firstStep;
    }

    /** How many collections were asked for. */
    int cycles() {
        return cycles.get();
    }

    /** True when the last collection that was asked for did not happen: explicit collections are switched off. */
    boolean deaf() {
        return deaf;
    }

    /**
     * Collects if the live bytes have grown. While another thread collects, this one goes on, but not when it is ahead of
     * the collections by far.
     */
    void collectIfGrown() {
        if (!pool.hasGrown(step)) {
            return;
        }
        if (pool.hasGrown(2 * step)) {
            lock.lock();
        } else if (!lock.tryLock()) {
            return;
        }
        try {
            if (pool.hasGrown(step)) {
                long enough = pool.lowest() + step / 8;
                collect(() -> pool.live() <= enough ? Boolean.TRUE : null, 10 * MILLISECOND);
                pool.freeIdle();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Collects until the attempt gives a block, or until collections bring back nothing more: then null. */
    @Nullable
    Block collectUntil(Supplier<@Nullable Block> attempt) {
        for (int round = 1; round <= MOST_ROUNDS; round++) {
            long before = pool.returned();
            lock.lock();
            try {
                // Another thread may have collected for us while we waited for the lock.
                Block block = attempt.get();
                if (block == null) {
                    block = collect(attempt, 100 * MILLISECOND);
                }
                if (block != null) {
                    return block;
                }
            } finally {
                lock.unlock();
            }
            if (round > 1 && pool.returned() == before) {
                return null;
            }
        }
        return null;
    }

    /**
     * Collects once, then waits until the goal gives a value, or no lease came back for a while, or half a second is
     * over. Leases come back a little later than the collection ends: a thread of the JVM runs their actions.
     */
    private <T> @Nullable T collect(Supplier<@Nullable T> goal, long patience) {
        long start = System.nanoTime();
        long before = pool.returned();
        AtomicBoolean noticed = sentinel();
        System.gc();
        long end = System.nanoTime() + MOST_WAIT;
        long quietSince = System.nanoTime();
        long returned = before;
        boolean interrupted = false;
        T found = goal.get();
        while (found == null && System.nanoTime() < end) {
            LockSupport.parkNanos(MILLISECOND / 5);
            // An interrupt would turn the wait into a spin; it is set again below.
            interrupted |= Thread.interrupted();
            long now = System.nanoTime();
            if (pool.returned() != returned) {
                returned = pool.returned();
                quietSince = now;
            } else if (now - quietSince > (noticed.get() ? patience : 100 * MILLISECOND)) {
                break;
            }
            found = goal.get();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        pool.mark();
        deaf = pool.returned() == before && !noticed.get();
        cycles.incrementAndGet();
        adapt(start);
        return found;
    }

    private void adapt(long start) {
        long now = System.nanoTime();
        long took = now - start;
        boolean costly = took > (start - lastEnd) / 10;
        // A collection is slow when the Java heap is large; then native garbage may grow with the limit.
        long most = took > 100 * MILLISECOND ? Math.max(mostStep, pool.limit() / 8) : mostStep;
        step = costly ? Math.max(step, Math.min(2 * step, most)) : Math.max(step / 2, firstStep);
        lastEnd = now;
    }

    /** Becomes true when the JVM has found an unreachable lease and run its action, as it does for all of them. */
    @SuppressWarnings("restricted") // an empty segment
    private static AtomicBoolean sentinel() {
        AtomicBoolean noticed = new AtomicBoolean();
        MemorySegment.NULL.reinterpret(0, Arena.ofAuto(), _ -> noticed.set(true));
        return noticed;
    }
}
