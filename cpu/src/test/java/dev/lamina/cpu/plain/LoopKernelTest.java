package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Random fused loops against {@link NaiveLoop}, and the same bits for any number of threads. */
class LoopKernelTest {
    private static final int ROUNDS = Integer.getInteger("lamina.rounds", 600);

    @Test
    void randomLoopsAgreeWithScalarCode() {
        Pool pool = Pool.of(2);
        for (long seed = 0; seed < ROUNDS; seed++) {
            RandomLoop random = new RandomLoop(seed);
            Task.Loop loop = random.loop();
            MemorySegment[] expected = copy(random.buffers());
            MemorySegment[] actual = copy(random.buffers());
            try {
                NaiveLoop.run(loop, expected);
                LoopCompiler.compile(loop, pool).run(actual);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + loop, e);
            }
            for (Task.Store store : loop.stores()) {
                compare("seed " + seed + ": " + loop, store.access(), expected, actual);
            }
        }
        pool.close();
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        Pool[] pools = {Pool.of(1), Pool.of(2), Pool.of(7)};
        for (long seed = 0; seed < ROUNDS / 3; seed++) {
            RandomLoop random = new RandomLoop(seed);
            MemorySegment[] first = copy(random.buffers());
            LoopCompiler.compile(random.loop(), pools[0]).run(first);
            for (Pool pool : pools) {
                MemorySegment[] other = copy(random.buffers());
                LoopCompiler.compile(random.loop(), pool).run(other);
                for (int i = 0; i < first.length; i++) {
                    assertEquals(-1, first[i].mismatch(other[i]), "seed " + seed + ", " + pool.threads() + " threads");
                }
            }
        }
        Arrays.stream(pools).forEach(Pool::close);
    }

    @Test
    void oneKernelServesManyThreads() throws InterruptedException {
        Pool pool = Pool.of(2);
        for (long seed = 0; seed < 30; seed++) {
            RandomLoop random = new RandomLoop(seed);
            Kernel kernel = LoopCompiler.compile(random.loop(), pool);
            MemorySegment[] expected = copy(random.buffers());
            kernel.run(expected);
            MemorySegment[][] results = new MemorySegment[4][];
            Thread[] threads = new Thread[results.length];
            for (int t = 0; t < threads.length; t++) {
                MemorySegment[] own = copy(random.buffers());
                results[t] = own;
                threads[t] = Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 5; i++) {
                        kernel.run(own);
                    }
                });
            }
            for (int t = 0; t < threads.length; t++) {
                threads[t].join();
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(-1, expected[i].mismatch(results[t][i]), "seed " + seed + ", buffer " + i);
                }
            }
        }
        pool.close();
    }

    static MemorySegment[] copy(MemorySegment[] buffers) {
        return Arrays.stream(buffers)
                .map(buffer -> Arena.ofAuto().allocate(buffer.byteSize(), 8).copyFrom(buffer))
                .toArray(MemorySegment[]::new);
    }

    static void compare(String message, Task.Access access, MemorySegment[] expected, MemorySegment[] actual) {
        MemorySegment a = expected[access.buffer()];
        MemorySegment b = actual[access.buffer()];
        for (long i = 0; i < a.byteSize() / access.dtype().bytes(); i++) {
            double x = Elements.get(a, access.dtype(), i);
            double y = Elements.get(b, access.dtype(), i);
            // -0.0 equals 0.0: a maximum of both may be either.
            if (x != y && !(Double.isNaN(x) && Double.isNaN(y))) {
                fail(message + "\nelement " + i + " of " + access + ": expected " + x + ", got " + y);
            }
        }
    }
}
