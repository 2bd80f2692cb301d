package dev.lamina.cpu.gemm;

import dev.lamina.cpu.loop.Frame;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.Pool;
import org.jspecify.annotations.Nullable;

/** One run of a {@link Driver}: addresses, and what a task of the pool does. */
final class Run implements Pool.Task {
    private final Driver driver;
    private final Grid grid;
    private final Steps steps;
    private long a;
    private long b;
    private long c;
    private int first;
    private int items;
    private int firstBlock;
    private int endBlock;
    private boolean packing;

    /** The blocks of B if they have been packed before, or 0; and bytes from product to product. */
    private long packed;

    private long packedStep;
    private @Nullable Frame frame;

    Run(Driver driver) {
        this.driver = driver;
        grid = driver.grid;
        steps = driver.steps;
    }

    void bind(@Nullable Frame frame, long a, long b, long c) {
        this.frame = frame;
        this.a = a;
        this.b = b;
        this.c = c;
        blocks(0, grid.kBlocks());
    }

    void release() {
        Region epilogue = driver.epilogue;
        Frame bound = frame;
        if (epilogue != null && bound != null) {
            epilogue.release(bound);
            frame = null;
        }
    }

    /** What follows is about these products. */
    void batch(int from, int to) {
        first = from * grid.itemsPerProduct();
        items = (to - from) * grid.itemsPerProduct();
    }

    /** And about these blocks of k. */
    void blocks(int from, int to) {
        firstBlock = from;
        endBlock = to;
    }

    int tasks() {
        return Math.ceilDiv(items, grid.itemsPerTask());
    }

    /** The next tasks pack B of one product. */
    void pack(long target) {
        packing = true;
        packed = target;
        packedStep = 0;
    }

    /**
     * The next tasks multiply.
     *
     * @param packed where B has been packed to, or 0
     * @param step bytes from product to product
     */
    void multiply(long packed, long step) {
        packing = false;
        this.packed = packed;
        packedStep = step;
    }

    @Override
    public void run(int index) {
        if (driver.workspace == 0) {
            part(index, 0);
            return;
        }
        Workspace workspace = Workspace.take(false, driver.workspace);
        try {
            part(index, workspace.address());
        } finally {
            workspace.give();
        }
    }

    private void part(int index, long scratch) {
        if (packing) {
            int strip = index % grid.strips();
            int block = firstBlock + index / grid.strips();
            packB(first / grid.itemsPerProduct(), strip, block, packedAt(0, strip, block), scratch);
            return;
        }
        int from = index * grid.itemsPerTask();
        int to = Math.min(items, from + grid.itemsPerTask());
        for (int item = first + from; item < first + to; item++) {
            int inside = item % grid.itemsPerProduct();
            item(item / grid.itemsPerProduct(), inside % grid.rowBlocks(), inside / grid.rowBlocks(), scratch);
        }
    }

    private long packedAt(int batch, int strip, int block) {
        return packed + batch * packedStep + driver.packedB * (strip + (long) (block - firstBlock) * grid.strips());
    }

    private void packB(int batch, int strip, int block, long target, long scratch) {
        Product p = driver.product;
        long at = b
                + driver.offsets.b()[batch]
                + (long) strip * grid.strip() * p.bColumn()
                + (long) block * grid.depth() * p.bK();
        steps.packB(strip, block).run(at, 0, target, scratch);
    }

    private void item(int batch, int rowBlock, int group, long scratch) {
        Product p = driver.product;
        int firstStrip = group * grid.groupStrips();
        int lastStrip = Math.min(grid.strips(), firstStrip + grid.groupStrips()) - 1;
        long row = (long) rowBlock * grid.rows();
        for (int block = firstBlock; block < endBlock; block++) {
            long aAt = a + driver.offsets.a()[batch] + row * p.aRow() + (long) block * grid.depth() * p.aK();
            if (driver.packedA > 0) {
                long target = scratch + driver.engine.scratch();
                steps.packA(rowBlock, block).run(aAt, 0, target, scratch);
                aAt = target;
            }
            for (int strip = firstStrip; strip <= lastStrip; strip++) {
                strip(batch, rowBlock, strip, firstStrip, block, aAt, scratch);
            }
        }
    }

    private void strip(int batch, int rowBlock, int strip, int firstStrip, int block, long aAt, long scratch) {
        Product p = driver.product;
        long bAt;
        if (driver.packedB == 0) {
            bAt = b
                    + driver.offsets.b()[batch]
                    + (long) strip * grid.strip() * p.bColumn()
                    + (long) block * grid.depth() * p.bK();
        } else if (packed != 0) {
            bAt = packedAt(batch, strip, block);
        } else {
            bAt = scratch + driver.engine.scratch() + driver.packedA;
            packB(batch, strip, block, bAt, scratch);
        }
        long cAt = c
                + driver.offsets.c()[batch]
                + (long) rowBlock * grid.rows() * p.cRow()
                + (long) strip * grid.strip() * driver.elementBytes;
        Step step = steps.product(rowBlock, strip, block);
        boolean last = block == grid.kBlocks() - 1;
        int sumBytes = driver.engine.sumBytes();
        if (sumBytes == 0) {
            step.run(aAt, bAt, cAt, scratch);
        } else {
            long sums = scratch
                    + driver.engine.scratch()
                    + driver.packedA
                    + (driver.sharedB ? 0 : driver.packedB)
                    + (long) (strip - firstStrip) * grid.strip() * sumBytes;
            step.run(aAt, bAt, sums, scratch);
            if (last) {
                steps.finish(rowBlock, strip).run(sums, 0, cAt, scratch);
            }
        }
        Frame bound = frame;
        if (last && bound != null) {
            epilogue(bound, batch, rowBlock, strip);
        }
    }

    /** What follows the product, on a strip; rows of joined products belong to one after the other. */
    private void epilogue(Frame bound, int batch, int rowBlock, int strip) {
        Region epilogue = driver.epilogue;
        if (epilogue == null) {
            return;
        }
        boolean turned = driver.offsets.turned();
        int rows = driver.offsets.rows();
        int first = turned ? strip * grid.strip() : rowBlock * grid.rows();
        int end = first + (turned ? steps.columns(strip) : steps.rows(rowBlock));
        int column = turned ? 0 : strip * grid.strip();
        int columns = turned ? 1 : steps.columns(strip);
        for (int row = first; row < end; ) {
            int inside = row % rows;
            int count = Math.min(end - row, rows - inside);
            epilogue.run(bound, batch + row / rows, inside, count, column, columns);
            row += count;
        }
    }
}
