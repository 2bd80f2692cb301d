package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;

/**
 * Products of f32 on the tile unit, with the accuracy of f32: both factors are split in three parts of bf16, and six products of parts
 * are summed ({@link SplitCode}). The unit does 16 times as many operations as the vector units, so this is up to 2.7 times as fast, and still
 * somewhat faster when another tenant of the core uses the unit, too. Sums of 32 k are added at a time: errors are about half of those of
 * one chain of sums.
 *
 * <p>With |e| &lt;= (k + 24) 2<sup>-24</sup> / (1 - (k + 24) 2<sup>-24</sup>), a result differs from the exact product by at most
 * (e + 2<sup>-22</sup>) sum |a b|, and k (max |a| + max |b| + 1) 2<sup>-125</sup> for what is subnormal.
 */
final class SplitEngine implements Engine {
    /** Deeper products are cut into blocks by the driver. Most have one block: to go on with sums in C at 256 costs some 15 %. */
    private static final int DEPTH = 1024;

    /** A block of A stays in the second cache, while panels of B pass by. */
    private static final long BLOCK_BYTES = Caches.machine().l2() * 3 / 8;

    private static final int STRIP = 256;

    /** What a task does at least: some hundred microseconds; of a small product, half of it. */
    private static final double TASK_FLOPS = 32e6;

    private static final double LEAST_TASK_FLOPS = 4e6;

    /** Multiplications for each number that is split, and terms of a sum, below which that costs more than it saves. */
    private static final int FEWEST_USES = 60;

    private static final int FEWEST_USES_MEANWHILE = 48;

    private static final int FEWEST_TERMS = 64;

    /** A block of A with fewer rows than this is all of A. */
    private static final int FLAT_ROWS = 512;

    /** Rows of a task of more. */
    private static final int TASK_ROWS = 256;

    /** Columns of a strip of a flat product. */
    private static final int FLAT_STRIP = 128;

    /** Terms from which on tasks of it would rather split A once than be many. */
    private static final int DEEP = 512;

    /** Rows of a product whose B has been split before. */
    private static final int FEWEST_KEPT = 8;

    private static final int MOST_KEPT = 32;

    private final Product product;

    /** Whether B is split by the product itself, panel by panel. */
    private final boolean inPlace;

    private SplitEngine(Product product, boolean inPlace) {
        this.product = product;
        this.inPlace = inPlace;
    }

    static boolean takes(Product product, Isa isa) {
        double m = product.m();
        double n = product.n();
        double k = product.k();
        // Tiles at the edge take as long as whole ones.
        double padded = 16.0 * 16 * Math.ceilDiv(product.m(), 16) * Math.ceilDiv(product.n(), 16);
        boolean full = 4 * m * n * k >= 3 * padded * Bf16Table.K_STEP * Bf16Table.steps(product.k());
        int fewest = splitsMeanwhile(product) ? FEWEST_USES_MEANWHILE : FEWEST_USES;
        return can(product, isa)
                && full
                && m * n >= fewest * (m + n)
                && k >= FEWEST_TERMS
                && isDense(product.aRow(), product.aK())
                && isDense(product.bColumn(), product.bK());
    }

    /** Whether the vector units split B while the tile unit multiplies: columns are side by side, and all of B is near. */
    private static boolean splitsMeanwhile(Product product) {
        return product.bColumn() == Float.BYTES
                && Math.min(product.m(), product.n()) > Bf16Table.PANEL
                && product.k() >= Bf16Table.K_STEP
                && (long) product.n() * product.k() * Float.BYTES
                        <= Caches.machine().l2() * 3 / 8;
    }

    /** Whether neighbours of one kind are side by side: others are packed one by one. */
    private static boolean isDense(long stride, long kStride) {
        return stride == Float.BYTES || kStride == Float.BYTES;
    }

    /** Whether a product of few rows is faster like this where B has been split before: it stays in the second cache. */
    static boolean keeps(Product product, Isa isa) {
        return can(product, isa)
                && product.m() >= FEWEST_KEPT
                && product.m() <= MOST_KEPT
                && product.n() >= Bf16Table.PANEL
                && product.k() >= Bf16Table.K_STEP
                && planes(product.n(), product.k()) <= Caches.machine().l2() * 3 / 4;
    }

