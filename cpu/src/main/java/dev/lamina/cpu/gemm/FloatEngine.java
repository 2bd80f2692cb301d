package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Isa;

/** Products of f32 and f64. */
final class FloatEngine implements Engine {
    /** Bytes of a packed panel of B: most of a first-level cache. */
    private static final int PANEL_BYTES = (int) (Caches.machine().l1() * 11 / 16);

    /** Tiles of rows above which one more costs little. */
    private static final int MANY_TILES = 8;

    private static final double TASK_FLOPS = 4e6;

    /**
     * Bytes between rows of B from which on rows are copied as a whole: panel by panel, each would be another page. A tile of A whose
     * elements lie so far apart has its lines in few places of the first-level cache.
     */
    private static final long FAR = 2048;

    /** Vectors of a panel whose columns are turned: enough chains of sums, and a panel is deep. */
    private static final int MOST_TURNED = 4;

    /** Bytes of a packed panel that few rows use: it may be in the second-level cache. */
    private static final int FLAT_PANEL_BYTES = (int) (Caches.machine().l2() / 16);

    /** Elements of B for each row of A from which on packing costs more than it gains. */
    private static final int MANY = 1 << 14;

    /** So many tiles of rows are few. */
    private static final int FEW = 5;

    /** Bytes of a row of B that are read at a time then, and rows of such a block: two of them stay in the second-level cache. */
    private static final int RUN_BYTES = 4096;

    private static final int RUNS = 32;

    private final Product product;
    private final Lanes lanes;
    private final Packing packing;
    private final int rows;
    private final int vectors;
    private final boolean copiesB;
    private final boolean packsB;

    /** Whether columns of B lie side by side. */
    private final boolean sideBySide;

    private final boolean packsA;

    /** Whether few rows use a large B, which is read in long runs for that, each block while the one before is multiplied. */
    private final boolean streams;

    private FloatEngine(Product product, Isa isa) {
        this.product = product;
        lanes = lanes(product, isa);
        packing = new Packing(lanes);
        int most = lanes.isWide() ? 14 : 6;
        int needed = Math.ceilDiv(product.n(), lanes.count());
        int tiles = Math.ceilDiv(product.m(), most);
        // Many are an even number, so that two threads get the same.
        rows = Math.ceilDiv(product.m(), tiles > MANY_TILES ? tiles + tiles % 2 : tiles);
        sideBySide = product.n() == 1 || product.bColumn() == lanes.elementBytes();
        boolean isFar = sideBySide && Math.abs(product.bK()) >= FAR;
        boolean isFew = product.m() <= FEW * most;
        streams = isFar && isFew && product.m() > 2 && (long) product.n() * product.k() >= (long) MANY * product.m();
        packsB = !sideBySide || (product.m() > 6 * rows && isFar && !streams);
        int widest = (lanes.registers() - 1) / (rows + 1);
        vectors = Math.min(needed, sideBySide ? widest : Math.min(widest, MOST_TURNED));
        copiesB = !packsB && !streams && product.m() >= 3 * rows;
        boolean isScattered = Math.max(Math.abs(product.aRow()), Math.abs(product.aK())) >= FAR;
        int worth = isScattered && product.m() > 6 * rows ? 2 : 4;
        packsA = product.m() > rows && needed > worth * vectors && isNear(product.aRow(), lanes);
    }

    private static Lanes lanes(Product product, Isa isa) {
        return new Lanes(isa.vectorBits(), product.dtype().bytes());
    }

    /** Whether there is code for it: columns of B must not be too far apart for gathers. */
    static boolean takes(Product product, Isa isa) {
        boolean right = product.dtype() == DType.F32 || product.dtype() == DType.F64;
        return right && product.rounded() == product.dtype() && isNear(product.bColumn(), lanes(product, isa));
    }

    /** Whether gathers, which count in 32 bits, reach as many neighbours as there are lanes. */
    private static boolean isNear(long distance, Lanes lanes) {
        return Math.abs(distance) < Integer.MAX_VALUE / lanes.count();
    }

    static Engine of(Product product, Isa isa) {
        return new FloatEngine(product, isa);
    }

