package dev.lamina.cpu;

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

    // The step of a shared product, written by the caller between two runs of the pool.
    private Panels owner;
    private boolean packing;
    private int item;
    private int k0;
    private int kCount;
    private int j0;
    private int width;

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
        owner = scratch.take();
        scratch.give(owner);
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
        } else if (packing) {
            packRows(index);
        } else {
            multiplyRows(index);
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

    private void shared(Pool pool, int batch) {
        owner = scratch.take();
        try {
            for (item = 0; item < batch; item++) {
                for (j0 = 0; j0 < plan.columns(); j0 += plan.panel()) {
                    width = Math.min(plan.panel(), plan.columns() - j0);
                    for (k0 = 0; k0 < plan.k(); k0 += plan.kBlock()) {
                        sharedStep(pool);
                    }
                }
            }
        } finally {
            scratch.give(owner);
        }
    }

    private void sharedStep(Pool pool) {
        kCount = Math.min(plan.kBlock(), plan.k() - k0);
        owner.prepare(kCount, width);
        packing = true;
        pool.run(Math.ceilDiv(kCount, PACK_ROWS), this);
        packing = false;
        pool.run(plan.rowTasks(), this);
    }

    private void packRows(int index) {
        int from = index * PACK_ROWS;
        Panels mine = scratch.take();
        try {
            mine.pack(this, item, owner, k0, from, Math.min(from + PACK_ROWS, kCount), j0, width);
        } finally {
            scratch.give(mine);
        }
    }

    private void multiplyRows(int index) {
        int first = index * plan.taskRows();
        int end = Math.min(first + plan.taskRows(), plan.rows());
        Panels mine = scratch.take();
        try {
            mine.multiply(this, item, owner, first, end, k0, kCount, j0, width);
        } finally {
            scratch.give(mine);
        }
    }
}
