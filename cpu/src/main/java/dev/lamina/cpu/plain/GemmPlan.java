package dev.lamina.cpu.plain;

import dev.lamina.core.DType;

/**
 * How a product is cut into pieces. Everything here follows from the shape and the batch, never from the number of threads.
 *
 * <p>Terms: C = A B is computed as out = left right; if {@code swapped}, that is the transposed product, so left is B
 * transposed. {@code VECTOR} runs along the columns of out: rows of right are copied to panels that stay in the cache, and a
 * loop over the columns adds 4 of them to 4 rows of out. {@code TILE} runs along k and holds 4 x 4 elements of out in registers;
 * it serves what is too narrow for the other.
 *
 * @param path the inner loop
 * @param split what a task is
 * @param swapped whether the transposed product is computed
 * @param rows rows of out and left
 * @param columns columns of out and right
 * @param k columns of left and rows of right
 * @param kBlock rows of right in a panel, a multiple of 4
 * @param panel columns of a panel
 * @param taskRows rows of out in a task, a multiple of 4
 */
record GemmPlan(
        Path path,
        Split split,
        boolean swapped,
        int rows,
        int columns,
        int k,
        int kBlock,
        int panel,
        int taskRows,
        Matrix left,
        Matrix right,
        Matrix out) {

    /** Rows of right that a panel holds at most. */
    static final int MAX_K_BLOCK = 128;

    /** Rows of left that are copied at a time at most. */
    static final int MAX_ROWS = 32;

    /** Edge of the square of out that the tile path works on. */
    static final int SQUARE = 32;

    /** Panels below this many columns have a loop of their own. */
    static final int WIDE = 128;

    /** Work below this is done by the caller: a fork, a join and cold caches cost a good part of it. */
    private static final double SERIAL_NANOS = 25_000;

    enum Path {
        VECTOR,
        TILE
    }

    enum Split {
        /** The caller does everything. */
        SERIAL,
        /** A task is one column panel of one product of the batch, or some rows for the tile path. */
        PARTS,
        /** Panels one after the other: all threads use one, and copy the next. */
        SHARED
    }

    /** Strides in elements. */
    record Matrix(long row, long column) {
        Matrix transposed() {
            return new Matrix(column, row);
        }
    }

    static GemmPlan of(GemmShape shape, int batch) {
        Matrix a = new Matrix(shape.aRow(), shape.aColumn());
        Matrix b = new Matrix(shape.bRow(), shape.bColumn());
        Matrix c = new Matrix(shape.cRow(), shape.cColumn());
        int lanes = shape.dtype() == DType.F64 ? 8 : 16;
        double plain = vectorNanos(shape.m(), shape.n(), shape.k(), lanes, b.column() == 1, c.column() == 1);
        double swapped = vectorNanos(shape.n(), shape.m(), shape.k(), lanes, a.row() == 1, c.row() == 1);
        double tile = tileNanos(shape);
        Path path = tile < Math.min(plain, swapped) ? Path.TILE : Path.VECTOR;
        boolean swap = path == Path.TILE ? shape.m() < shape.n() : swapped < plain;
        int rows = swap ? shape.n() : shape.m();
        int columns = swap ? shape.m() : shape.n();
        double nanos = batch * Math.min(tile, Math.min(plain, swapped));
        Split split = split(path, nanos, batch, rows, columns);
        int kBlocks = Math.ceilDiv(shape.k(), MAX_K_BLOCK);
        int kBlock = roundUp(Math.ceilDiv(shape.k(), Math.max(kBlocks, 1)), 4);
        int widest = widest(split, batch, columns, lanes);
        int panel = roundUp(Math.ceilDiv(columns, Math.max(1, Math.ceilDiv(columns, widest))), lanes);
        return new GemmPlan(
                path,
                split,
                swap,
                rows,
                columns,
                shape.k(),
                kBlock,
                path == Path.TILE ? columns : panel,
                taskRows(path, split, rows, nanos / batch),
                swap ? b.transposed() : a,
                swap ? a.transposed() : b,
                swap ? c.transposed() : c);
    }

    int panels() {
        return panel == 0 ? 0 : Math.ceilDiv(columns, panel);
    }

    int kBlocks() {
        return kBlock == 0 ? 0 : Math.ceilDiv(k, kBlock);
    }

    int rowTasks() {
        return Math.ceilDiv(rows, taskRows);
    }

    /**
     * Measured for f32: a block of 4 rows and 4 k costs 50 ns and 7 ns per vector, one of 2 rows for narrow panels 20 ns and 6.5 ns
     * per vector; a copied element 0.1 ns, or 0.5 ns transposed.
     */
    private static double vectorNanos(int rows, int columns, int k, int lanes, boolean contiguous, boolean direct) {
        double vectors = (double) columns / lanes;
        int full = rows / 4;
        double blocks = columns < WIDE
                ? Math.ceilDiv(rows, 2) * (20 + 6.5 * vectors)
                : full * (50 + 7 * vectors) + rows % 4 * (20 + 3 * vectors);
        double compute = blocks * Math.ceilDiv(k, 4);
        double packing = (contiguous ? 0.1 : 0.5) * columns * k;
        double storing = (direct ? 0.2 : 2) * rows * columns * Math.ceilDiv(k, MAX_K_BLOCK);
        return compute + packing + storing;
    }

    /** Measured: 0.2 ns per product of two elements in tiles of 4 x 4, 0.3 ns in columns. */
    private static double tileNanos(GemmShape shape) {
        int narrow = Math.min(shape.m(), shape.n());
        int wide = Math.max(shape.m(), shape.n());
        double products = narrow <= 2 ? 0.3 * narrow * roundUp(wide, 8) : 0.2 * roundUp(narrow, 4) * roundUp(wide, 4);
        return products * shape.k() + 0.1 * shape.k() * (narrow + wide);
    }

    private static Split split(Path path, double nanos, int batch, int rows, int columns) {
        if (nanos < SERIAL_NANOS) {
            return Split.SERIAL;
        }
        boolean few = batch * Math.ceilDiv(columns, 1024) < 8;
        return path == Path.VECTOR && few && rows >= 32 ? Split.SHARED : Split.PARTS;
    }

    /** Few parts get narrower panels, so that there are more of them. */
    private static int widest(Split split, int batch, int columns, int lanes) {
        int widest = 64 * lanes;
        while (split == Split.PARTS && widest > 16 * lanes && batch * Math.ceilDiv(columns, widest) < 8) {
            widest /= 2;
        }
        return widest;
    }

    private static int taskRows(Path path, Split split, int rows, double nanos) {
        if (split == Split.SHARED) {
            return Math.clamp(roundUp(rows / 32, 4), 8, MAX_ROWS);
        }
        if (path == Path.VECTOR || split == Split.SERIAL) {
            return Math.max(4, roundUp(rows, 4));
        }
        int tasks = (int) Math.clamp(nanos / SERIAL_NANOS, 1, 64);
        return Math.max(SQUARE, roundUp(Math.ceilDiv(rows, tasks), SQUARE));
    }

    static int roundUp(int value, int multiple) {
        return Math.ceilDiv(value, multiple) * multiple;
    }
}
