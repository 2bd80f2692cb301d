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
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Running sums of floats, in double: along rows, whose lanes add up in registers, or down columns side by side. */
final class RunningSums implements Kernel {
    /** Columns of a part; their sums are in scratch memory. */
    private static final int COLUMNS = 512;

    /** Elements of a part of rows. */
    private static final int PART = 1 << 14;

    private final Task.Scanning task;
    private final Pool pool;
    private final Entry entry;
    private final int lane;
    private final int piece;
    private final int pieces;
    private final int parts;
    private final FreeList<Run> runs = new FreeList<>(Run::new);
    private final FreeList<MemorySegment> scratch =
            new FreeList<>(() -> Arena.ofAuto().allocate(8L * COLUMNS, 64));

    /**
     * @param lane the axis of neighbours in memory that are worked on together: columns; or that of the rows of a part; -1 for one row
     * @param piece indices of it in a part
     */
    private RunningSums(Task.Scanning task, int lane, int piece, Entry entry, Pool pool) {
        this.task = task;
        this.lane = lane;
        this.piece = piece;
        this.entry = entry;
        this.pool = pool;
        pieces = lane < 0 ? 1 : Math.ceilDiv(task.in().dims()[lane], piece);
        int count = pieces;
        for (int d = 0; d < last(task); d++) {
            count *= d == lane ? 1 : task.in().dims()[d];
        }
        parts = count;
    }

    /** The kernel, or null if neither rows nor columns are neighbours. */
    static @Nullable Kernel of(Task.Scanning task, Isa isa, Pool pool, CodeBatch batch) {
        int last = last(task);
        int length = last < 0 ? 1 : task.in().dims()[last];
        if (last >= 0 && isDense(task, last)) {
            int lane = last - 1;
            Entry entry = batch.add("scan", new RowCode(task, lane, isa.vectorBits()).code.assemble());
            return new RunningSums(task, lane, Math.max(1, PART / length), entry, pool);
        }
        for (int axis = 0; axis < last; axis++) {
            if (isDense(task, axis) && task.in().dims()[axis] > 1) {
                Entry entry = batch.add("scan-columns", new ColumnCode(task, isa.vectorBits()).code.assemble());
                return new RunningSums(task, axis, COLUMNS, entry, pool);
            }
        }
        return null;
    }

    private static int last(Task.Scanning task) {
        return task.in().dims().length - 1;
    }

