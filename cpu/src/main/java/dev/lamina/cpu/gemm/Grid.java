package dev.lamina.cpu.gemm;

/**
 * How the blocks of a batch of products are cut and dealt out, by shape only. A task is a group of {@code strips} next to each other in
 * one block of rows of one product, or several such items if they are small.
 *
 * @param batch number of products
 * @param rows rows of a block, but for the last
 * @param rowBlocks blocks of rows
 * @param strip columns of a strip, but for the last
 * @param strips strips in all
 * @param groupStrips strips that one item takes
 * @param depth k of a block, but for the last
 * @param kBlocks blocks of k, at least 1
 * @param itemsPerTask items that one task takes
 */
record Grid(
        int batch,
        int rows,
        int rowBlocks,
        int strip,
        int strips,
        int groupStrips,
        int depth,
        int kBlocks,
        int itemsPerTask) {
    private static final int MOST_TASKS = 32;

    /** Below this many, idle threads cost more than packing an operand again. */
    private static final int FEW_TASKS = 4;

    /** Less work than this many tasks is not worth waking a thread. */
    private static final double SERIAL_TASKS = 0.75;

    static Grid of(Product product, int batch, Engine.Blocking blocking) {
        double flops = 2.0 * product.m() * product.n() * Math.max(1, product.k());
        int wanted = (int) Math.clamp(flops / blocking.taskFlops(), 1, MOST_TASKS);
        boolean serial = flops * batch < SERIAL_TASKS * blocking.taskFlops();
        int rows = even(product.m(), blocking.rows(), blocking.rowUnit());
        int strip = even(product.n(), blocking.columns(), blocking.columnUnit());
        int group = Math.ceilDiv(product.n(), strip);
        // Halves what is furthest from being too small until there is enough to deal out. A few small blocks are better
        // than one.
        while (!serial) {
            int now = batch * Math.ceilDiv(product.m(), rows) * Math.ceilDiv(product.n(), strip * group);
            if (now >= wanted) {
                break;
            }
            // What is one tile already cannot be halved.
            boolean tall = rows > blocking.rowUnit();
            boolean wide = group > 1 || strip > blocking.columnUnit();
            double down = tall ? Math.min(rows, product.m()) / (2.0 * blocking.leastRows()) : 0;
            double across = wide ? Math.min((double) group * strip, product.n()) / (2.0 * blocking.leastColumns()) : 0;
            if (Math.max(down, across) < (now < FEW_TASKS ? 0.25 : 1)) {
                break;
            }
            if (down > across) {
                rows = even(rows, (rows + 1) / 2, blocking.rowUnit());
            } else if (group > 1) {
                group = (group + 1) / 2;
            } else {
                strip = even(strip, (strip + 1) / 2, blocking.columnUnit());
            }
        }
        int rowBlocks = Math.ceilDiv(product.m(), rows);
        int strips = Math.ceilDiv(product.n(), strip);
        int depth = product.k() == 0 ? 0 : even(product.k(), blocking.k(), blocking.kUnit());
        int kBlocks = depth == 0 ? 1 : Math.ceilDiv(product.k(), depth);
        int items = batch * rowBlocks * Math.ceilDiv(strips, group);
        int perTask = serial ? items : (int) Math.clamp(blocking.taskFlops() * items / (flops * batch), 1, items);
        return new Grid(batch, rows, rowBlocks, strip, strips, group, depth, kBlocks, perTask);
    }

    /** The size of equal parts of at most {@code most}, rounded up to the unit. */
    private static int even(int size, int most, int unit) {
        int parts = Math.ceilDiv(size, Math.max(most, unit));
        return Math.ceilDiv(Math.ceilDiv(size, parts), unit) * unit;
    }

    int groups() {
        return Math.ceilDiv(strips, groupStrips);
    }

    int itemsPerProduct() {
        return rowBlocks * groups();
    }
}
