package dev.lamina.cpu.rows;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Scatter;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import org.jspecify.annotations.Nullable;

/** The door to kernels on rows in machine code. Each gives null for what plain Java has to do. */
public final class RowKernels {
    /** Bytes of a result from which on it is written past the caches. */
    static final long LARGE = 32 << 20;

    static final int LINE = 64;

    private RowKernels() {}

    /** Rows by index. */
    public static @Nullable Kernel prepare(Task.Gather task, Isa isa, Pool pool, CodeBatch batch) {
        boolean dense = task.data().strides()[1] == 1 || task.data().dims()[1] <= 1;
        boolean empty = task.out().dims()[0] == 0 || task.out().dims()[1] == 0;
        return isa.vectorBits() == 0 || !dense || empty ? null : new GatherRows(task, isa, pool, batch);
    }

    /** Sums of rows by index; other changes by index stay with plain Java. */
    public static @Nullable Kernel prepare(Task.Scattering task, Isa isa, Pool pool, CodeBatch batch) {
        boolean adds = task.kind() == Scatter.Kind.ADD && task.out().dtype() != DType.BOOL;
        long step = task.base().strides()[1];
        boolean dense = task.updates().strides()[1] == 1 && (step == 1 || step == 0);
        boolean empty = task.out().dims()[0] == 0 || task.out().dims()[1] == 0;
        return isa.vectorBits() == 0 || !adds || !dense || empty ? null : new AddRows(task, isa, pool, batch);
    }

    /** Running sums of floats along rows, or down neighbouring columns. */
    public static @Nullable Kernel prepare(Task.Scanning task, Isa isa, Pool pool, CodeBatch batch) {
        boolean empty = false;
        for (int dim : task.in().dims()) {
            empty |= dim == 0;
        }
        return isa.vectorBits() == 0 || empty || !task.in().dtype().isFloat()
                ? null
                : RunningSums.of(task, isa, pool, batch);
    }
}
