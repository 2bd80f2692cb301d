package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** Batched matrix products by {@link JavaGemm}; batch axes may have any strides. */
final class MatMulKernel implements Kernel {
    private final Task.MatMul task;
    private final JavaGemm gemm;
    private final Pool pool;

    MatMulKernel(Task.MatMul task, Pool pool) {
        this.task = task;
        this.pool = pool;
        long[] a = task.a().strides();
        long[] b = task.b().strides();
        long[] c = task.out().strides();
        int rank = c.length;
        int[] dims = task.out().dims();
        GemmShape shape = new GemmShape(
                task.out().dtype(),
                dims[rank - 2],
                dims[rank - 1],
                task.a().dims()[rank - 1],
                a[rank - 2],
                a[rank - 1],
                b[rank - 2],
                b[rank - 1],
                c[rank - 2],
                c[rank - 1]);
        gemm = JavaGemm.of(
                shape, task.a().matrices(), task.b().matrices(), task.out().matrices());
    }

    @Override
    public void run(MemorySegment[] buffers) {
        if (task.a().dims()[task.a().dims().length - 1] == 0) {
            long bytes = task.out().dtype().bytes();
            long[] range = task.out().range();
            buffers[task.out().buffer()]
                    .asSlice(range[0] * bytes, (range[1] - range[0] + 1) * bytes)
                    .fill((byte) 0);
            return;
        }
        gemm.run(
                pool,
                buffers[task.a().buffer()],
                task.a().offset(),
                buffers[task.b().buffer()],
                task.b().offset(),
                buffers[task.out().buffer()],
                task.out().offset());
    }
}