    private static boolean can(Product product, Isa isa) {
        boolean tiles = isa.vectorBits() == 512 && isa.bf16() && isa.amx();
        return tiles && product.dtype() == DType.F32 && product.rounded() == DType.F32;
    }

    static Engine of(Product product) {
        return new SplitEngine(product, splitsMeanwhile(product));
    }

    /** The same for a B that is split before. */
    static Engine kept(Product product) {
        return new SplitEngine(product, false);
    }

    @Override
    public Blocking blocking() {
        // A task takes whole rows of blocks, so that A is split once; of few rows it takes some columns, so that B is.
        boolean flat = product.m() < FLAT_ROWS;
        int most = flat ? (int) (BLOCK_BYTES / planes(product.m(), 1)) * Bf16Table.K_STEP : DEPTH;
        int depth = Math.ceilDiv(product.k(), Math.ceilDiv(product.k(), Math.min(DEPTH, most)));
        int rows = (int) Math.max(1, BLOCK_BYTES / planes(1, depth)) * Bf16Table.PANEL;
        int strip = product.m() <= MOST_KEPT ? Math.max(1, product.n()) : flat && !inPlace ? FLAT_STRIP : STRIP;
        double half = (double) product.m() * product.n() * product.k();
        return new Blocking(
                rows,
                strip,
                depth,
                Bf16Table.PANEL,
                Bf16Table.PANEL,
                Bf16Table.K_STEP,
                Math.clamp(half, LEAST_TASK_FLOPS, TASK_FLOPS),
                flat ? FLAT_ROWS : Math.min(rows, TASK_ROWS),
                flat && product.k() < DEEP ? Math.min(strip, FLAT_STRIP) : Math.max(STRIP, product.n()));
    }

    private static long planes(int count, int k) {
        return SplitCode.PLANES * Bf16Table.packed(count, k);
    }

    @Override
    public long packedA(int rows, int k) {
        return planes(rows, k) + Bf16Table.LINE;
    }

    @Override
    public long packedB(int columns, int k) {
        return inPlace ? 0 : planes(columns, k) + Bf16Table.LINE;
    }

    @Override
    public long scratch() {
        return inPlace ? Bf16Table.LINE + 2 * (planes(1, blocking().k()) + Bf16Table.LINE) : 0;
    }

    @Override
    public int sumBytes() {
        return 0;
    }

    @Override
    public Step packA(int rows, int k) {
        return Bf16Packing.split(false, rows, k, product.aRow(), product.aK());
    }

    @Override
    public Step packB(int columns, int k) {
        return Bf16Packing.split(true, columns, k, product.bColumn(), product.bK());
    }

    @Override
    public Step product(int rows, int columns, int k, boolean accumulate, long cRow) {
        if (!inPlace) {
            return packed(rows, columns, k, accumulate, cRow);
        }
        Step all = null;
        if (rows > Bf16Table.PANEL && columns > Bf16Table.PANEL && k >= Bf16Table.K_STEP && !accumulate) {
            Entry code = Library.entry("split-in-place", "split-in-place", () -> SplitTiles.write(true));
            all = Bf16Table.splitting(code, rows, columns, k, cRow, product.bK());
        }
        int last = columns % Bf16Table.PANEL;
        return new SplitPanels(
                all,
                packB(Bf16Table.PANEL, k),
                packed(rows, Bf16Table.PANEL, k, accumulate, cRow),
                packB(Math.max(1, last), k),
                packed(rows, Math.max(1, last), k, accumulate, cRow),
                columns,
                planes(rows, k),
                planes(1, k),
                k);
    }

    private Step packed(int rows, int columns, int k, boolean accumulate, long cRow) {
        Entry tiles = Library.entry("split-tiles", "split-tiles", () -> SplitTiles.write(false));
        Entry exact = Library.entry("split-exact", "split-exact", SplitExact::write);
        return new SplitProduct(
                Bf16Table.split(tiles, rows, columns, k, accumulate, cRow),
                Bf16Table.split(exact, rows, columns, k, accumulate, cRow),
                planes(rows, k),
                planes(columns, k),
                k);
    }

    @Override
    public Step finish(int rows, int columns, long sumRow) {
        throw new IllegalStateException("gemm: sums are in C");
    }
}
