package dev.lamina.cpu.gemm;

/**
 * The product of a block of A and a packed block of B, panel by panel of 32 rows of A. A panel is packed just before it is used, so that it is
 * still in a cache.
 *
 * @param rows rows of the block
 * @param a bytes from panel to panel of A
 * @param c bytes from panel to panel of C
 * @param pack packs a full panel
 * @param product multiplies it
 * @param packLast packs the last panel
 * @param productLast multiplies it
 */
record Bf16Panels(int rows, long a, long c, Step pack, Step product, Step packLast, Step productLast) implements Step {
    @Override
    public void run(long firstA, long b, long firstC, long scratch) {
        long panel = firstA;
        long target = firstC;
        for (int row = 0; row < rows; row += Bf16Table.PANEL) {
            boolean last = row + Bf16Table.PANEL >= rows;
            (last ? packLast : pack).run(panel, 0, scratch, 0);
            (last ? productLast : product).run(scratch, b, target, 0);
            panel += a;
            target += c;
        }
    }
}
