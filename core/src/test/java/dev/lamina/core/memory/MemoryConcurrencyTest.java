package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Many threads allocate, keep and drop buffers; nobody may see the bytes of another. */
class MemoryConcurrencyTest {

    private static final int THREADS = 8;
    private static final int STEPS = 3000;

    private final Memory memory = new Memory(64 << 20);

    @Test
    void threadsShareOneMemory() throws InterruptedException, ExecutionException {
        long seed = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                long own = seed + thread;
                runs.add(threads.submit(() -> churn(own)));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("seed " + seed + ": " + e.getCause().getMessage(), e.getCause());
        }
        assertTrue(memory.peak() <= memory.limit(), memory.toString());
    }

    private void churn(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemorySegment[] kept = new MemorySegment[8];
        for (int step = 0; step < STEPS; step++) {
            // Mostly small, sometimes up to 512 KB; all that is kept fits in the limit.
            int words = 1 + random.nextInt(1 << random.nextInt(17));
            MemorySegment fresh = memory.allocate(8L * words, "thread").segment();
            write(fresh, seed * STEPS + step);
            int slot = random.nextInt(kept.length);
            if (kept[slot] != null) {
                check(kept[slot]);
            }
            kept[slot] = fresh;
        }
    }

    private static void write(MemorySegment segment, long mark) {
        for (long i = 0; i < segment.byteSize(); i += 8) {
            segment.set(ValueLayout.JAVA_LONG, i, mark);
        }
    }

    private static void check(MemorySegment segment) {
        long mark = segment.get(ValueLayout.JAVA_LONG, 0);
        for (long i = 0; i < segment.byteSize(); i += 8) {
            assertEquals(mark, segment.get(ValueLayout.JAVA_LONG, i));
        }
    }
}
