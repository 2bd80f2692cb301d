package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Products of rounded operands: rounded copies of both are made first. */
final class RoundedMatMul implements Kernel {
    private static final int A = 0;
    private static final int B = 1;
    private static final int OUT = 2;
    private static final int COPIES = 3;

    private final Task.MatMul task;
    private final Kernel[] steps;

    /** The segments of a run: operands, result, rounded operands. */
    private final FreeList<MemorySegment[]> free;

    RoundedMatMul(Task.MatMul task, Pool pool) {
        this.task = task;
        Task.Access a = copy(task.a(), COPIES + A);
        Task.Access b = copy(task.b(), COPIES + B);
        Task.MatMul plain = new Task.MatMul(a, b, task.out().at(OUT), task.out().dtype());
        steps = new Kernel[] {
            LoopCompiler.compile(rounding(task.a().at(A), a, task), pool),
            LoopCompiler.compile(rounding(task.b().at(B), b, task), pool),
            new MatMulKernel(plain, pool)
        };
        free = new FreeList<>(() ->
                new MemorySegment[] {MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, memory(a), memory(b)});
    }

    /** A window of its own for each element; what the operand repeats is not copied again. */
    private static Task.Access copy(Task.Access from, int buffer) {
        long[] strides = new long[from.dims().length];
        long size = 1;
        for (int d = strides.length - 1; d >= 0; d--) {
            if (from.strides()[d] != 0 && from.dims()[d] > 1) {
                strides[d] = size;
                size *= from.dims()[d];
            }
        }
        return new Task.Access(buffer, from.dtype(), 0, from.dims(), strides);
    }

    private static MemorySegment memory(Task.Access access) {
        return Arena.ofAuto().allocate((access.range()[1] + 1) * access.dtype().bytes(), Long.BYTES);
    }

    private static Task.Loop rounding(Task.Access from, Task.Access to, Task.MatMul task) {
        int[] dims = from.dims().clone();
        for (int d = 0; d < dims.length; d++) {
            dims[d] = from.strides()[d] == 0 ? Math.min(dims[d], 1) : dims[d];
        }
        List<Task.Value> values = List.of(
                new Task.Load(new Task.Access(from.buffer(), from.dtype(), from.offset(), dims, from.strides())),
                new Task.Apply(Elementwise.CAST, task.rounded(), 0, -1, -1),
                new Task.Apply(Elementwise.CAST, to.dtype(), 1, -1, -1));
        Task.Access copy = new Task.Access(to.buffer(), to.dtype(), 0, dims, to.strides());
        return new Task.Loop(dims, 0, values, List.of(new Task.Store(2, copy)));
    }

    @Override
    public void run(MemorySegment[] buffers) {
        MemorySegment[] mine = free.take();
        try {
            mine[A] = buffers[task.a().buffer()];
            mine[B] = buffers[task.b().buffer()];
            mine[OUT] = buffers[task.out().buffer()];
            for (Kernel step : steps) {
                step.run(mine);
            }
        } finally {
            mine[A] = MemorySegment.NULL;
            mine[B] = MemorySegment.NULL;
            mine[OUT] = MemorySegment.NULL;
            free.give(mine);
        }
    }
}
