package dev.lamina.cpu.gemm;

import org.jspecify.annotations.Nullable;

/**
 * The product of a block of A in place and a packed block of B. Each panel of 32 rows of A is packed just before it is used, so that it stays
 * in the first cache.
 *
 * @param rows rows of the block
 * @param aPanel bytes from panel to panel of A
 * @param cPanel bytes from panel to panel of C
 * @param pack packs a full panel, null if there is none
 * @param product multiplies a full panel
 * @param lastPack packs the last panel
 * @param lastProduct multiplies the last panel
 */
record Bf16Panels(
        int rows,
        long aPanel,
        long cPanel,
        @Nullable Step pack,
        @Nullable Step product,
        Step lastPack,
        Step lastProduct)
        implements Step {
    @Override
    public void run(long a, long b, long c, long scratch) {
        int row = 0;
        if (pack != null && product != null) {
            for (; row + Bf16Table.PANEL < rows; row += Bf16Table.PANEL) {
                pack.run(a, 0, scratch, 0);
                product.run(scratch, b, c, 0);
                a += aPanel;
                c += cPanel;
            }
        }
        lastPack.run(a, 0, scratch, 0);
        lastProduct.run(scratch, b, c, 0);
    }
}
