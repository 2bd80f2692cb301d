package dev.lamina.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.NaiveLoop;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows and the columns of what they read and write, block by block, on buffers at guard pages: as one loop after the other. */
class BandTest {
    private static final Elementwise MUL = Elementwise.MUL;

    private static Task.Access access(int buffer, long offset, int[] dims, long... strides) {
        return new Task.Access(buffer, DType.F32, offset, dims, strides);
    }

    private static Task.Value apply(Elementwise op, int a, int b) {
        return new Task.Apply(op, DType.F32, a, b, -1);
    }

    private static Task.Value fold(Reduce.Kind kind, int a) {
        return new Task.Fold(kind, DType.F32, a);
    }

    /** b2 (R, W) = b0 * rsqrt(sum b0^2) * b1, b3 (R) = sum b0^2: b0 and b1 are (R, W). */
    private static Task.Loop rows(int rows, int width) {
        int[] dims = {rows, width};
        return new Task.Loop(
                dims,
                1,
                List.of(
                        new Task.Load(access(0, 0, dims, width, 1)),
                        apply(MUL, 0, 0),
                        fold(Reduce.Kind.SUM, 1),
                        apply(Elementwise.SQRT, 2, -1),
                        apply(Elementwise.DIV, 0, 3),
                        new Task.Load(access(1, 0, dims, width, 1)),
                        apply(MUL, 4, 5)),
                List.of(new Task.Store(6, access(2, 0, dims, width, 1)), new Task.Store(2, access(3, 0, dims, 1, 0))));
    }

    /** b4 (W) = sum of b0 * b1 / sqrt(b3), b5 (W) = max of b1; then the row of b2 that is shifted, for b6 (W) = sum of b2. */
    private static List<Task.Loop> columns(int rows, int width, int shift) {
        int[] dims = {width, rows};
        Task.Loop first = new Task.Loop(
                dims,
                1,
                List.of(
                        new Task.Load(access(0, 0, dims, 1, width)),
                        new Task.Load(access(1, 0, dims, 1, width)),
                        new Task.Load(access(3, 0, dims, 0, 1)),
                        apply(Elementwise.SQRT, 2, -1),
                        apply(MUL, 0, 1),
                        apply(Elementwise.DIV, 4, 3),
                        fold(Reduce.Kind.SUM, 5),
                        fold(Reduce.Kind.MAX, 1)),
                List.of(new Task.Store(6, access(4, 0, dims, 1, 0)), new Task.Store(7, access(5, 0, dims, 1, 0))));
        Task.Loop second = new Task.Loop(
                dims,
                1,
                List.of(new Task.Load(access(2, (long) shift * width, dims, 1, width)), fold(Reduce.Kind.SUM, 0)),
                List.of(new Task.Store(1, access(6, 0, dims, 1, 0))));
        return List.of(first, second);
    }

    private static MemorySegment[] memory(int rows, int width, boolean ends) {
        long all = (long) rows * width;
        long[] sizes = {all, all, all, rows, width, width, width};
        MemorySegment[] memory = new MemorySegment[sizes.length];
        Random random = new Random(rows * 31L + width);
        for (int i = 0; i < sizes.length; i++) {
            GuardedMemory own = ends
                    ? GuardedMemory.endingAtGuard(sizes[i] * Float.BYTES)
                    : GuardedMemory.beginningAtGuard(sizes[i] * Float.BYTES);
            memory[i] = own.segment();
            for (long j = 0; j < sizes[i]; j++) {
                memory[i].setAtIndex(ValueLayout.JAVA_FLOAT, j, random.nextFloat() - 0.25f);
            }
        }
        return memory;
    }

    private static Kernel kernel(Task.Band band, int bits, Pool pool) throws Exception {
        CodeBatch batch = new CodeBatch();
        Kernel kernel = LoopKernels.prepare(band, new Isa(bits, false, false), pool, batch);
        assertNotNull(kernel, band.toString());
        batch.publish();
        return kernel;
    }

    @Test
    void isAsOneAfterTheOther() throws Exception {
        for (int[] dims : new int[][] {{1030, 207}, {3001, 65}, {65, 4096}, {641, 333}}) {
            int rows = dims[0];
            int width = dims[1];
            Task.Band band = new Task.Band(rows(rows, width), columns(rows, width, 0));
            MemorySegment[] expected = memory(rows, width, true);
            band.loops().forEach(loop -> NaiveLoop.run(loop, expected));
            for (int bits = 256; bits <= Isa.machine().vectorBits(); bits *= 2) {
                check(band, bits, expected, rows, width);
            }
        }
    }

    private static void check(Task.Band band, int bits, MemorySegment[] expected, int rows, int width)
            throws Exception {
        MemorySegment[] first = null;
        for (int threads : new int[] {1, 2, 3, 7}) {
            MemorySegment[] actual = memory(rows, width, threads % 2 == 0);
            Pool pool = Pool.of(threads);
            kernel(band, bits, pool).run(actual);
            pool.close();
            check(expected, actual, 2e-6f * rows, rows + "x" + width);
            first = first == null ? actual : first;
            for (int i = 2; i < actual.length; i++) {
                assertEquals(-1, first[i].mismatch(actual[i]), "bits of buffer " + i + " on " + threads + " threads");
            }
        }
    }

    private static void check(MemorySegment[] expected, MemorySegment[] actual, float tolerance, String what) {
        for (int i = 0; i < expected.length; i++) {
            for (long j = 0; j < expected[i].byteSize() / Float.BYTES; j++) {
                float e = expected[i].getAtIndex(ValueLayout.JAVA_FLOAT, j);
                float a = actual[i].getAtIndex(ValueLayout.JAVA_FLOAT, j);
                float allowed = i == 2 || i == 5 ? 1e-6f : tolerance;
                assertTrue(Math.abs(e - a) <= allowed, what + " buffer " + i + " at " + j + ": " + e + ", got " + a);
            }
        }
    }

    /** A block that reads a row which another block writes would depend on the order. */
    @Test
    void columnsOfOtherRowsWait() {
        int rows = 1030;
        int width = 512;
        assumeTrue(Isa.machine().vectorBits() > 0, "this machine has no vectors");
        Task.Loop shifted = columns(rows, width, 1).getLast();
        Task.Band band = new Task.Band(rows(rows, width), List.of(shifted));
        assertNull(LoopKernels.prepare(band, Isa.machine(), Pool.shared(), new CodeBatch()));
    }

    @Test
    void columnsThatReadResultsOfOthersWait() {
        int rows = 1030;
        int width = 512;
        assumeTrue(Isa.machine().vectorBits() > 0, "this machine has no vectors");
        List<Task.Loop> columns = columns(rows, width, 0);
        int[] dims = {width, rows};
        Task.Loop second = new Task.Loop(
                dims,
                1,
                List.of(
                        new Task.Load(access(0, 0, dims, 1, width)),
                        new Task.Load(access(4, 0, dims, 1, 0)),
                        apply(MUL, 0, 1),
                        fold(Reduce.Kind.SUM, 2)),
                List.of(new Task.Store(3, access(6, 0, dims, 1, 0))));
        Task.Band band = new Task.Band(rows(rows, width), List.of(columns.getFirst(), second));
        assertNull(LoopKernels.prepare(band, Isa.machine(), Pool.shared(), new CodeBatch()));
    }
}
