package dev.lamina.cpu.pool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.cpu.Allocation;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class PoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void eachTaskRunsOnce(int threads) {
        Pool pool = Pool.of(threads);
        assertEquals(threads, pool.threads());
        for (int tasks : new int[] {-1, 0, 1, 2, 7, 13, 207, 4098}) {
            AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(tasks, 0));
            pool.run(tasks, runs::incrementAndGet);
            for (int i = 0; i < tasks; i++) {
                assertEquals(1, runs.get(i), "task " + i + " of " + tasks);
            }
        }
        pool.close();
    }

    @Test
    void resultsOfTasksAreVisibleToTheCallerAndInputsToTheTasks() {
        Pool pool = Pool.of(7);
        int[] values = new int[50];
        for (int round = 0; round < 20_000; round++) {
            values[round % 50]++;
            int[] before = values.clone();
            pool.run(50, i -> values[i] += before[i] + 1);
            for (int i = 0; i < 50; i++) {
                assertEquals(before[i] * 2 + 1, values[i]);
            }
        }
        pool.close();
    }

    @Test
    void threadsOfThePoolHelp() throws Exception {
        Pool pool = Pool.of(3);
        CyclicBarrier barrier = new CyclicBarrier(3);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        // Passes the barrier only if three threads are in tasks at the same time.
        pool.run(3, i -> {
            seen.add(Thread.currentThread());
            await(barrier);
        });
        assertEquals(3, seen.size());
        assertTrue(seen.contains(Thread.currentThread()));
        seen.remove(Thread.currentThread());
        assertTrue(seen.stream()
                .allMatch(thread -> thread.isDaemon() && thread.getName().startsWith("lamina-")));
        pool.close();
        for (Thread thread : seen) {
            thread.join(10_000);
            assertFalse(thread.isAlive());
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void manyCallersAtOnce() throws Exception {
        Pool pool = Pool.of(3);
        List<Throwable> failures = new ArrayList<>();
        List<Thread> callers = new ArrayList<>();
        for (int c = 0; c < 8; c++) {
            Thread caller = new Thread(() -> callOften(pool));
            caller.setUncaughtExceptionHandler((thread, e) -> {
                synchronized (failures) {
                    failures.add(e);
                }
            });
            callers.add(caller);
            caller.start();
        }
        for (Thread caller : callers) {
            caller.join();
        }
        assertEquals(List.of(), failures);
        pool.close();
    }

    private static void callOften(Pool pool) {
        AtomicIntegerArray runs = new AtomicIntegerArray(9);
        for (int round = 1; round <= 10_000; round++) {
            int tasks = round % 9 + 1;
            pool.run(tasks, runs::incrementAndGet);
            for (int i = 0; i < tasks; i++) {
                if (runs.get(i) != 1) {
                    throw new AssertionError("round " + round + " task " + i + " ran " + runs.get(i) + " times");
                }
                runs.set(i, 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void theExceptionOfTheLowestTaskIsThrownAfterAllTasks(int threads) {
        Pool pool = Pool.of(threads);
        for (int round = 0; round < 200; round++) {
            AtomicInteger runs = new AtomicInteger();
            IllegalStateException[] thrown = new IllegalStateException[20];
            IllegalStateException e = assertThrows(
                    IllegalStateException.class,
                    () -> pool.run(20, i -> {
                        runs.incrementAndGet();
                        if (i % 5 == 3) {
                            thrown[i] = new IllegalStateException("task " + i);
                            throw thrown[i];
                        }
                    }));
            assertSame(thrown[3], e);
            assertEquals(20, runs.get());
            pool.run(20, i -> runs.incrementAndGet());
            assertEquals(40, runs.get());
        }
        assertThrows(StackOverflowError.class, () -> pool.run(3, PoolTest::overflow));
        pool.close();
    }

    private static void overflow(int task) {
        throw new StackOverflowError("task " + task);
    }

    @Test
    void nestedRunsStayOnTheirThread() {
        Pool pool = Pool.of(3);
        int[][] owners = new int[12][30];
        pool.run(12, i -> {
            Thread outer = Thread.currentThread();
            pool.run(30, j -> {
                assertSame(outer, Thread.currentThread());
                owners[i][j]++;
            });
        });
        int[] ones = new int[30];
        Arrays.fill(ones, 1);
        for (int[] row : owners) {
            assertArrayEquals(ones, row);
        }
        pool.close();
    }

    @Test
    void waitsForALongTaskAndKeepsTheInterrupt() {
        Pool pool = Pool.of(2);
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger done = new AtomicInteger();
        Thread caller = Thread.currentThread();
        pool.run(2, i -> {
            await(both);
            if (!Thread.currentThread().equals(caller)) {
                // The caller is parked by now; neither an interrupt nor a stray unpark may end its wait.
                LockSupport.parkNanos(20_000_000);
                caller.interrupt();
                LockSupport.unpark(caller);
                LockSupport.parkNanos(20_000_000);
            }
            done.incrementAndGet();
        });
        assertEquals(2, done.get());
        assertTrue(Thread.interrupted());
        pool.close();
    }

    @Test
    void aClosedPoolRunsOnTheCaller() {
        Pool pool = Pool.of(4);
        pool.run(4, i -> {});
        pool.close();
        pool.close();
        Thread caller = Thread.currentThread();
        AtomicInteger runs = new AtomicInteger();
        pool.run(10, i -> {
            assertSame(caller, Thread.currentThread());
            runs.incrementAndGet();
        });
        assertEquals(10, runs.get());
    }

    @Test
    void theThreadsOfAnUnreachablePoolEnd() throws Exception {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        WeakReference<Pool> pool = new WeakReference<>(useAndForget(workers));
        for (int i = 0; i < 100 && (pool.get() != null || workers.stream().anyMatch(Thread::isAlive)); i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertFalse(workers.isEmpty());
        assertTrue(workers.stream().noneMatch(Thread::isAlive));
    }

    private static Pool useAndForget(Set<Thread> workers) {
        Pool pool = Pool.of(3);
        CyclicBarrier barrier = new CyclicBarrier(3);
        pool.run(3, i -> {
            if (Thread.currentThread().getName().startsWith("lamina-")) {
                workers.add(Thread.currentThread());
            }
            await(barrier);
        });
        return pool;
    }

    @Test
    void aRunAllocatesNothing() {
        Pool pool = Pool.of(2);
        long[] sums = new long[64];
        Pool.Task task = i -> sums[i] += i;
        long least = Allocation.least(20, () -> {
            for (int i = 0; i < 1000; i++) {
                pool.run(64, task);
            }
        });
        assertEquals(0, least);
        pool.close();
    }

    @Test
    void sizesAreChecked() {
        String message =
                assertThrows(IllegalArgumentException.class, () -> Pool.of(0)).getMessage();
        assertEquals("threads: expected 1 to 1024, got 0; use the number of processors", message);
        assertTrue(Pool.shared().threads() >= 1);
        Pool.shared().close();
        AtomicInteger runs = new AtomicInteger();
        Pool.shared().run(5, i -> runs.incrementAndGet());
        assertEquals(5, runs.get());
    }
}
