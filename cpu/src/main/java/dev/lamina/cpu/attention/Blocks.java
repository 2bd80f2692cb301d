package dev.lamina.cpu.attention;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Engine;
import dev.lamina.cpu.gemm.GemmKernels;
import dev.lamina.cpu.gemm.Product;
import dev.lamina.cpu.gemm.Step;
import org.jspecify.annotations.Nullable;

/** Products C = A B or C += A B of blocks, each extent of which is full or that of the last block along its axis. */
final class Blocks {
    /**
     * Extents along an axis that is cut into blocks.
     *
     * @param full of all blocks but the last
     * @param last of the last one
     */
    record Cut(int full, int last) {
        static Cut of(int extent, int block) {
            int full = Math.min(extent, block);
            return new Cut(full, extent - (Math.ceilDiv(extent, full) - 1) * full);
        }

        static Cut whole(int extent) {
            return new Cut(extent, extent);
        }

        int get(int which) {
            return which == 0 ? full : last;
        }

        int which(int extent) {
            return extent == full ? 0 : 1;
        }
    }

    private final Engine engine;
    private final Cut m;
    private final Cut n;
    private final Cut k;
    private final Step[] products = new Step[16];
    private final @Nullable Step[] packsA = new Step[4];
    private final @Nullable Step[] packsB = new Step[4];

    private Blocks(Engine engine, Cut m, Cut n, Cut k, long cRow) {
        this.engine = engine;
        this.m = m;
        this.n = n;
        this.k = k;
        for (int i = 0; i < 16; i++) {
            products[i] = engine.product(m.get(i & 1), n.get(i >> 1 & 1), k.get(i >> 2 & 1), i >= 8, cRow);
        }
        for (int i = 0; i < 4; i++) {
            int depth = k.get(i >> 1);
            packsA[i] = engine.packedA(m.get(i & 1), depth) > 0 ? engine.packA(m.get(i & 1), depth) : null;
            packsB[i] = engine.packedB(n.get(i & 1), depth) > 0 ? engine.packB(n.get(i & 1), depth) : null;
        }
    }

    /**
     * The products.
     *
     * @param rounded BF16 if f32 elements are rounded before they are multiplied
     * @param aRow bytes from row to row of A; the others alike
     * @return null if there is no machine code for it
     */
    static @Nullable Blocks of(
            DType rounded, Cut m, Cut n, Cut k, long aRow, long aK, long bK, long bColumn, long cRow, Isa isa) {
        Product product = new Product(DType.F32, rounded, m.full, n.full, k.full, aRow, aK, bK, bColumn, cRow);
        Engine engine = GemmKernels.engine(product, isa);
        if (engine == null || engine.sumBytes() != 0) {
            return null;
        }
        return k.full <= engine.deepest() ? new Blocks(engine, m, n, k, cRow) : null;
    }

    /** Bytes that a product needs, per thread. */
    long scratch() {
        return engine.scratch() + engine.packedA(m.full, k.full);
    }

    /** Bytes of a packed B; 0 if it is read in place. */
    long packedB() {
        return engine.packedB(n.full, k.full);
    }

    /** Packs B. */
    void pack(long b, int columns, int depth, long to, long scratch) {
        Step step = packsB[n.which(columns) + 2 * k.which(depth)];
        if (step != null) {
            step.run(b, 0, to, scratch);
        }
    }

    /**
     * One product.
     *
     * @param b packed, or in place if {@link #packedB} is 0
     */
    void run(long a, long b, long c, int rows, int columns, int depth, boolean accumulate, long scratch) {
        Step pack = packsA[m.which(rows) + 2 * k.which(depth)];
        long left = a;
        if (pack != null) {
            left = scratch + engine.scratch();
            pack.run(a, 0, left, scratch);
        }
        int which = m.which(rows) + 2 * n.which(columns) + 4 * k.which(depth) + (accumulate ? 8 : 0);
        products[which].run(left, b, c, scratch);
    }
}
