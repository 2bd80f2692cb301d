package dev.lamina.cpu.gemm;

import org.jspecify.annotations.Nullable;

/**
 * The product of a block of A and a packed block of B, panel by panel of 32 rows of A. A panel is packed just before it is used, if it is not
 * packed yet and cannot be read in place, and is multiplied piece by piece along k, so that a piece stays in the first cache and the sums in the
 * second one.
 *
 * @param rows rows of the block
 * @param a bytes from panel to panel of A
 * @param c bytes from panel to panel of C
 * @param aPiece bytes from piece to piece of a panel of A
 * @param bPiece bytes from piece to piece of a panel of B
 * @param sums where sums are in the scratch, if they are not in C
 * @param full what is done with full panels; null if there are none
 * @param last what is done with the last panel
 */
record Bf16Panels(
        int rows,
        long a,
        long c,
        long aPiece,
        long bPiece,
        long sums,
        @Nullable Panel full,
        Panel last) implements Step {
    /**
     * What is done with a panel.
     *
     * @param pack null if A is packed or read in place
     * @param pieces the products
     * @param finish rounds the sums to C; null if they are in C
     */
    record Panel(
            @Nullable Step pack, Step[] pieces, @Nullable Step finish) {
        void run(Bf16Panels block, long a, long b, long c, long scratch) {
            long panel = a;
            if (pack != null) {
                pack.run(a, 0, scratch, 0);
                panel = scratch;
            }
            long target = finish == null ? c : scratch + block.sums;
            for (int i = 0; i < pieces.length; i++) {
                pieces[i].run(panel + i * block.aPiece, b + i * block.bPiece, target, 0);
            }
            if (finish != null) {
                finish.run(target, 0, c, 0);
            }
        }
    }

    @Override
    public void run(long firstA, long b, long firstC, long scratch) {
        long panel = firstA;
        long target = firstC;
        if (full != null) {
            for (int row = 0; row + Bf16Table.PANEL < rows; row += Bf16Table.PANEL) {
                full.run(this, panel, b, target, scratch);
                panel += a;
                target += c;
            }
        }
        last.run(this, panel, b, target, scratch);
    }
}