    private static boolean isDense(Task.Scanning task, int axis) {
        return task.in().strides()[axis] == 1 && task.out().strides()[axis] == 1;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        run.buffers = buffers;
        try {
            pool.run(parts, run);
        } finally {
            run.buffers = null;
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    private final class Run implements Pool.Task {
        private MemorySegment @Nullable [] buffers;

        @Override
        public void run(int part) {
            MemorySegment[] memory = Objects.requireNonNull(buffers);
            int from = part % pieces * piece;
            long count = lane < 0 ? 1 : Math.min(piece, task.in().dims()[lane] - from);
            MemorySegment sums = scratch.take();
            entry.call(
                    place(memory, task.in(), part, from), place(memory, task.out(), part, from), count, sums.address());
            scratch.give(sums);
        }

        /** The first element of a part. */
        private long place(MemorySegment[] memory, Task.Access access, int part, int from) {
            long place = access.offset();
            int rest = part / pieces;
            for (int d = last(task) - 1; d >= 0; d--) {
                int extent = access.dims()[d];
                place += (d == lane ? from : rest % extent) * access.strides()[d];
                rest = d == lane ? rest : rest / extent;
            }
            return memory[access.buffer()].address() + place * access.dtype().bytes();
        }
    }

    /** Arguments: the first element read, the first one written, number of columns, memory for as many sums. */
    private static final class ColumnCode {
        final KernelCode code;
        private final DType dtype;
        private final R from;
        private final R to;
        private final R count;
        private final R sums;

        ColumnCode(Task.Scanning task, int bits) {
            code = new KernelCode(bits);
            dtype = task.in().dtype();
            int last = last(task);
            long length = task.in().dims()[last];
            long first = task.reversed() ? length - 1 : 0;
            long inStep = task.in().strides()[last] * dtype.bytes();
            long outStep = task.out().strides()[last] * dtype.bytes();
            from = code.variable(code.add(code.argument(0), first * inStep));
            to = code.variable(code.add(code.argument(1), first * outStep));
            count = code.argument(2);
            sums = code.argument(3);
            lanes((column, tail) -> code.store(DType.F64, At.of(sums, column, 8), code.constant(Lane.F64, 0.0), tail));
            code.loop(0, length, 1);
            lanes(this::add);
            code.increase(from, task.reversed() ? -inStep : inStep);
            code.increase(to, task.reversed() ? -outStep : outStep);
            code.endLoop();
        }

        private void add(R column, @Nullable Tail tail) {
            V x = code.convert(code.load(dtype, At.of(from, column, dtype.bytes()), tail), Lane.F64);
            V sum = code.add(code.load(DType.F64, At.of(sums, column, 8), tail), x);
            code.store(DType.F64, At.of(sums, column, 8), sum, tail);
            V rounded = code.fit(code.convert(sum, Lane.of(dtype)), dtype);
            code.store(dtype, At.of(to, column, dtype.bytes()), rounded, tail);
        }

        /** What happens to some columns. */
        @FunctionalInterface
        private interface Body {
            void at(R column, @Nullable Tail tail);
        }

        private void lanes(Body body) {
            R column = code.loop(code.integer(0), code.and(count, -code.lanes()), code.lanes());
            body.at(column, null);
            code.endLoop();
            code.when(column, KernelCode.Relation.LESS, count);
            body.at(column, code.tail(code.sub(count, column)));
            code.endWhen();
        }
    }

    /** Arguments: the first element read, the first one written, number of rows. */
    private static final class RowCode {
        final KernelCode code;
        private final DType dtype;
        private final boolean reversed;
        private final R from;
        private final R to;
        private final V sum;

        RowCode(Task.Scanning task, int rows, int bits) {
            code = new KernelCode(bits);
            dtype = task.in().dtype();
            reversed = task.reversed();
            long length = task.in().dims()[last(task)];
            R row = code.variable(code.argument(0));
            R result = code.variable(code.argument(1));
            R count = code.argument(2);
            from = code.variable(row);
            to = code.variable(result);
            sum = code.variable(code.constant(Lane.F64, 0.0));
            code.loop(code.integer(0), count, 1);
            code.assign(from, row);
            code.assign(to, result);
            code.assign(sum, code.constant(Lane.F64, 0.0));
            row(length);
            code.increase(row, rows < 0 ? 0 : task.in().strides()[rows] * dtype.bytes());
            code.increase(result, rows < 0 ? 0 : task.out().strides()[rows] * dtype.bytes());
            code.endLoop();
        }

        private void row(long length) {
            int lanes = code.lanes();
            long whole = length / lanes * lanes;
            Tail tail = whole < length ? code.tail((int) (length - whole)) : null;
            long step = (long) lanes * dtype.bytes();
            if (reversed) {
                code.increase(from, whole * dtype.bytes());
                code.increase(to, whole * dtype.bytes());
                if (tail != null) {
                    add(tail);
                }
            }
            if (whole > 0) {
                code.loop(0, whole, lanes);
                move(reversed ? -step : 0);
                add(null);
                move(reversed ? 0 : step);
                code.endLoop();
            }
            if (!reversed && tail != null) {
                add(tail);
            }
        }

        private void move(long bytes) {
            if (bytes != 0) {
                code.increase(from, bytes);
                code.increase(to, bytes);
            }
        }

        private void add(@Nullable Tail tail) {
            V x = code.convert(code.load(dtype, At.of(from), tail), Lane.F64);
            V all = code.runningSums(x, sum, reversed);
            code.store(dtype, At.of(to), code.fit(code.convert(all, Lane.of(dtype)), dtype), tail);
        }
    }
}
