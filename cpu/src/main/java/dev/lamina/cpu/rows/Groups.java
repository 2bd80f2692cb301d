package dev.lamina.cpu.rows;

import dev.lamina.core.backend.IndexErrors;
import dev.lamina.core.backend.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The updates of a scatter, grouped by the row that they change, where code can read them; those of one row keep their order. */
final class Groups {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final int rows;
    private final int count;
    private final MemorySegment ends;
    private final MemorySegment order;

    Groups(int rows, int count) {
        this.rows = rows;
        this.count = count;
        ends = Arena.ofAuto().allocate(8L * (rows + 1), 64);
        order = Arena.ofAuto().allocate(8L * (count + 1), 64);
    }

    /** Groups by the rows that the index names. */
    void sort(Task.Access access, MemorySegment index) {
        ends.fill((byte) 0);
        for (long i = 0; i < count; i++) {
            long at = 8 * (row(access, index, i) + 1);
            ends.set(LONG, at, ends.get(LONG, at) + 1);
        }
        long start = 0;
        for (long row = 1; row <= rows; row++) {
            long size = ends.get(LONG, 8 * row);
            ends.set(LONG, 8 * row, start);
            start += size;
        }
        for (long i = 0; i < count; i++) {
            long at = 8 * (row(access, index, i) + 1);
            long place = ends.get(LONG, at);
            order.set(LONG, 8 * place, i);
            ends.set(LONG, at, place + 1);
        }
    }

    private long row(Task.Access access, MemorySegment index, long i) {
        long row = index.get(LONG, 8 * (access.offset() + i * access.strides()[0]));
        if (row < 0 || row >= rows) {
            throw IndexErrors.outOfRange("scatter", row, i, rows);
        }
        return row;
    }

    boolean hasUpdates(long row) {
        return ends.get(LONG, 8 * row) != ends.get(LONG, 8 * row + 8);
    }

    /** Where the number is that says after how many updates a row begins; behind it that of the next row. */
    long starts() {
        return ends.address();
    }

    /** Where the numbers of updates are, row after row. */
    long order() {
        return order.address();
    }
}
