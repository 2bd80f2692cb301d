package dev.lamina.cpu.attention;

import dev.lamina.core.backend.Task;
import java.lang.foreign.MemorySegment;

/**
 * A window (B, H, rows, columns) in bytes. Axes of extent 1 have the stride that rows without gaps would have.
 *
 * @param buffer number of the buffer
 * @param offset of the first element
 * @param batch from example to example
 * @param head from head to head
 * @param row from row to row
 * @param column from column to column
 */
record Operand(int buffer, long offset, long batch, long head, long row, long column) {
    /** The window of an access with three or four axes; of three the last is that of the rows. */
    static Operand of(Task.Access access) {
        int[] dims = access.dims();
        long[] strides = access.strides();
        long bytes = access.dtype().bytes();
        int columns = dims.length > 3 ? dims[3] : 1;
        long column = columns > 1 ? strides[3] : 1;
        long row = dims[2] > 1 ? strides[2] : columns * column;
        return new Operand(
                access.buffer(),
                access.offset() * bytes,
                strides[0] * bytes,
                strides[1] * bytes,
                row * bytes,
                column * bytes);
    }

    /** Where the rows of a head begin, from the beginning of the buffer on. */
    long at(int example, int which) {
        return offset + example * batch + which * head;
    }

    /** The address of the window. */
    long base(MemorySegment[] buffers) {
        return buffers[buffer].address();
    }
}
