package dev.lamina.cpu.plain;

/** Saved states of folds, one place per fold, block and kept index; see {@link SplitFold}. */
final class Partials {
    double[] doubles = {};
    long[] longs = {};

    /** Makes room for a number of states. */
    void prepare(int count) {
        if (doubles.length < count) {
            doubles = new double[count];
            longs = new long[count];
        }
    }
}
