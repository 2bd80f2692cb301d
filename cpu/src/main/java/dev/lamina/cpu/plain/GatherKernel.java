package dev.lamina.cpu.plain;

import dev.lamina.core.backend.IndexErrors;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** Copies rows by index. */
final class GatherKernel implements Kernel, Job.Parts {
    /** Bytes that a part writes. */
    private static final int PART = 1 << 16;

    private final Task.Gather task;
    private final Pool pool;
    private final int rows;
    private final int width;
    private final int count;
    private final int rowsPerPart;

    GatherKernel(Task.Gather task, Pool pool) {
        this.task = task;
        this.pool = pool;
        rows = task.data().dims()[0];
        width = task.data().dims()[1];
        count = task.index().dims()[0];
        // An index costs about as much as 16 bytes.
        long rowBytes = (long) width * task.data().dtype().bytes() + 16;
        rowsPerPart = (int) Math.max(1, PART / rowBytes);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Job.run(this, Math.ceilDiv(count, rowsPerPart), pool, buffers);
    }

    @Override
    public void part(int part, Job job) {
        Task.Access data = task.data();
        Task.Access index = task.index();
        MemorySegment from = job.buffers()[data.buffer()];
        MemorySegment indices = job.buffers()[index.buffer()];
        MemorySegment to = job.buffers()[task.out().buffer()];
        int bytes = data.dtype().bytes();
        int last = Math.min(count, (part + 1) * rowsPerPart);
        for (int i = part * rowsPerPart; i < last; i++) {
            long row = Elements.getLong(indices, index.dtype(), index.offset() + i * index.strides()[0]);
            if (row < 0 || row >= rows) {
                throw IndexErrors.outOfRange(task.name(), row, i, rows);
            }
            long first = data.offset() + row * data.strides()[0];
            RowCopy.copy(from, first, data.strides()[1], to, task.out().offset() + (long) i * width, width, bytes);
        }
    }
}
