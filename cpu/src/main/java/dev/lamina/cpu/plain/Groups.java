package dev.lamina.cpu.plain;

import dev.lamina.core.backend.IndexErrors;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The updates of a scatter, grouped by the row that they change; those of one row keep their order. */
final class Groups {
    private final int[] ends;
    private final int[] order;

    Groups(int rows, int count) {
        ends = new int[rows];
        order = new int[count];
    }

    /** Groups by the rows that the index names. */
    void sort(Task.Access access, MemorySegment index) {
        Arrays.fill(ends, 0);
        for (int i = 0; i < order.length; i++) {
            ends[row(access, index, i)]++;
        }
        int start = 0;
        for (int row = 0; row < ends.length; row++) {
            int size = ends[row];
            ends[row] = start;
            start += size;
        }
        for (int i = 0; i < order.length; i++) {
            order[ends[row(access, index, i)]++] = i;
        }
    }

    private int row(Task.Access access, MemorySegment index, int i) {
        long row = Elements.getLong(index, access.dtype(), access.offset() + i * access.strides()[0]);
        if (row < 0 || row >= ends.length) {
            throw IndexErrors.outOfRange("scatter", row, i, ends.length);
        }
        return (int) row;
    }

    /** First place of a row's updates. */
    int from(int row) {
        return row == 0 ? 0 : ends[row - 1];
    }

    /** The place after a row's last update. */
    int to(int row) {
        return ends[row];
    }

    /** The update at a place. */
    int update(int place) {
        return order[place];
    }
}
