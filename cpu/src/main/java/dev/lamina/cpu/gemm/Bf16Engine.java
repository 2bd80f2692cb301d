package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import java.util.function.Supplier;

/**
 * Products of bf16 elements, or of f32 elements rounded to bf16, with sums in f32: on the tile unit, or with AVX512-BF16.
 *
 * <p>Both instructions take subnormal operands, products and sums as 0 and round to nearest, ties to even, whatever the mode of the thread
 * is. The tile unit adds the products of 32 k in two chains, even and odd, and then adds both to the sum; vdpbf16ps adds pair by pair.
 * So with |e| &lt;= k 2<sup>-24</sup> / (1 - k 2<sup>-24</sup>), a result differs from the exact product of the rounded operands by at
 * most e sum |a b|, and k (max |a| + max |b| + 1) 2<sup>-126</sup> for what was subnormal.
 */
final class Bf16Engine implements Engine {
    /** Deeper products are cut into blocks by the driver. */
    private static final int DEPTH = 2048;

    /** A panel of A that stays in the first cache while B passes by. */
    private static final long NEAR_BYTES = Caches.machine().l1() * 2 / 3;

    /** A strip of B that stays in the second cache. */
    private static final long STRIP_BYTES = Caches.machine().l2() / 2;

    private static final int MOST_COLUMNS = 512;
    private static final int MOST_ROWS = 512;

    /** A task multiplies at least so many rows by a strip of B, or so many columns by a block of A. */
    private static final int FEWEST = 64;

    /** Columns that use a panel of A which comes from behind the second cache while it is asked for: enough to hide that. */
    private static final int WIDE = 256;

    /** Tasks of a large product: each packs a strip of B or panels of A for itself, so more would pack more. */
    private static final int FEWEST_TASKS = 4;

    /** What a task does at least: some microseconds; smaller ones would read A too often. */
    private static final double TASK_FLOPS = 16e6;

    private final Product product;
    private final boolean tiles;
    private final int bytes;

    private Bf16Engine(Product product, Isa isa) {
        this.product = product;
        tiles = isa.amx();
        bytes = product.dtype().bytes();
    }

    static boolean takes(Product product, Isa isa) {
        boolean right =
                product.dtype() == DType.BF16 || (product.dtype() == DType.F32 && product.rounded() == DType.BF16);
        return right && isa.vectorBits() == 512 && isa.bf16();
    }

    static Engine of(Product product, Isa isa) {
        return new Bf16Engine(product, isa);
    }

    @Override
    public Blocking blocking() {
        int strip = strip();
        int strips = Math.ceilDiv(product.n(), strip);
        double flops = 2.0 * product.m() * product.n() * product.k();
        int tasks = (int) Math.clamp(flops / TASK_FLOPS, 1, FEWEST_TASKS);
        int parts = Math.max(1, Math.ceilDiv(tasks, strips));
        if (product.m() <= FEWEST && strips == 1 && product.n() >= 2 * FEWEST) {
            // Each task packs all of A, so of few rows there are fewer tasks rather than narrower ones.
            parts = Math.min(parts, product.n() / FEWEST);
            tasks = parts;
        }
        int rows = MOST_ROWS;
        boolean isFew = product.m() <= MOST_ROWS && product.n() >= parts * FEWEST;
        boolean passes = isInPlace() && product.k() <= DEPTH && product.n() >= parts * strips * WIDE;
        if (isFew || passes) {
            // All rows, fewer columns: each task packs its own part of B, and none waits for another.
            rows = Math.max(rows, whole(product.m()));
            strip = whole(Math.ceilDiv(product.n(), parts * strips));
        } else {
            rows = Math.clamp(whole(Math.ceilDiv(product.m(), parts)), FEWEST, MOST_ROWS);
        }
        return new Blocking(
                rows,
                strip,
                DEPTH,
                Bf16Table.PANEL,
                Bf16Table.PANEL,
                Bf16Table.K_STEP,
                Math.max(TASK_FLOPS, flops / Math.max(tasks, 2)));
    }

