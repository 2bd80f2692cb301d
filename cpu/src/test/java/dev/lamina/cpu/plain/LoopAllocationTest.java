package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A kernel that has run before allocates nothing. */
class LoopAllocationTest {
    private static final Pool POOL = Pool.of(2);

    private static Task.Access access(int buffer, DType dtype, int[] dims, long... strides) {
        return new Task.Access(buffer, dtype, 0, dims, strides);
    }

    private static void check(Task task, MemorySegment... buffers) {
        Kernel kernel = PlainKernels.prepare(task, POOL);
        assertEquals(0, Allocation.least(50, () -> kernel.run(buffers)), task.toString());
    }

    private static MemorySegment bytes(long size) {
        return Arena.ofAuto().allocate(size, 64);
    }

    @Test
    void softmax() {
        int[] dims = {300, 200};
        check(
                new Task.Loop(
                        dims,
                        1,
                        List.of(
                                new Task.Load(access(0, DType.F32, dims, 200, 1)),
                                new Task.Fold(Reduce.Kind.MAX, DType.F32, 0),
                                new Task.Apply(Elementwise.SUB, DType.F32, 0, 1, -1),
                                new Task.Apply(Elementwise.EXP, DType.F32, 2, -1, -1),
                                new Task.Fold(Reduce.Kind.SUM, DType.F32, 3),
                                new Task.Apply(Elementwise.DIV, DType.F32, 3, 4, -1)),
                        List.of(new Task.Store(5, access(1, DType.F32, dims, 200, 1)))),
                bytes(240_000),
                bytes(240_000));
    }

    @Test
    void manyDtypes() {
        int[] dims = {70, 100};
        check(
                new Task.Loop(
                        dims,
                        0,
                        List.of(
                                new Task.Load(access(0, DType.BF16, dims, 1, 70)),
                                new Task.Apply(Elementwise.CAST, DType.F16, 0, -1, -1),
                                new Task.Constant(2, DType.F16),
                                new Task.Apply(Elementwise.MUL, DType.F16, 1, 2, -1),
                                new Task.Apply(Elementwise.LT, DType.BOOL, 1, 3, -1),
                                new Task.Apply(Elementwise.WHERE, DType.F16, 4, 1, 3),
                                new Task.Apply(Elementwise.CAST, DType.I64, 5, -1, -1),
                                new Task.Position(0, new long[] {100, 1}),
                                new Task.Apply(Elementwise.ADD, DType.I64, 6, 7, -1),
                                new Task.Uniform(
                                        access(2, DType.I64, dims, 0, 0), 7, DType.F32, 0, new long[] {100, 1})),
                        List.of(
                                new Task.Store(8, access(1, DType.I64, dims, 100, 1)),
                                new Task.Store(9, access(3, DType.F32, dims, 100, 1)))),
                bytes(14_000),
                bytes(56_000),
                bytes(8),
                bytes(28_000));
    }

    @Test
    void sumInBlocks() {
        int[] dims = {1_000_000};
        check(
                new Task.Loop(
                        dims,
                        1,
                        List.of(
                                new Task.Load(access(0, DType.F32, dims, 1)),
                                new Task.Fold(Reduce.Kind.SUM, DType.F32, 0)),
                        List.of(new Task.Store(1, access(1, DType.F32, dims, 0)))),
                bytes(4_000_000),
                bytes(4));
    }

    @Test
    void rowsByIndex() {
        int[] table = {1000, 64};
        int[] index = {2000};
        int[] taken = {2000, 64};
        Task.Access rows = access(0, DType.F32, table, 64, 1);
        Task.Access at = access(1, DType.I64, index, 1);
        MemorySegment[] buffers = {bytes(256_000), bytes(16_000), bytes(512_000), bytes(256_000)};
        check(new Task.Gather(rows, at, access(2, DType.F32, taken, 64, 1)), buffers);
        check(
                new Task.Scattering(
                        Scatter.Kind.ADD,
                        rows,
                        at,
                        access(2, DType.F32, taken, 64, 1),
                        access(3, DType.F32, table, 64, 1)),
                buffers);
    }

    @Test
    void sortAndScan() {
        int[] dims = {50, 300};
        Task.Access in = access(0, DType.F32, dims, 300, 1);
        check(new Task.Sorting(true, in, access(1, DType.I64, dims, 300, 1)), bytes(60_000), bytes(120_000));
        check(new Task.Scanning(false, in, access(1, DType.F32, dims, 300, 1)), bytes(60_000), bytes(60_000));
    }

    @Test
    void product() {
        check(
                new Task.MatMul(
                        access(0, DType.F32, new int[] {64, 128}, 128, 1),
                        access(1, DType.F32, new int[] {128, 96}, 96, 1),
                        access(2, DType.F32, new int[] {64, 96}, 96, 1),
                        DType.F32),
                bytes(64 * 128 * 4),
                bytes(128 * 96 * 4),
                bytes(64 * 96 * 4));
    }
}
