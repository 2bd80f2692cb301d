package dev.lamina.cpu.gemm;

/** Products of small f32 matrices that lie in a caller's workspace as the code likes them best, one call of {@link TileCode} each. */
public final class TileProduct {
    private TileProduct() {}

    /** Vectors of a panel of B. */
    public static int vectors() {
        return 2;
    }

    /**
     * C = A B, or C += A B: a = A (m, k), b = B (k, n), c = C (m, n). Strides are in bytes; neighbours in rows of B and C lie side by side, and rows
     * of both have room for whole vectors.
     *
     * @param lanes of f32
     * @param bPanel from a panel of {@link #vectors} columns of B to the next
     */
    public static Step of(
            Lanes lanes, int m, int n, int k, long aRow, long aK, long bK, long bPanel, long cRow, boolean accumulate) {
        int most = lanes.isWide() ? 14 : 6;
        int rows = Math.ceilDiv(m, Math.ceilDiv(m, most));
        int panels = n / (vectors() * lanes.count());
        int last = Math.ceilDiv(n % (vectors() * lanes.count()), lanes.count());
        TileCode.Key key =
                new TileCode.Key(lanes, rows, m % rows, panels > 0 ? vectors() : 0, last, false, false, false, 0);
        String name = "gemm-" + key;
        return new Call(Library.entry(name, name, () -> TileCode.write(key)), TileCode.BYTES, false)
                .put(TileCode.A_ROW, aRow)
                .put(TileCode.A_K, aK)
                .put(TileCode.B_K, bK)
                .put(TileCode.C_ROW, cRow)
                .put(TileCode.K, k)
                .put(TileCode.PANELS, panels)
                .put(TileCode.TILES, m / rows)
                .put(TileCode.A_TILE, rows * aRow)
                .put(TileCode.ACCUMULATE, accumulate ? 1 : 0)
                .put(TileCode.B_PANEL, bPanel)
                .put(TileCode.C_TILE, rows * cRow);
    }
}
