package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
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
    /** A panel of A of this depth fills two thirds of the first cache, and passes of B leave it there. */
    private static final int PIECE = 512;

    /** Deeper products are cut into blocks by the driver. */
    private static final int DEPTH = 2048;

    /** A strip of B that stays in the second cache. */
    private static final long STRIP_BYTES = 1 << 20;

    private static final int MOST_COLUMNS = 512;
    private static final int MOST_ROWS = 512;
    private static final int FEWEST_ROWS = 64;

    /** Tasks of a large product: each packs panels of A for itself, so more would pack more. */
    private static final int FEWEST_TASKS = 4;

    /** What a task does at least: some microseconds. */
    private static final double TASK_FLOPS = 8e6;

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
        int parts = Math.max(1, Math.ceilDiv(FEWEST_TASKS, strips));
        int rows = Math.ceilDiv(Math.ceilDiv(product.m(), parts), Bf16Table.PANEL) * Bf16Table.PANEL;
        double flops = 2.0 * product.m() * product.n() * product.k();
        return new Blocking(
                Math.clamp(rows, FEWEST_ROWS, MOST_ROWS),
                strip,
                DEPTH,
                Bf16Table.PANEL,
                Bf16Table.PANEL,
                Bf16Table.K_STEP,
                Math.max(TASK_FLOPS, flops / FEWEST_TASKS));
    }

    private int strip() {
        long line = (long) Bf16Table.K_STEP * Short.BYTES * Bf16Table.steps(Math.clamp(product.k(), 1, DEPTH));
        return (int) Math.min(MOST_COLUMNS, STRIP_BYTES / line / Bf16Table.PANEL * Bf16Table.PANEL);
    }

    @Override
    public long packedA(int rows, int k) {
        return packsPanels() ? 0 : Bf16Table.packed(rows, k);
    }

    /** Rows of A whose elements are side by side are packed panel by panel, by the product. */
    private boolean packsPanels() {
        return product.aK() == bytes;
    }

    /** Tiles are read from A itself if they are whole and their rows do not compete for the same places in the first cache. */
    private boolean isInPlace() {
        return tiles
                && product.dtype() == DType.BF16
                && packsPanels()
                && product.k() % Bf16Table.K_STEP == 0
                && product.aRow() % Bf16Table.LINE == 0
                && ((product.aRow() == (long) product.k() * bytes && product.k() <= PIECE)
                        || product.aRow() % 2048 != 0);
    }

    @Override
    public long packedB(int columns, int k) {
        return Bf16Table.packed(columns, k);
    }

    /** A panel of A, and sums of a panel of C. */
    @Override
    public long scratch() {
        int k = Math.min(DEPTH, product.k());
        return Bf16Table.packed(1, k) + (k > PIECE ? (long) Bf16Table.PANEL * MOST_COLUMNS * Float.BYTES : 0);
    }

    /** bf16 results of one block of k are rounded at once. */
    @Override
    public int sumBytes() {
        return product.dtype() == DType.BF16 && product.k() > DEPTH ? Float.BYTES : 0;
    }

    @Override
    public Step packA(int rows, int k) {
        return pack(false, rows, k, product.aRow(), product.aK());
    }

    @Override
    public Step packB(int columns, int k) {
        return pack(true, columns, k, product.bColumn(), product.bK());
    }

    private Step pack(boolean right, int count, int k, long stride, long kStride) {
        boolean along = kStride == bytes || k == 1;
        boolean across = stride == bytes || count == 1;
        Bf16Packing.Form first = right ? Bf16Packing.Form.ACROSS_K : Bf16Packing.Form.ALONG_K;
        Bf16Packing.Form second = right ? Bf16Packing.Form.ALONG_K : Bf16Packing.Form.ACROSS_K;
        Bf16Packing.Form form =
                (right ? across : along) ? first : (right ? along : across) ? second : Bf16Packing.Form.SCATTERED;
        boolean rounding = product.dtype() == DType.F32;
        String name = "bf16-pack-" + (right ? "b-" : "a-") + form + (rounding ? "-f32" : "-bf16");
        return Bf16Table.packing(
                entry(name, () -> Bf16Packing.write(rounding, right, form)), count, k, stride, kStride);
    }

    @Override
    public Step product(int rows, int columns, int k, boolean accumulate, long cRow) {
        boolean packs = packsPanels() && !isInPlace();
        boolean narrow = product.dtype() == DType.BF16 && sumBytes() == 0;
        if (k == 0 || (!packs && k <= PIECE)) {
            return multiply(rows, columns, k, k, accumulate, cRow, narrow);
        }
        long aPanel = packsPanels() ? Bf16Table.PANEL * product.aRow() : Bf16Table.packed(1, k);
        int last = (rows - 1) % Bf16Table.PANEL + 1;
        return new Bf16Panels(
                rows,
                aPanel,
                Bf16Table.PANEL * cRow,
                isInPlace() ? (long) PIECE * bytes : Bf16Table.packed(1, PIECE),
                Bf16Table.packed(1, PIECE),
                Bf16Table.packed(1, k),
                rows > Bf16Table.PANEL ? panel(Bf16Table.PANEL, columns, k, accumulate, cRow, narrow) : null,
                panel(last, columns, k, accumulate, cRow, narrow));
    }

    private Bf16Panels.Panel panel(int rows, int columns, int k, boolean accumulate, long cRow, boolean narrow) {
        Step[] pieces = new Step[Math.ceilDiv(k, PIECE)];
        boolean apart = narrow && pieces.length > 1;
        long sumRow = (long) columns * Float.BYTES;
        for (int i = 0; i < pieces.length; i++) {
            int depth = Math.min(PIECE, k - i * PIECE);
            pieces[i] = multiply(rows, columns, depth, k, accumulate || i > 0, apart ? sumRow : cRow, narrow && !apart);
        }
        return new Bf16Panels.Panel(
                packsPanels() && !isInPlace() ? packA(rows, k) : null,
                pieces,
                apart ? finish(rows, columns, sumRow) : null);
    }

    /**
     * A product on the code of this processor.
     *
     * @param k depth of this product
     * @param packedK depth of the packed blocks it is part of
     */
    private Step multiply(int rows, int columns, int k, int packedK, boolean accumulate, long cRow, boolean narrow) {
        String name = "bf16-product-" + (tiles ? "amx" : "avx512") + (narrow ? "-bf16" : "-f32");
        Entry code = entry(name, () -> tiles ? AmxProduct.write(narrow) : Bf16Product.write(narrow));
        long aRow = isInPlace() ? product.aRow() : 0;
        return Bf16Table.product(code, rows, columns, k, accumulate, cRow, aRow, Bf16Table.packed(1, packedK));
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
