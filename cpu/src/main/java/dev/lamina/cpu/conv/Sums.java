package dev.lamina.cpu.conv;

import dev.lamina.cpu.gemm.Step;

/**
 * The machine code for the sums of a {@link Pass}: which form the source and the weights have to have, and steps that bring them there and that
 * add up. A tile has a few groups of outputs next to each other in a row, and the columns of a panel.
 */
interface Sums {
    /** Bytes of an element of a copied source. */
    int elementBytes();

    /** Whether the source has to be copied even if no window goes beyond it. */
    boolean converts();

    /** Terms that are added up at a time: those of a segment are a multiple of it. */
    int unit();

    /** Columns of a panel of weights. */
    int columns();

    /** Most outputs of a group. */
    int mostRows();

    /**
     * Groups of a tile.
     *
     * @param rows outputs of a group
     * @param all groups that there are in all
     */
    int groups(int rows, int all);

    /** Bytes of a packed panel of weights for this many terms; and of those before a term. */
    long packed(int terms);

    /** Copies rows, with zeros beside them: a = first element, b = number of rows, c = where to. Sizes in bytes, but for the count. */
    Step copy(long fromRow, long toRow, long left, int count, long right);

    /**
     * Packs the weights of one tap: a = first, c = where to.
     *
     * @param columns of the panel, at most {@link #columns}
     * @param terms inputs of a group
     * @param fromTerm bytes from term to term
     * @param fromColumn bytes from column to column
     */
    Step pack(int columns, int terms, long fromTerm, long fromColumn);

    /** Adds up: a = source, b = panel, c = target. */
    Step sum(int columns, Tables tables);

    /**
     * What {@link #sum} goes through.
     *
     * @param groups groups of a tile
     * @param rows outputs of a group
     * @param aRow bytes from output to output in the source
     * @param cRow bytes from output to output in the target
     * @param terms of a segment
     * @param segments places of the segments in source and weights
     * @param tiles places of the groups in source and target
     */
    record Tables(int groups, int rows, long aRow, long cRow, int terms, Table segments, Table tiles) {}
}
