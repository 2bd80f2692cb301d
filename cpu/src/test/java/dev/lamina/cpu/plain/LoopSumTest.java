package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Long sums of f32 stay accurate, along rows and down columns, and do not depend on the number of threads. */
class LoopSumTest {
    @Test
    void allElements() {
        sums(new int[] {3_000_001}, 1, new long[] {1}, new long[] {0}, 1);
    }

    @Test
    void longRows() {
        sums(new int[] {5, 300_007}, 1, new long[] {300_007, 1}, new long[] {1, 0}, 5);
    }

    @Test
    void shortRows() {
        sums(new int[] {5000, 200}, 1, new long[] {200, 1}, new long[] {1, 0}, 5000);
    }

    @Test
    void columns() {
        sums(new int[] {700, 1500}, 1, new long[] {1, 700}, new long[] {1, 0}, 700);
    }

    @Test
    void fewColumns() {
        sums(new int[] {3, 400_000}, 1, new long[] {1, 3}, new long[] {1, 0}, 3);
    }

    @Test
    void middleAxis() {
        sums(new int[] {40, 50, 500}, 1, new long[] {25_000, 1, 50}, new long[] {50, 1, 0}, 2000);
    }

    private static void sums(int[] dims, int reduced, long[] strides, long[] outStrides, int results) {
        long size = 1;
        for (int extent : dims) {
            size *= extent;
        }
        Random random = new Random(size);
        MemorySegment in = Arena.ofAuto().allocate(size * 4, 64);
        for (long i = 0; i < size; i++) {
            in.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
        }
        Task.Loop loop = new Task.Loop(
                dims,
                reduced,
                List.of(
                        new Task.Load(new Task.Access(0, DType.F32, 0, dims, strides)),
                        new Task.Fold(Reduce.Kind.SUM, DType.F32, 0)),
                List.of(new Task.Store(1, new Task.Access(1, DType.F32, 0, dims, outStrides))));
        MemorySegment expected = Arena.ofAuto().allocate(results * 4L, 64);
        NaiveLoop.run(loop, new MemorySegment[] {in, expected});
        MemorySegment first = run(loop, in, results, 1);
        for (int i = 0; i < results; i++) {
            float sum = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            assertEquals(sum, first.getAtIndex(ValueLayout.JAVA_FLOAT, i), 2e-7 * sum, "sum " + i);
        }
        assertEquals(-1, first.mismatch(run(loop, in, results, 2)));
        assertEquals(-1, first.mismatch(run(loop, in, results, 7)));
    }

    private static MemorySegment run(Task.Loop loop, MemorySegment in, int results, int threads) {
        Pool pool = Pool.of(threads);
        MemorySegment out = Arena.ofAuto().allocate(results * 4L, 64);
        LoopCompiler.compile(loop, pool).run(new MemorySegment[] {in, out});
        pool.close();
        return out;
    }
}
