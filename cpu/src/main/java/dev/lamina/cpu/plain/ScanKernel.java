package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** Running sums along rows, from the first element on or from the last. Sums of floats run in double. */
final class ScanKernel implements Kernel {
    /** Elements of a part. */
    private static final int PART = 1 << 14;

    private final Task.Scanning task;
    private final Pool pool;
    private final Rows rows;
    private final int rowsPerPart;
    private final Job.Parts parts = this::part;

    ScanKernel(Task.Scanning task, Pool pool) {
        this.task = task;
        this.pool = pool;
        rows = new Rows(task.in().dims());
        rowsPerPart = Math.max(1, PART / Math.max(1, rows.length()));
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Job.run(parts, Math.ceilDiv(rows.count(), rowsPerPart), pool, buffers);
    }

    private void part(int part, Job job) {
        MemorySegment from = job.buffers()[task.in().buffer()];
        MemorySegment to = job.buffers()[task.out().buffer()];
        int last = Math.min(rows.count(), (part + 1) * rowsPerPart);
        for (int row = part * rowsPerPart; row < last; row++) {
            if (task.in().dtype().isFloat()) {
                scanFloats(row, from, to);
            } else {
                scanLongs(row, from, to);
            }
        }
    }

    private void scanFloats(int row, MemorySegment from, MemorySegment to) {
        DType dtype = task.in().dtype();
        long step = task.reversed() ? -1 : 1;
        long start = task.reversed() ? rows.length() - 1 : 0;
        long inStride = rows.stride(task.in());
        long outStride = rows.stride(task.out());
        long in = rows.place(task.in(), row) + start * inStride;
        long out = rows.place(task.out(), row) + start * outStride;
        double sum = 0;
        for (int i = 0; i < rows.length(); i++) {
            sum += Elements.get(from, dtype, in + i * step * inStride);
            Elements.set(to, dtype, out + i * step * outStride, sum);
        }
    }

    private void scanLongs(int row, MemorySegment from, MemorySegment to) {
        DType dtype = task.in().dtype();
        long step = task.reversed() ? -1 : 1;
        long start = task.reversed() ? rows.length() - 1 : 0;
        long inStride = rows.stride(task.in());
        long outStride = rows.stride(task.out());
        long in = rows.place(task.in(), row) + start * inStride;
        long out = rows.place(task.out(), row) + start * outStride;
        long sum = 0;
        for (int i = 0; i < rows.length(); i++) {
            sum += Elements.getLong(from, dtype, in + i * step * inStride);
            Elements.setLong(to, dtype, out + i * step * outStride, sum);
        }
    }
}
