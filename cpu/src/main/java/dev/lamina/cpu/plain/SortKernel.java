package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Indices that sort rows: elements become longs of the same order, which a bottom-up merge sort moves together with their
 * positions; so equal elements keep their order.
 */
final class SortKernel implements Kernel {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Elements of a part. */
    private static final int PART = 1 << 12;

    /** Length of the runs that are sorted by insertion. */
    private static final int RUN = 8;

    private final Task.Sorting task;
    private final Pool pool;
    private final Rows rows;
    private final int length;
    private final int rowsPerPart;
    private final FreeList<Lists> lists;
    private final Job.Parts parts = this::part;

    SortKernel(Task.Sorting task, Pool pool) {
        this.task = task;
        this.pool = pool;
        rows = new Rows(task.in().dims());
        length = rows.length();
        rowsPerPart = Math.max(1, PART / Math.max(1, length));
        lists = new FreeList<>(() -> new Lists(length));
    }

    private static final class Lists {
        long[] keys;
        int[] order;
        long[] otherKeys;
        int[] otherOrder;

        Lists(int length) {
            keys = new long[length];
            order = new int[length];
            otherKeys = new long[length];
            otherOrder = new int[length];
        }

        void swap() {
            long[] k = keys;
            keys = otherKeys;
            otherKeys = k;
            int[] o = order;
            order = otherOrder;
            otherOrder = o;
        }
    }

    @Override
    public void run(MemorySegment[] buffers) {
        if (length > 0) {
            Job.run(parts, Math.ceilDiv(rows.count(), rowsPerPart), pool, buffers);
        }
    }

    private void part(int part, Job job) {
        Lists l = lists.take();
        try {
            int last = Math.min(rows.count(), (part + 1) * rowsPerPart);
            for (int row = part * rowsPerPart; row < last; row++) {
                read(l, row, job.buffers()[task.in().buffer()]);
                sort(l);
                MemorySegment to = job.buffers()[task.out().buffer()];
                long first = rows.place(task.out(), row);
                for (int i = 0; i < length; i++) {
                    to.set(LONG, (first + i) * 8, l.order[i]);
                }
            }
        } finally {
            lists.give(l);
        }
    }

    private void read(Lists l, int row, MemorySegment from) {
        Task.Access in = task.in();
        long first = rows.place(in, row);
        long stride = rows.stride(in);
        long flip = task.descending() ? -1 : 0;
        boolean floats = in.dtype().isFloat();
        for (int i = 0; i < length; i++) {
            long at = first + i * stride;
            long key = floats ? key(Elements.get(from, in.dtype(), at)) : Elements.getLong(from, in.dtype(), at);
            l.keys[i] = key ^ flip;
            l.order[i] = i;
        }
    }

    /** A long of the same order: both zeros are equal, NaN is the largest. */
    private static long key(double value) {
        long bits = Double.doubleToLongBits(value + 0.0);
        return bits ^ ((bits >> 63) & Long.MAX_VALUE);
    }

    private void sort(Lists l) {
        for (int from = 0; from < length; from += RUN) {
            insert(l, from, Math.min(length, from + RUN));
        }
        for (long size = RUN; size < length; size *= 2) {
            for (long from = 0; from < length; from += 2 * size) {
                merge(l, (int) from, (int) Math.min(length, from + size), (int) Math.min(length, from + 2 * size));
            }
            l.swap();
        }
    }

    private static void insert(Lists l, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            long key = l.keys[i];
            int position = l.order[i];
            int j = i;
            for (; j > from && l.keys[j - 1] > key; j--) {
                l.keys[j] = l.keys[j - 1];
                l.order[j] = l.order[j - 1];
            }
            l.keys[j] = key;
            l.order[j] = position;
        }
    }

    private static void merge(Lists l, int from, int middle, int to) {
        int a = from;
        int b = middle;
        for (int i = from; i < to; i++) {
            boolean left = a < middle && (b >= to || l.keys[a] <= l.keys[b]);
            int take = left ? a++ : b++;
            l.otherKeys[i] = l.keys[take];
            l.otherOrder[i] = l.order[take];
        }
    }
}
