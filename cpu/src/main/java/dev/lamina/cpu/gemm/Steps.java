package dev.lamina.cpu.gemm;

import org.jspecify.annotations.Nullable;

/** The steps of a {@link Grid}, for full blocks and for those that are cut off. */
final class Steps {
    private final Grid grid;
    private final Product product;
    private final @Nullable Step[] products = new Step[16];
    private final @Nullable Step[] packsA = new Step[4];
    private final @Nullable Step[] packsB = new Step[4];
    private final @Nullable Step[] finishes = new Step[4];

    Steps(Engine engine, Product product, Grid grid) {
        this.grid = grid;
        this.product = product;
        long sumRow = sumRow(engine);
        for (int i = 0; i < 4; i++) {
            int rows = size(i & 1, product.m(), grid.rows());
            int columns = size(i >> 1, product.n(), grid.strip());
            for (int k = 0; k < 4; k++) {
                boolean exists = k < 2 ? grid.kBlocks() > 1 + k : (k == 3) == (grid.kBlocks() == 1);
                if (rows > 0 && columns > 0 && exists) {
                    int depth = size(k >> 1, product.k(), grid.depth());
                    long row = sumRow > 0 ? sumRow : product.cRow();
                    products[i + 4 * k] = engine.product(rows, columns, depth, k == 1 || k == 2, row);
                }
            }
            if (rows > 0 && columns > 0 && sumRow > 0) {
                finishes[i] = engine.finish(rows, columns, sumRow);
            }
            int depth = size(i >> 1, product.k(), grid.depth());
            if (rows > 0 && depth > 0 && engine.packedA(rows, depth) > 0) {
                packsA[i] = engine.packA(rows, depth);
            }
            columns = size(i & 1, product.n(), grid.strip());
            if (columns > 0 && depth > 0 && engine.packedB(columns, depth) > 0) {
                packsB[i] = engine.packB(columns, depth);
            }
        }
    }

    private long sumRow(Engine engine) {
        return (long) engine.sumBytes() * grid.strip() * grid.groupStrips();
    }

    /** Size of a full (0) or the last (1) part; 0 if there is no such part. */
    private static int size(int last, int all, int part) {
        int parts = part == 0 ? 1 : Math.ceilDiv(all, part);
        return last == 1 ? all - (parts - 1) * part : parts > 1 ? part : 0;
    }

    private static int last(int index, int count) {
        return index == count - 1 ? 1 : 0;
    }

    int rows(int rowBlock) {
        return size(last(rowBlock, grid.rowBlocks()), product.m(), grid.rows());
    }

    int columns(int strip) {
        return size(last(strip, grid.strips()), product.n(), grid.strip());
    }

    Step product(int rowBlock, int strip, int kBlock) {
        int end = last(kBlock, grid.kBlocks());
        int kind = kBlock == 0 ? 3 * end : 1 + end;
        return at(products, last(rowBlock, grid.rowBlocks()) + 2 * last(strip, grid.strips()) + 4 * kind);
    }

    Step packA(int rowBlock, int kBlock) {
        return at(packsA, last(rowBlock, grid.rowBlocks()) + 2 * last(kBlock, grid.kBlocks()));
    }

    Step packB(int strip, int kBlock) {
        return at(packsB, last(strip, grid.strips()) + 2 * last(kBlock, grid.kBlocks()));
    }

    Step finish(int rowBlock, int strip) {
        return at(finishes, last(rowBlock, grid.rowBlocks()) + 2 * last(strip, grid.strips()));
    }

    private static Step at(@Nullable Step[] steps, int index) {
        Step step = steps[index];
        if (step == null) {
            throw new IllegalStateException("gemm: no step for this block");
        }
        return step;
    }
}
