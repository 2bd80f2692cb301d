package dev.lamina.cpu.conv;

/**
 * A sum over windows as {@link Direct} runs it: cut into bands of rows of outputs and panels of columns, where each band meets each panel. Sizes are in
 * bytes; scratch belongs to the caller.
 */
interface Bands {
    /** Panels of weights. */
    int panels();

    /** Bytes of a packed panel. */
    long panelBytes();

    /** Packs a panel of weights, which depends on nothing else. */
    void pack(int panel, long weights, long to, long scratch);

    /** Bytes of a panel that is ready for {@link #sum}, if that takes more than packing; else 0. */
    long openBytes();

    /** Makes a packed panel ready and gives its place. */
    long open(long packed, long to);

    /** Parts in which all of the source is copied before sums begin; 0 if bands are made ready one by one. */
    int chunks();

    /** Bytes of the copy of all of the source. */
    long copyBytes();

    /** Copies a part of the source. */
    void copy(int chunk, long from, long to, long scratch);

    int bands();

    /** Bytes that a band is made ready in; 0 if all of the source is copied, or nothing is. */
    long bandBytes();

    /** Makes a band ready to be read and gives its place, for {@link #sum}. */
    long band(int band, long from, long copy, long scratch);

    /**
     * Adds up one panel of one band.
     *
     * @param at from {@link #band}
     * @param weights from {@link #open}
     */
    void sum(int band, int panel, long at, long weights, long target, long scratch);

    /** Bytes of scratch. */
    long scratchBytes();

    /** First row of a band, if all rows of pixels are counted. */
    int firstRow(int band);

    int rows(int band);

    /** First column of a panel. */
    int firstColumn(int panel);

    int columnsOf(int panel);
}
