package dev.lamina.cpu.attention;

import dev.lamina.core.backend.Task;

/**
 * Extents of an attention, and how they are cut into blocks: by shape only.
 *
 * @param batch examples
 * @param heads of queries
 * @param groups heads of keys and values
 * @param queries rows of q
 * @param keys rows of k and v
 * @param width columns of q and k
 * @param valueWidth columns of v
 * @param unit rows of a block of queries, keys of a unit
 * @param unitsPerBlock units that one pass over rows of scores takes
 * @param causal whether query i sees keys 0 to i only
 */
record Sizes(
        int batch,
        int heads,
        int groups,
        int queries,
        int keys,
        int width,
        int valueWidth,
        int unit,
        int unitsPerBlock,
        boolean causal) {
    /** Small, so that little is computed that a causal attention throws away; 5 tiles of 13 rows, or 2 of 32. */
    private static final int UNIT = 64;

    static Sizes of(Task.Access q, Task.Access k, Task.Access v, int unitsPerBlock, boolean causal) {
        int[] d = q.dims();
        return new Sizes(d[0], d[1], k.dims()[1], d[2], k.dims()[2], d[3], v.dims()[3], UNIT, unitsPerBlock, causal);
    }

    Blocks.Cut queryCut() {
        return Blocks.Cut.of(queries, unit);
    }

    Blocks.Cut keyCut() {
        return Blocks.Cut.of(keys, unit);
    }

    /** Blocks of queries. */
    int blocks() {
        return Math.ceilDiv(queries, unit);
    }

    /** Units of keys. */
    int units() {
        return Math.ceilDiv(keys, unit);
    }

    /** Units that a block of queries has to look at. */
    int unitsOf(int block) {
        return causal ? Math.min(units(), block + 1) : units();
    }

    int rows(int block) {
        return Math.min(unit, queries - block * unit);
    }

    /** Keys of units next to each other. */
    int keys(int firstUnit, int endUnit) {
        return Math.min(keys, endUnit * unit) - firstUnit * unit;
    }

    /** Keys that the first row of a block sees, counted from a unit on. */
    int seen(int block, int unitOfKeys) {
        return causal ? (block - unitOfKeys) * unit + 1 : Integer.MAX_VALUE;
    }

    /** Heads of queries that share a head of keys. */
    int group() {
        return heads / groups;
    }

    /** Bytes of a row of a block of scores: whole vectors, not a power of two, so that rows do not compete in the cache. */
    long scoreRow() {
        return Math.ceilDiv(Math.min(keys, unit * unitsPerBlock), 16) * 64L + 64;
    }

    /** Rows of a full block. */
    int fullRows() {
        return Math.min(queries, unit);
    }
}
