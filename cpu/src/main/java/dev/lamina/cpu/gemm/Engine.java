package dev.lamina.cpu.gemm;

/**
 * The machine code for one {@link Product}: it is asked for steps on blocks when the product is prepared, and the driver
 * ({@code Driver}) runs them in the order
 *
 * <pre>
 *   for each block of k:  packB on column blocks (if {@link #packedB} is not 0; shared by all row blocks if there are several)
 *   for each block of C, on any thread:
 *       for each block of k:  packA (if {@link #packedA} is not 0);  product, which accumulates after the first block of k
 *       finish (if {@link #sumBytes} is not 0)
 * </pre>
 *
 * Steps never touch a byte outside the windows of the product, and the bits of an element do not depend on the blocking: it is one chain
 * in the order of k that continues from C.
 */
public interface Engine {
    /**
     * Largest blocks that the engine likes; the driver takes smaller ones, of equal size where possible.
     *
     * @param rows rows of a block of A; a multiple of the rows of a tile
     * @param columns columns of a block of B; a multiple of the columns of a tile
     * @param k depth of a block; a multiple of {@code kUnit}, or at least k to have only one
     * @param rowUnit rows of a tile: blocks begin at multiples of it
     * @param columnUnit columns of a tile: blocks begin at multiples of it
     * @param kUnit blocks of k begin at multiples of it
     * @param taskFlops operations of a task that takes about as long as several joins of the pool
     * @param leastRows rows below which a task would pack B, or bring it to the cache, too often
     * @param leastColumns columns below which a task would pack A too often
     */
    record Blocking(
            int rows,
            int columns,
            int k,
            int rowUnit,
            int columnUnit,
            int kUnit,
            double taskFlops,
            int leastRows,
            int leastColumns) {
        /** Tasks of any size that has a few tiles. */
        Blocking(int rows, int columns, int k, int rowUnit, int columnUnit, int kUnit, double taskFlops) {
            this(rows, columns, k, rowUnit, columnUnit, kUnit, taskFlops, 2 * rowUnit, columnUnit);
        }

        Blocking with(int mostRows, int mostColumns) {
            return new Blocking(
                    mostRows, mostColumns, k, rowUnit, columnUnit, kUnit, taskFlops, leastRows, leastColumns);
        }
    }

    /** The largest blocks. */
    Blocking blocking();

    /** The most k that steps can do; the driver takes what {@link #blocking} likes. */
    default int deepest() {
        return blocking().k();
    }

    /** Bytes of a packed block of A, a multiple of 64; 0 if products read A in place. */
    long packedA(int rows, int k);

    /** Bytes of a packed block of B, a multiple of 64; 0 if products read B in place. */
    long packedB(int columns, int k);

    /** Bytes of scratch that steps need, per thread. */
    long scratch();

    /** Bytes of an element of a block of sums, if sums are kept apart from C until the last block of k is done; else 0 and sums are in C. */
    int sumBytes();

    /** Packs a block of A: a = its first element in place, c = where to. Only if {@link #packedA} is not 0. */
    Step packA(int rows, int k);

    /** Packs a block of B: a = its first element in place, c = where to. Only if {@link #packedB} is not 0. */
    Step packB(int columns, int k);

    /**
     * C = A B or C += A B on a block.
     *
     * @param accumulate whether sums continue from C
     * @param cRow bytes from row to row of C, or of the block of sums
     */
    Step product(int rows, int columns, int k, boolean accumulate, long cRow);

    /** Converts a block of sums: a = sums, c = block of C. Only if {@link #sumBytes} is not 0. */
    Step finish(int rows, int columns, long sumRow);
}