    private static int whole(int count) {
        return Bf16Table.panels(count) * Bf16Table.PANEL;
    }

    private int strip() {
        long line = (long) Bf16Table.K_STEP * Short.BYTES * Bf16Table.steps(Math.clamp(product.k(), 1, DEPTH));
        return Math.clamp(STRIP_BYTES / line / Bf16Table.PANEL * Bf16Table.PANEL, Bf16Table.PANEL, MOST_COLUMNS);
    }

    @Override
    public long packedA(int rows, int k) {
        return packsPanels() ? 0 : Bf16Table.packed(rows, k);
    }

    /** Rows of A whose elements are side by side are packed panel by panel, by the product. */
    private boolean packsPanels() {
        return product.aK() == bytes;
    }

    /** Tiles are read from A itself if they are whole and no row of them is in two lines. */
    private boolean isInPlace() {
        return tiles
                && product.dtype() == DType.BF16
                && packsPanels()
                && product.k() % Bf16Table.K_STEP == 0
                && product.aRow() != 0
                && product.aRow() % Bf16Table.LINE == 0;
    }

    /** Whether a panel of A stays in the first cache: it is small, and its rows do not compete for the same places. */
    private boolean isNear(int k) {
        boolean spread = !isInPlace() || product.aRow() == (long) product.k() * bytes || product.aRow() % 2048 != 0;
        return Bf16Table.packed(1, k) <= NEAR_BYTES && spread;
    }

    @Override
    public long packedB(int columns, int k) {
        return Bf16Table.packed(columns, k);
    }

    /** A panel of A. */
    @Override
    public long scratch() {
        return packsPanels() && !isInPlace() ? Bf16Table.packed(1, Math.min(DEPTH, product.k())) : 0;
    }

    /** bf16 results of one block of k are rounded at once. */
    @Override
    public int sumBytes() {
        return product.dtype() == DType.BF16 && product.k() > DEPTH ? Float.BYTES : 0;
    }

    @Override
    public Step packA(int rows, int k) {
        return Bf16Packing.step(product.dtype(), false, rows, k, product.aRow(), product.aK());
    }

    @Override
    public Step packB(int columns, int k) {
        return Bf16Packing.step(product.dtype(), true, columns, k, product.bColumn(), product.bK());
    }

    @Override
    public Step product(int rows, int columns, int k, boolean accumulate, long cRow) {
        boolean narrow = product.dtype() == DType.BF16 && sumBytes() == 0;
        if (k == 0 || !packsPanels() || isInPlace()) {
            return multiply(rows, columns, k, accumulate, cRow, narrow);
        }
        int last = (rows - 1) % Bf16Table.PANEL + 1;
        return new Bf16Panels(
                rows,
                Bf16Table.PANEL * product.aRow(),
                Bf16Table.PANEL * cRow,
                packA(Bf16Table.PANEL, k),
                multiply(Bf16Table.PANEL, columns, k, accumulate, cRow, narrow),
                packA(last, k),
                multiply(last, columns, k, accumulate, cRow, narrow));
    }

    /** A product on the code of this processor. */
    private Step multiply(int rows, int columns, int k, boolean accumulate, long cRow, boolean narrow) {
        boolean near = isNear(k);
        String name = "bf16-product-" + (tiles ? near ? "amx-near" : "amx" : "avx512") + (narrow ? "-bf16" : "-f32");
        Entry code = entry(name, () -> tiles ? AmxProduct.write(narrow, near) : Bf16Product.write(narrow));
        return Bf16Table.product(code, rows, columns, k, accumulate, cRow, isInPlace() ? product.aRow() : 0);
    }

    @Override
    public Step finish(int rows, int columns, long sumRow) {
        Entry code = entry("bf16-finish", Bf16Finish::write);
        return Bf16Table.finish(code, rows, columns, sumRow, product.cRow());
    }

    private static Entry entry(String name, Supplier<Assembler> writer) {
        return Library.entry(name, name, writer);
    }
}
