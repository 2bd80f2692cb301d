package dev.lamina.core.backend;

import dev.lamina.core.LaminaException;

/** The errors of values that name rows, the same from all backends. */
public final class IndexErrors {
    private IndexErrors() {}

    /**
     * The error of an index that names no row.
     *
     * @param op who reads or writes by index
     * @param row the index
     * @param at its position
     * @param rows number of rows
     */
    public static LaminaException outOfRange(String op, long row, long at, int rows) {
        return new LaminaException(op + ": expected an index from 0 to " + (rows - 1) + ", got " + row + " at position "
                + at + "; check labels and token ids against the number of classes or embeddings");
    }
}
