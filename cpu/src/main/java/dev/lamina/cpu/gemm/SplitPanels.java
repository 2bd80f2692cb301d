package dev.lamina.cpu.gemm;

import org.jspecify.annotations.Nullable;

/**
 * The product of a split block of A and a B in place, whose columns are side by side. Panels of 32 columns are split into scratch memory,
 * while the one before is multiplied ({@link SplitTiles}). How large numbers of B are is known behind it; where parts could not be
 * multiplied, and where sums go on from C, which is then still needed, panels are split and multiplied one after the other.
 *
 * @param all multiplies all panels, the first of which has been split; or null
 * @param pack splits a panel
 * @param product multiplies it
 * @param packLast splits the columns behind the whole panels
 * @param productLast multiplies them
 * @param columns of B
 * @param a bytes of the block of A
 * @param panel bytes of a split panel
 * @param k terms of a sum
 */
record SplitPanels(
        @Nullable Step all,
        Step pack,
        Step product,
        Step packLast,
        Step productLast,
        int columns,
        long a,
        long panel,
        int k)
        implements Step {
    private static final long BYTES = Bf16Table.PANEL * Float.BYTES;

    @Override
    public void run(long aAt, long bAt, long cAt, long scratch) {
        long at = scratch + Bf16Table.LINE;
        Step together = all;
        if (together != null) {
            pack.run(bAt, 0, at, scratch);
            together.run(aAt, bAt, cAt, scratch);
            if (SplitProduct.isSafe(SplitProduct.largest(aAt + a), SplitProduct.largest(at + panel), k)) {
                return;
            }
        }
        int whole = columns / Bf16Table.PANEL;
        for (int i = 0; i < whole; i++) {
            pack.run(bAt + i * BYTES, 0, at, scratch);
            product.run(aAt, at, cAt + i * BYTES, scratch);
        }
        if (columns > whole * Bf16Table.PANEL) {
            packLast.run(bAt + whole * BYTES, 0, at, scratch);
            productLast.run(aAt, at, cAt + whole * BYTES, scratch);
        }
    }
}
