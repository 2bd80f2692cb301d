package dev.lamina.cpu.rows;

import dev.lamina.core.DType;
import dev.lamina.core.backend.IndexErrors;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.R;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** Copies rows by index: the indices are checked in Java, then code copies the bytes. */
final class GatherRows implements Kernel {
    /** Bytes that a part writes. */
    private static final int PART = 1 << 16;

    /** Rows between a prefetch and its use, and lines of a row that are asked for. */
    private static final int AHEAD = 2;

    private static final int LINES = 16;

    private final Task.Gather task;
    private final Pool pool;
    private final Entry entry;
    private final @Nullable Entry streaming;
    private final long rowBytes;
    private final int rowsPerPart;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    GatherRows(Task.Gather task, Isa isa, Pool pool, CodeBatch batch) {
        this.task = task;
        this.pool = pool;
        int bytes = task.data().dtype().bytes();
        rowBytes = (long) task.data().dims()[1] * bytes;
        // An index costs about as much as 16 bytes.
        rowsPerPart = (int) Math.max(1, PART / (rowBytes + 16));
        entry = batch.add("gather", new Code(task, isa.vectorBits(), false).code.assemble());
        boolean large = task.out().dims()[0] * rowBytes >= RowKernels.LARGE && rowBytes % RowKernels.LINE == 0;
        streaming =
                large ? batch.add("gather-streaming", new Code(task, isa.vectorBits(), true).code.assemble()) : null;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        run.buffers = buffers;
        try {
            pool.run(Math.ceilDiv(task.index().dims()[0], rowsPerPart), run);
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
            MemorySegment[] memory = java.util.Objects.requireNonNull(buffers);
            Task.Access index = task.index();
            long from = (long) part * rowsPerPart;
            long count = Math.min(rowsPerPart, index.dims()[0] - from);
            MemorySegment indices = memory[index.buffer()];
            long first = index.offset() + from * index.strides()[0];
            int rows = task.data().dims()[0];
            for (long i = 0; i < count; i++) {
                long row = indices.get(ValueLayout.JAVA_LONG_UNALIGNED, 8 * (first + i * index.strides()[0]));
                if (row < 0 || row >= rows) {
                    throw IndexErrors.outOfRange(task.name(), row, from + i, rows);
                }
            }
            long out = task.out().address(memory) + from * rowBytes;
            Entry code = streaming != null && out % RowKernels.LINE == 0 ? streaming : entry;
            long data = task.data().address(memory);
            code.call(indices.address() + 8 * first, count, out, data);
        }
    }

    /** Arguments: the first index, number of indices, where to, row 0. */
    private static final class Code {
        final KernelCode code;
        private final boolean streams;

        Code(Task.Gather task, int bits, boolean streams) {
            this.streams = streams;
            code = new KernelCode(bits);
            int bytes = task.data().dtype().bytes();
            long rowBytes = (long) task.data().dims()[1] * bytes;
            long step = task.data().strides()[0] * bytes;
            long indexStep = 8 * task.index().strides()[0];
            R index = code.argument(0);
            R count = code.argument(1);
            R to = code.variable(code.argument(2));
            R data = code.argument(3);
            R last = code.add(count, -1);
            R i = code.loop(code.integer(0), count, 1);
            R later = code.mul(code.min(code.add(i, AHEAD), last), indexStep);
            R next = code.add(data, code.mul(code.load(At.of(index, later, 1)), step));
            for (long line = 0; line < Math.min(rowBytes, LINES * RowKernels.LINE); line += RowKernels.LINE) {
                code.prefetch(At.of(next, (int) line));
            }
            R row = code.load(At.of(index, code.mul(i, indexStep), 1));
            copy(code.add(data, code.mul(row, step)), to, rowBytes);
            code.increase(to, rowBytes);
            code.endLoop();
            if (streams) {
                code.fence();
            }
        }

        /** Whole vectors, then words, then bytes. */
        private void copy(R from, R to, long bytes) {
            int lanes = code.lanes();
            long words = bytes / Integer.BYTES;
            long whole = words / lanes * lanes;
            int most = 4 * lanes;
            long main = whole / most * most;
            if (main > 0) {
                R at = code.loop(0, main, most);
                for (int i = 0; i < most; i += lanes) {
                    vector(at, from, to, i);
                }
                code.endLoop();
            }
            R rest = code.integer(main);
            for (int i = 0; i < whole - main; i += lanes) {
                vector(rest, from, to, i);
            }
            if (words > whole) {
                long past = whole * Integer.BYTES;
                At source = At.of(code.add(from, past));
                At target = At.of(code.add(to, past));
                var tail = code.tail((int) (words - whole));
                code.store(DType.I32, target, code.load(DType.I32, source, tail), tail);
            }
            if (bytes % Integer.BYTES != 0) {
                At source = At.of(code.add(from, words * Integer.BYTES));
                At target = At.of(code.add(to, words * Integer.BYTES));
                var tail = code.tail((int) (bytes % Integer.BYTES));
                code.store(DType.U8, target, code.load(DType.U8, source, tail), tail);
            }
        }

        private void vector(R at, R from, R to, int past) {
            At source = At.of(from, at, Integer.BYTES).plus(past * Integer.BYTES);
            At target = At.of(to, at, Integer.BYTES).plus(past * Integer.BYTES);
            if (streams) {
                code.storeStreaming(DType.I32, target, code.load(DType.I32, source, null));
            } else {
                code.store(DType.I32, target, code.load(DType.I32, source, null), null);
            }
        }
    }
}
