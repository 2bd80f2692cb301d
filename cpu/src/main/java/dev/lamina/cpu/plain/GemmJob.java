package dev.lamina.cpu.plain;

import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** One run of a {@link JavaGemm}: where its data is and which piece a task does. Used again by later runs. */
final class GemmJob implements Pool.Task {
    private static final int PACK_ROWS = 16;

    final GemmPlan plan;
    private final FreeList<Panels> scratch;
    private final long[] leftOffsets;
    private final long[] rightOffsets;
    private final long[] outOffsets;

    MemorySegment left = MemorySegment.NULL;
    MemorySegment right = MemorySegment.NULL;
    MemorySegment out = MemorySegment.NULL;
    private long leftBase;
    private long rightBase;
    private long outBase;
    private boolean accumulate;

    /** Panels of a shared product: step s is packed into the one of its parity while the other is used. */
    private final Panels[] shared = new Panels[2];

    /** The step that is packed now; the one before is multiplied. Written by the caller between two runs of the pool. */
    private int step;

    private int steps;

    /**
     * @param a first element of each A of the batch
     * @param b first element of each B
     * @param c first element of each C
     */
    GemmJob(GemmPlan plan, FreeList<Panels> scratch, long[] a, long[] b, long[] c) {
        this.plan = plan;
        this.scratch = scratch;
        leftOffsets = plan.swapped() ? b : a;
        rightOffsets = plan.swapped() ? a : b;
        outOffsets = c;
    }

    long leftOffset(int product) {
        return leftBase + leftOffsets[product];
    }

    long rightOffset(int product) {
        return rightBase + rightOffsets[product];
    }

    long outOffset(int product) {
        return outBase + outOffsets[product];
    }

    /** Whether the sums of a block of k that starts here go on from what is in out. */
    boolean continues(int k) {
        return accumulate || k > 0;
    }

    /**
     * Says where the matrices of the next run are.
     *
     * @param add whether the product is added to C
     */
    void bind(
            boolean add, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        left = plan.swapped() ? b : a;
        leftBase = plan.swapped() ? bOffset : aOffset;
        right = plan.swapped() ? a : b;
        rightBase = plan.swapped() ? aOffset : bOffset;
        out = c;
        outBase = cOffset;
        accumulate = add;
    }

    /** Forgets the segments, so that this object does not keep memory alive. */
    void unbind() {
        left = MemorySegment.NULL;
        right = MemorySegment.NULL;
        out = MemorySegment.NULL;
    }

    void execute(Pool pool) {
        int batch = outOffsets.length;
        switch (plan.split()) {
            case SERIAL -> {
                for (int i = 0; i < parts(batch); i++) {
                    part(i);
                }
            }
            case PARTS -> pool.run(parts(batch), this);
            case SHARED -> shared(pool, batch);
        }
    }

    @Override
    public void run(int index) {
        if (plan.split() == GemmPlan.Split.PARTS) {
            part(index);
            return;
        }
        Panels mine = scratch.take();
        try {
            // The short tasks come last, so that all threads end at about the same time.
            int multiplications = step > 0 ? plan.rowTasks() : 0;
            if (index < multiplications) {
                multiplyRows(mine, index * plan.taskRows());
            } else {
                packRows(mine, (index - multiplications) * PACK_ROWS);
            }
        } finally {
            scratch.give(mine);
        }
    }

    private int parts(int batch) {
        return batch * (plan.path() == GemmPlan.Path.TILE ? plan.rowTasks() : plan.panels());
    }

    private void part(int index) {
        Panels mine = scratch.take();
        try {
            if (plan.path() == GemmPlan.Path.TILE) {
                int first = index % plan.rowTasks() * plan.taskRows();
                mine.tiles(this, index / plan.rowTasks(), first, Math.min(first + plan.taskRows(), plan.rows()));
            } else {
                panel(mine, index / plan.panels(), index % plan.panels() * plan.panel());
            }
        } finally {
            scratch.give(mine);
        }
    }

    private void panel(Panels mine, int product, int column) {
        int columns = Math.min(plan.panel(), plan.columns() - column);
        int from = 0;
        do {
            int count = Math.min(plan.kBlock(), plan.k() - from);
            mine.prepare(count, columns);
            mine.pack(this, product, mine, from, 0, count, column, columns);
            for (int i = 0; i < plan.rows(); i += GemmPlan.MAX_ROWS) {
                int end = Math.min(i + GemmPlan.MAX_ROWS, plan.rows());
                mine.multiply(this, product, mine, i, end, from, count, column, columns);
            }
            from += count;
        } while (from < plan.k());
    }

    /** One step for each block of k of each panel of each product. */
    private void shared(Pool pool, int batch) {
        steps = batch * plan.panels() * plan.kBlocks();
        shared[0] = scratch.take();
        shared[1] = scratch.take();
        try {
            for (step = 0; step <= steps; step++) {
                int tasks = step > 0 ? plan.rowTasks() : 0;
                if (step < steps) {
                    shared[step & 1].prepare(kCount(step), width(step));
                    tasks += Math.ceilDiv(kCount(step), PACK_ROWS);
                }
                pool.run(tasks, this);
            }
        } finally {
            scratch.give(shared[0]);
            scratch.give(shared[1]);
        }
    }

    private int item(int at) {
        return at / (plan.panels() * plan.kBlocks());
    }

    private int column(int at) {
        return at / plan.kBlocks() % plan.panels() * plan.panel();
    }

    private int width(int at) {
        return Math.min(plan.panel(), plan.columns() - column(at));
    }

    private int k(int at) {
        return at % plan.kBlocks() * plan.kBlock();
    }

    private int kCount(int at) {
        return Math.min(plan.kBlock(), plan.k() - k(at));
    }

    private void packRows(Panels mine, int from) {
        int to = Math.min(from + PACK_ROWS, kCount(step));
        mine.pack(this, item(step), shared[step & 1], k(step), from, to, column(step), width(step));
    }

    private void multiplyRows(Panels mine, int first) {
        int at = step - 1;
        int end = Math.min(first + plan.taskRows(), plan.rows());
        mine.multiply(this, item(at), shared[at & 1], first, end, k(at), kCount(at), column(at), width(at));
    }
}
