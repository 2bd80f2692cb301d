package dev.lamina.cpu.rows;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Adds rows to the rows that an index names: the gradient of an embedding. Updates are grouped by row first; then each row of the
 * result is written once, by one thread. Sums of floats are taken in double, in the order of the updates, and rounded at the end.
 */
final class AddRows implements Kernel {
    /** Columns of a part: a row with many updates is the work of several. */
    private static final int COLUMNS = 512;

    /** Bytes that a part writes. */
    private static final int PART = 1 << 16;

    /** Updates between a prefetch and its use: rows lie anywhere, so the processor cannot guess the next one. */
    private static final int AHEAD = 8;

    private static final int TABLE = 5 * 8;

    private final Task.Scattering task;
    private final Pool pool;
    private final Entry entry;
    private final int rows;
    private final int chunks;
    private final int rowsPerPart;
    private final FreeList<Run> runs;

    AddRows(Task.Scattering task, Isa isa, Pool pool, CodeBatch batch) {
        this.task = task;
        this.pool = pool;
        rows = task.out().dims()[0];
        int width = task.out().dims()[1];
        chunks = Math.ceilDiv(width, COLUMNS);
        rowsPerPart = Math.max(
                1, PART / (Math.min(width, COLUMNS) * task.out().dtype().bytes() + 16));
        entry = batch.add("scatter", new Code(task, isa.vectorBits()).code.assemble());
        int count = task.index().dims()[0];
        runs = new FreeList<>(() -> new Run(count));
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        try {
            run.groups.sort(task.index(), buffers[task.index().buffer()]);
            run.bind(buffers);
            pool.run(Math.ceilDiv(run.rows(), rowsPerPart) * chunks, run);
        } finally {
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    private final class Run implements Pool.Task {
        private final Groups groups;
        private final MemorySegment table = Arena.ofAuto().allocate(TABLE, 64);

        Run(int count) {
            groups = new Groups(rows, count);
        }

        /** Whether the base is what is written, as in the update of a variable: rows without updates stay. */
        private boolean inPlace;

        private void bind(MemorySegment[] buffers) {
            table.setAtIndex(ValueLayout.JAVA_LONG, 0, task.base().address(buffers));
            table.setAtIndex(ValueLayout.JAVA_LONG, 1, task.updates().address(buffers));
            table.setAtIndex(ValueLayout.JAVA_LONG, 2, task.out().address(buffers));
            inPlace = table.getAtIndex(ValueLayout.JAVA_LONG, 0) == table.getAtIndex(ValueLayout.JAVA_LONG, 2)
                    && Arrays.equals(task.base().strides(), task.out().strides());
            table.setAtIndex(ValueLayout.JAVA_LONG, 3, groups.starts());
            table.setAtIndex(ValueLayout.JAVA_LONG, 4, groups.order());
            if (!inPlace) {
                groups.fill();
            }
        }

        /** Number of rows that are written. */
        private int rows() {
            return inPlace ? groups.count() : rows;
        }

        @Override
        public void run(int part) {
            long from = (long) (part / chunks) * rowsPerPart;
            long column = (long) (part % chunks) * COLUMNS;
            long columns = Math.min(COLUMNS, task.out().dims()[1] - column);
            long to = Math.min(rows(), from + rowsPerPart);
            if (!inPlace) {
                entry.call(table.address(), from, to, column << 32 | columns);
                return;
            }
            for (long group = from; group < to; group++) {
                long row = groups.row((int) group);
                entry.call(table.address(), row, row + 1, column << 32 | columns);
            }
        }
    }

    /** Arguments: the table, the first row, the row after the last one, the first column in the upper half and the number of columns. */
    private static final class Code {
        final KernelCode code;
        private final Task.Scattering task;
        private final DType dtype;
        private final Lane sum;
        private final R order;
        private final R last;
        private R base;
        private R updates;
        private R out;

        Code(Task.Scattering task, int bits) {
            this.task = task;
            code = new KernelCode(bits);
            dtype = task.out().dtype();
            sum = Lane.of(dtype) == Lane.F32 ? Lane.F64 : Lane.of(dtype);
            R table = code.argument(0);
            R from = code.argument(1);
            R to = code.argument(2);
            R columns = code.argument(3);
            int bytes = dtype.bytes();
            R column = code.mul(code.shiftRight(columns, 32), bytes);
            R count = code.shiftRight(code.shiftLeft(columns, 32), 32);
            long baseStep = task.base().strides()[0] * bytes;
            long outStep = task.out().strides()[0] * bytes;
            base = code.add(code.load(At.of(table)), code.mul(from, baseStep));
            base = code.variable(isDense() ? code.add(base, column) : base);
            updates = code.add(code.load(At.of(table, 8)), column);
            out = code.variable(code.add(code.add(code.load(At.of(table, 16)), column), code.mul(from, outStep)));
            R starts = code.load(At.of(table, 24));
            order = code.load(At.of(table, 32));
            last = code.add(code.load(At.of(starts, to, 8)), -1);
            R row = code.loop(from, to, 1);
            R start = code.load(At.of(starts, row, 8));
            R end = code.load(At.of(starts, row, 8).plus(8));
            columns(count, start, end);
            code.increase(base, baseStep);
            code.increase(out, outStep);
            code.endLoop();
        }

        private boolean isDense() {
            return task.base().strides()[1] == 1;
        }

        private void columns(R count, R start, R end) {
            int lanes = code.lanes();
            int copies = code.lanes() / 4;
            R main = code.loop(code.integer(0), code.and(count, -(long) copies * lanes), (long) copies * lanes);
            add(main, copies, null, start, end);
            code.endLoop();
            R rest = code.loop(main, code.and(count, -lanes), lanes);
            add(rest, 1, null, start, end);
            code.endLoop();
            code.when(rest, KernelCode.Relation.LESS, count);
            add(rest, 1, code.tail(code.sub(count, rest)), start, end);
            code.endWhen();
        }

        private void add(R column, int copies, @Nullable Tail tail, R start, R end) {
            int bytes = dtype.bytes();
            V[] sums = new V[copies];
            for (int i = 0; i < copies; i++) {
                V first = isDense() ? code.load(dtype, at(base, column, i), tail) : code.broadcast(dtype, At.of(base));
                sums[i] = code.variable(code.convert(first, sum));
            }
            R place = code.loop(start, end, 1);
            long step = task.updates().strides()[0] * bytes;
            R later = code.min(code.add(place, AHEAD), last);
            R next = code.add(updates, code.mul(code.load(At.of(order, later, 8)), step));
            for (int i = 0; i < copies; i++) {
                code.prefetch(at(next, column, i));
            }
            R from = code.add(updates, code.mul(code.load(At.of(order, place, 8)), step));
            for (int i = 0; i < copies; i++) {
                V x = code.load(dtype, at(from, column, i), tail);
                code.assign(sums[i], code.add(sums[i], code.convert(x, sum)));
            }
            code.endLoop();
            for (int i = 0; i < copies; i++) {
                code.store(dtype, at(out, column, i), code.fit(code.convert(sums[i], Lane.of(dtype)), dtype), tail);
            }
        }

        private At at(R from, R column, int copy) {
            int bytes = dtype.bytes();
            return At.of(from, column, bytes).plus(copy * code.lanes() * bytes);
        }
    }
}
