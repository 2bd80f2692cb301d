package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Task;

/** The rows of a window: its last axis is along them, all others number them. Without axes there is one row of one element. */
final class Rows {
    private final int[] dims;
    private final int count;

    Rows(int[] dims) {
        this.dims = dims;
        int product = 1;
        for (int d = 0; d < dims.length - 1; d++) {
            product *= dims[d];
        }
        count = product;
    }

    /** Number of rows. */
    int count() {
        return count;
    }

    /** Elements of a row. */
    int length() {
        return dims.length == 0 ? 1 : dims[dims.length - 1];
    }

    /** The first element of a row. */
    long place(Task.Access access, int row) {
        long place = access.offset();
        int rest = row;
        for (int d = dims.length - 2; d >= 0; d--) {
            place += rest % dims[d] * access.strides()[d];
            rest /= dims[d];
        }
        return place;
    }

    /** Distance of neighbours in a row. */
    long stride(Task.Access access) {
        return dims.length == 0 ? 1 : access.strides()[dims.length - 1];
    }
}