    @Override
    public Blocking blocking() {
        int unit = vectors * lanes.count();
        if (streams) {
            int columns = Math.max(unit, RUN_BYTES / lanes.elementBytes() / unit * unit);
            int all = Math.ceilDiv(product.m(), rows) * rows;
            return new Blocking(all, columns, RUNS, rows, unit, 1, TASK_FLOPS, all, columns / 2);
        }
        boolean isFlat = packsB && product.m() <= 2 * rows;
        int panel = isFlat ? FLAT_PANEL_BYTES : PANEL_BYTES;
        int depth = copiesB || packsB || packsA ? panel / (vectors * lanes.bytes()) : Integer.MAX_VALUE;
        if (!packsA && product.m() > rows && Math.abs(product.aK()) >= FAR) {
            // A tile reads some bytes of each row of the stored A: the tiles after it should find the rest in the
            // cache.
            depth = Math.min(depth, RUNS);
        }
        int columns = isFlat ? 1 : packsB ? 8 : Math.max(1, 2048 / unit);
        int leastRows = (copiesB || packsB ? 12 : 4) * rows;
        int leastColumns = (packsA ? 16 : 1) * unit;
        return new Blocking(36 * rows, columns * unit, depth, rows, unit, 1, TASK_FLOPS, leastRows, leastColumns);
    }

    @Override
    public int deepest() {
        return copiesB ? PANEL_BYTES / (vectors * lanes.bytes()) : Integer.MAX_VALUE;
    }

    @Override
    public long packedA(int blockRows, int k) {
        return packsA ? packing.tileBytes(blockRows, Math.min(rows, blockRows), k) : 0;
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
        return packing.tiles(blockRows, Math.min(rows, blockRows), k, product.aRow(), product.aK());
    }

    @Override
    public Step packB(int columns, int k) {
        return sideBySide
                ? packing.rowsToPanels(columns, vectors, k, product.bK())
                : packing.panels(columns, vectors, k, product.bK(), product.bColumn());
    }

    @Override
    public Step product(int blockRows, int columns, int k, boolean accumulate, long cRow) {
        int tileRows = Math.min(rows, blockRows);
        int tiles = blockRows / tileRows;
        int panelColumns = vectors * lanes.count();
        int panels = columns / panelColumns;
        int rest = columns % panelColumns;
        boolean copies = copiesB && blockRows > tileRows;
        long panel = (long) vectors * lanes.bytes();
        long aRow = packsA ? lanes.elementBytes() : product.aRow();
        long aK = packsA ? (long) tileRows * lanes.elementBytes() : product.aK();
        long nextPanel = packsB ? panel * k : panel;
        int fetches = streams ? streamed(Math.ceilDiv(blockRows, tileRows)) : copies || packsB ? 1 : 0;
        TileCode.Key key = new TileCode.Key(
                lanes,
                tileRows,
                blockRows % tileRows,
                panels > 0 ? vectors : 0,
                Math.ceilDiv(rest, lanes.count()),
                rest % lanes.count() > 0,
                copies,
                packsA,
                fetches);
        String name = "gemm-" + key;
        return new Call(Library.entry(name, name, () -> TileCode.write(key)), TileCode.BYTES, copies)
                .put(TileCode.A_ROW, aRow)
                .put(TileCode.A_K, aK)
                .put(TileCode.B_K, packsB ? panel : product.bK())
                .put(TileCode.C_ROW, cRow)
                .put(TileCode.K, k)
                .put(TileCode.PANELS, panels)
                .put(TileCode.TILES, tiles)
                .put(TileCode.A_TILE, packsA ? aK * k : tileRows * aRow)
                .put(TileCode.ACCUMULATE, accumulate ? 1 : 0)
                .put(TileCode.B_PANEL, nextPanel)
                .put(TileCode.FETCH, streams ? k * product.bK() : nextPanel)
                .put(TileCode.B_BACK, 64L * fetches - k * (packsB ? panel : product.bK()))
                .put(TileCode.C_TILE, tileRows * cRow)
                .mask(TileCode.MASK, TileCode.LANES, lanes, rest % lanes.count());
    }

    /** Lines of each row of the next block that one of the tiles of a panel has to bring. */
    private int streamed(int tiles) {
        return Math.ceilDiv(vectors * lanes.bytes(), 64 * tiles);
    }

    @Override
    public Step finish(int blockRows, int columns, long sumRow) {
        throw new IllegalStateException("gemm: sums are in C");
    }
}
