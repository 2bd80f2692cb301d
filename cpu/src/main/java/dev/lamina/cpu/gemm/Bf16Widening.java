package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;

/**
 * Products of bf16 elements, or of f32 elements rounded to bf16, for processors without instructions for them: blocks are converted to f32
 * and go to {@link FloatEngine}. Products of two bf16 numbers are exact in f32, so the sums are what they are for f32.
 */
final class Bf16Widening implements Engine {
    private static final int DEPTH = 256;
    private static final int STRIP = 512;
    private static final int MOST_ROWS = 256;

    private final Product product;
    private final Engine inner;
    private final Side a;
    private final Side b;
    private final Blocking blocking;

    /**
     * How an operand lies in its converted block.
     *
     * @param turned whether lines of the block run across k
     * @param line bytes from line to line of the block
     * @param contiguous whether lines have no gaps in place
     */
    private record Side(boolean turned, long line, boolean contiguous) {
        static Side of(long stride, long kStride, int bytes, int most) {
            boolean turned = stride == bytes && kStride != bytes;
            // Not a multiple of a page, so that lines do not compete for places in the cache.
            long line = (turned ? most : DEPTH) * (long) Float.BYTES + 64;
            return new Side(turned, line, turned || kStride == bytes);
        }

        long stride() {
            return turned ? Float.BYTES : line;
        }

        long kStride() {
            return turned ? line : Float.BYTES;
        }

        long bytes(int count, int k) {
            return line * (turned ? k : count);
        }
    }

    private Bf16Widening(Product product, Isa isa) {
        this.product = product;
        int bytes = product.dtype().bytes();
        a = Side.of(product.aRow(), product.aK(), bytes, MOST_ROWS);
        b = Side.of(product.bColumn(), product.bK(), bytes, STRIP);
        Product floats = new Product(
                DType.F32,
                DType.F32,
                product.m(),
                product.n(),
                product.k(),
                a.stride(),
                a.kStride(),
                b.kStride(),
                b.stride(),
                (long) product.n() * Float.BYTES);
        inner = FloatEngine.of(floats, isa);
        Blocking wide = inner.blocking();
        blocking = new Blocking(
                atMost(MOST_ROWS, wide.rows(), wide.rowUnit()),
                atMost(STRIP, wide.columns(), wide.columnUnit()),
                Math.min(DEPTH, wide.k()),
                wide.rowUnit(),
                wide.columnUnit(),
                wide.kUnit(),
                wide.taskFlops());
    }

    private static int atMost(int limit, int size, int unit) {
        return Math.min(size, limit / unit * unit);
    }

    static boolean takes(Product product) {
        return product.rounded() == DType.BF16 && (product.dtype() == DType.F32 || product.dtype() == DType.BF16);
    }

    static Engine of(Product product, Isa isa) {
        return new Bf16Widening(product, isa);
    }

    @Override
    public Blocking blocking() {
        return blocking;
    }

    @Override
    public long packedA(int rows, int k) {
        return a.bytes(rows, k) + inner.packedA(rows, k);
    }

    @Override
    public long packedB(int columns, int k) {
        return b.bytes(columns, k) + inner.packedB(columns, k);
    }

    @Override
    public long scratch() {
        return inner.scratch();
    }

    @Override
    public int sumBytes() {
        return product.dtype() == DType.BF16 ? Float.BYTES : 0;
    }

    @Override
    public Step packA(int rows, int k) {
        Step copy = copy(a, rows, k, product.aRow(), product.aK());
        return inner.packedA(rows, k) == 0 ? copy : twice(copy, inner.packA(rows, k), a.bytes(rows, k));
    }

    @Override
    public Step packB(int columns, int k) {
        Step copy = copy(b, columns, k, product.bColumn(), product.bK());
        return inner.packedB(columns, k) == 0 ? copy : twice(copy, inner.packB(columns, k), b.bytes(columns, k));
    }

    /** Converts, then packs what was converted. */
    private static Step twice(Step copy, Step pack, long copied) {
        return (from, nothing, to, scratch) -> {
            copy.run(from, nothing, to, scratch);
            pack.run(to, nothing, to + copied, scratch);
        };
    }

    private Step copy(Side operand, int count, int k, long stride, long kStride) {
        Bf16Copy.Kind kind = product.dtype() == DType.BF16 ? Bf16Copy.Kind.WIDEN : Bf16Copy.Kind.ROUND;
        int lines = operand.turned() ? k : count;
        int length = operand.turned() ? count : k;
        long fromLine = operand.turned() ? kStride : stride;
        long fromElement = operand.turned() ? stride : kStride;
        Entry code = code(kind, operand.contiguous());
        return Bf16Table.copying(code, lines, length, fromLine, fromElement, operand.line());
    }

    private static Entry code(Bf16Copy.Kind kind, boolean contiguous) {
        String name = "bf16-copy-" + kind + (contiguous ? "" : "-gaps");
        return Library.entry(name, name, () -> Bf16Copy.write(kind, contiguous));
    }

    @Override
    public Step product(int rows, int columns, int k, boolean accumulate, long cRow) {
        Step step = inner.product(rows, columns, k, accumulate, cRow);
        long beforeA = inner.packedA(rows, k) == 0 ? 0 : a.bytes(rows, k);
        long beforeB = inner.packedB(columns, k) == 0 ? 0 : b.bytes(columns, k);
        return (first, second, c, scratch) -> step.run(first + beforeA, second + beforeB, c, scratch);
    }

    @Override
    public Step finish(int rows, int columns, long sumRow) {
        Entry code = code(Bf16Copy.Kind.NARROW, true);
        return Bf16Table.copying(code, rows, columns, sumRow, Float.BYTES, product.cRow());
    }
}
