package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;

/** Products of f32 and f64. */
final class FloatEngine implements Engine {
    /** Bytes of a packed panel of B: most of a first-level cache. */
    private static final int PANEL_BYTES = 33 << 10;

    private static final double TASK_FLOPS = 2e6;

    private final Product product;
    private final Lanes lanes;
    private final Packing packing;
    private final int rows;
    private final int vectors;
    private final boolean copiesB;
    private final boolean packsB;
    private final boolean packsA;

    private FloatEngine(Product product, Isa isa) {
        this.product = product;
        lanes = lanes(product, isa);
        packing = new Packing(lanes);
        int most = lanes.isWide() ? 14 : 6;
        int needed = Math.ceilDiv(product.n(), lanes.count());
        rows = Math.ceilDiv(product.m(), Math.ceilDiv(product.m(), most));
        vectors = Math.min(needed, (lanes.registers() - 1) / (rows + 1));
        packsB = product.n() > 1 && product.bColumn() != lanes.elementBytes();
        copiesB = !packsB && product.m() >= 3 * rows;
        packsA = product.m() > rows
                && needed > 4 * vectors
                && (competes(product.aRow(), product.aK()) || competes(product.aK(), product.aRow()));
    }

    private static Lanes lanes(Product product, Isa isa) {
        return new Lanes(isa.vectorBits(), product.dtype().bytes());
    }

    /** Whether neighbours far away from each other share a place in the cache. */
    private boolean competes(long far, long near) {
        return near == lanes.elementBytes() && far % 2048 == 0;
    }

    /** Whether there is code for it: columns of B must not be too far apart for gathers. */
    static boolean takes(Product product, Isa isa) {
        boolean right = product.dtype() == DType.F32 || product.dtype() == DType.F64;
        return right
                && product.rounded() == product.dtype()
                && Math.abs(product.bColumn())
                        < Integer.MAX_VALUE / lanes(product, isa).count();
    }

    static Engine of(Product product, Isa isa) {
        return new FloatEngine(product, isa);
    }

    @Override
    public Blocking blocking() {
        int unit = vectors * lanes.count();
        int depth = copiesB || packsB || packsA ? PANEL_BYTES / (vectors * lanes.bytes()) : Integer.MAX_VALUE;
        int columns = packsB ? 4 : Math.max(1, 2048 / unit);
        return new Blocking(36 * rows, columns * unit, depth, rows, unit, 1, TASK_FLOPS);
    }

    @Override
    public long packedA(int blockRows, int k) {
        if (!packsA) {
            return 0;
        }
        long tiled = (long) Math.ceilDiv(blockRows, rows) * rows * k * lanes.elementBytes();
        long bytes = isTransposedA() ? tiled : blockRows * packing.rowBytes(k);
        return Math.ceilDiv(bytes, 64) * 64 + 64;
    }

    private boolean isTransposedA() {
        return product.aRow() == lanes.elementBytes();
    }

    @Override
    public long packedB(int columns, int k) {
        return packsB ? packing.panelBytes(columns, vectors, k) : 0;
    }

    @Override
    public long scratch() {
        return copiesB ? TileCode.HEADER + Math.ceilDiv(PANEL_BYTES, 64) * 64 : 0;
    }

    @Override
    public int sumBytes() {
        return 0;
    }

    @Override
    public Step packA(int blockRows, int k) {
        return isTransposedA()
                ? packing.tiles(blockRows, Math.min(rows, blockRows), k, product.aK())
                : packing.rows(blockRows, k, product.aRow());
    }

    @Override
    public Step packB(int columns, int k) {
        return packing.panels(columns, vectors, k, product.bK(), product.bColumn());
    }

    @Override
    public Step product(int blockRows, int columns, int k, boolean accumulate, long cRow) {
        int tileRows = Math.min(rows, blockRows);
        int tiles = blockRows / tileRows;
        int panelColumns = vectors * lanes.count();
        int panels = columns / panelColumns;
        int rest = columns % panelColumns;
        int used = rest % lanes.count();
        boolean copies = copiesB && blockRows > tileRows;
        long panel = (long) vectors * lanes.bytes();
        long aRow = !packsA ? product.aRow() : isTransposedA() ? lanes.elementBytes() : packing.rowBytes(k);
        long aK = packsA && isTransposedA() ? (long) tileRows * lanes.elementBytes() : product.aK();
        TileCode.Key key = new TileCode.Key(
                lanes,
                tileRows,
                blockRows % tileRows,
                panels > 0 ? vectors : 0,
                Math.ceilDiv(rest, lanes.count()),
                used > 0,
                copies);
        Entry entry = Library.entry(name(key), key, () -> TileCode.write(key));
        return new Call(entry, TileCode.BYTES, copies)
                .put(TileCode.A_ROW, aRow)
                .put(TileCode.A_K, aK)
                .put(TileCode.B_K, packsB ? panel : product.bK())
                .put(TileCode.C_ROW, cRow)
                .put(TileCode.K, k)
                .put(TileCode.PANELS, panels)
                .put(TileCode.TILES, tiles)
                .put(TileCode.A_TILE, packsA && isTransposedA() ? aK * k : tileRows * aRow)
                .put(TileCode.ACCUMULATE, accumulate ? 1 : 0)
                .put(TileCode.B_PANEL, packsB ? panel * k : panel)
                .put(TileCode.C_TILE, tileRows * cRow)
                .mask(TileCode.MASK, TileCode.LANES, lanes, used);
    }

    @Override
    public Step finish(int blockRows, int columns, long sumRow) {
        throw new IllegalStateException("gemm: sums are in C");
    }

    private String name(TileCode.Key key) {
        return "gemm-" + product.dtype() + "-" + lanes.bits() + "-" + key.rows() + "x" + key.vectors();
    }
}
