package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.rows.Groups;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A copy of rows with some of them changed by index. Updates are grouped by row first; then each row of the result is written
 * once. Sums of floats are taken in double, in the order of the updates, and rounded at the end.
 */
final class ScatterKernel implements Kernel {
    /** Columns of a part. */
    private static final int COLUMNS = 256;

    /** Elements that a part writes. */
    private static final int PART = 1 << 14;

    private static final int[] TWO = {COLUMNS, COLUMNS};
    private static final Workspace.Needs NEEDS = new Workspace.Needs(TWO, TWO, TWO, TWO, 0);

    private final Task.Scattering task;
    private final Pool pool;
    private final int rows;
    private final int width;
    private final int chunks;
    private final int rowsPerPart;
    private final DType dtype;
    private final Register sum;
    private final Register update;
    private final Step finish;
    private final FreeList<Run> runs;

    ScatterKernel(Task.Scattering task, Pool pool) {
        this.task = task;
        this.pool = pool;
        rows = task.out().dims()[0];
        width = task.out().dims()[1];
        chunks = Math.ceilDiv(width, COLUMNS);
        rowsPerPart = Math.max(1, PART / Math.max(1, Math.min(width, COLUMNS)));
        dtype = task.out().dtype();
        sum = register(0);
        update = register(1);
        Register wide = new Register(Kind.DOUBLE, Level.ROW);
        wide.place(0);
        finish = sum.kind == Kind.FLOAT
                ? Casts.step(wide, sum, dtype)
                : Casts.needsFitting(dtype) ? Casts.fit(sum, dtype) : w -> {};
        int count = task.index().dims()[0];
        runs = new FreeList<>(() -> new Run(new Groups(rows, count)));
    }

    private Register register(int index) {
        Register register = new Register(Kind.of(dtype), Level.ROW);
        register.place(index);
        return register;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        try {
            run.groups.sort(task.index(), buffers[task.index().buffer()]);
            run.inPlace = isInPlace(buffers);
            if (!run.inPlace) {
                run.groups.fill();
            }
            Job.run(run, Math.ceilDiv(run.rows(), rowsPerPart) * chunks, pool, buffers);
        } finally {
            runs.give(run);
        }
    }

    private final class Run implements Job.Parts {
        private final Groups groups;

        /** Then rows without updates stay as they are. */
        private boolean inPlace;

        Run(Groups groups) {
            this.groups = groups;
        }

        /** Number of rows that are written. */
        private int rows() {
            return inPlace ? groups.count() : rows;
        }

        @Override
        public void part(int part, Job job) {
            int column = part % chunks * COLUMNS;
            int last = Math.min(rows(), (part / chunks + 1) * rowsPerPart);
            Workspace w = Workspace.take(job.buffers());
            try {
                w.prepare(NEEDS);
                w.rows = Math.min(COLUMNS, width - column);
                for (int i = part / chunks * rowsPerPart; i < last; i++) {
                    write(w, groups, inPlace ? groups.row(i) : i, column);
                }
            } finally {
                w.give();
            }
        }
    }

    private void write(Workspace w, Groups groups, int row, int column) {
        int from = groups.from(row);
        int to = groups.to(row);
        switch (task.kind()) {
            case SET -> {
                if (from == to) {
                    copy(w, task.base(), row, row, column);
                } else {
                    copy(w, task.updates(), groups.update(to - 1), row, column);
                }
            }
            case ADD -> {
                if (from == to && task.base().strides()[1] == 1) {
                    copy(w, task.base(), row, row, column);
                } else if (from == to) {
                    load(w, task.base(), row, column, sum);
                    store(w, row, column);
                } else {
                    load(w, task.base(), row, column, sum);
                    widen(w);
                    for (int i = from; i < to; i++) {
                        load(w, task.updates(), groups.update(i), column, update);
                        add(w);
                    }
                    finish.run(w);
                    store(w, row, column);
                }
            }
        }
    }

    /** Whether the base is what is written, as in the update of a variable. */
    private boolean isInPlace(MemorySegment[] buffers) {
        Task.Access base = task.base();
        Task.Access out = task.out();
        return base.offset() == out.offset()
                && Arrays.equals(base.strides(), out.strides())
                && buffers[base.buffer()].address() == buffers[out.buffer()].address();
    }

    private void copy(Workspace w, Task.Access from, int source, int row, int column) {
        long first = place(from, source, column);
        MemorySegment to = w.buffers[task.out().buffer()];
        RowCopy.copy(
                w.buffers[from.buffer()],
                first,
                from.strides()[1],
                to,
                place(task.out(), row, column),
                w.rows,
                dtype.bytes());
    }

    private static long place(Task.Access access, int row, int column) {
        return access.offset() + row * access.strides()[0] + column * access.strides()[1];
    }

    private void load(Workspace w, Task.Access access, int row, int column, Register to) {
        MemorySegment from = w.buffers[access.buffer()];
        long first = place(access, row, column);
        long stride = access.strides()[1];
        switch (to.kind) {
            case FLOAT -> Spans.load(from, dtype, first, stride, to.floats(w), 0, w.rows, w);
            case DOUBLE -> Spans.load(from, first, stride, to.doubles(w), 0, w.rows);
            case INT -> Spans.load(from, dtype, first, stride, to.ints(w), 0, w.rows, w);
            case LONG -> Spans.load(from, first, stride, to.longs(w), 0, w.rows);
        }
    }

    private void widen(Workspace w) {
        if (sum.kind == Kind.FLOAT) {
            Arrays.fill(w.doubles[0], 0, w.rows, 0);
            FoldLoops.sumAcross(sum.floats(w), w.doubles[0], w.rows);
        }
    }

    private void add(Workspace w) {
        switch (sum.kind) {
            case FLOAT -> FoldLoops.sumAcross(update.floats(w), w.doubles[0], w.rows);
            case DOUBLE -> DoubleOps.add(sum.doubles(w), update.doubles(w), sum.doubles(w), w.rows);
            case INT -> IntOps.add(sum.ints(w), update.ints(w), sum.ints(w), w.rows);
            case LONG -> LongOps.add(sum.longs(w), update.longs(w), sum.longs(w), w.rows);
        }
    }

    private void store(Workspace w, int row, int column) {
        MemorySegment to = w.buffers[task.out().buffer()];
        long first = place(task.out(), row, column);
        switch (sum.kind) {
            case FLOAT -> Spans.store(to, dtype, first, 1, sum.floats(w), 0, w.rows, w);
            case DOUBLE -> Spans.store(to, first, 1, sum.doubles(w), 0, w.rows);
            case INT -> Spans.store(to, dtype, first, 1, sum.ints(w), 0, w.rows, w);
            case LONG -> Spans.store(to, first, 1, sum.longs(w), 0, w.rows);
        }
    }
}
