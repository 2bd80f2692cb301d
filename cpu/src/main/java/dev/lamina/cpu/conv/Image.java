package dev.lamina.cpu.conv;

/** The source of a {@link Pass} as its sums read it: rows, in which the places that outputs meet are evenly apart. Sizes are in bytes. */
interface Image {
    /** Whether rows are copied; else they are read in place. */
    boolean copies();

    /** From output to output of a row. */
    long output();

    /** From tap to tap of a row; lines of {@link Lines} hold all taps. */
    long tap();

    /** Where a row lies, from the first one of a band on. */
    long place(int row);

    /** What so many rows need. */
    long bytes(int rows);

    /**
     * Copies rows of a plane; both may be outside.
     *
     * @param y the row of the plane with which the band begins
     * @param first of the rows, from there on
     * @param to where the band begins
     */
    void copy(long source, int image, int z, int y, int first, int count, long to);
}
