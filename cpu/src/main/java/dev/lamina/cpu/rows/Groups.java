package dev.lamina.cpu.rows;

import dev.lamina.core.backend.IndexErrors;
import dev.lamina.core.backend.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The updates of a scatter, grouped by the row that they change, where code can read them; those of one row keep their order. The work grows
 * with the number of updates, not with that of the rows, until {@link #fill} is called.
 */
public final class Groups {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Bits of a row by which updates are sorted at a time, the lowest first. */
    private static final int BITS = 11;

    private static final int MASK = (1 << BITS) - 1;

    private final int rows;
    private final MemorySegment starts;
    private final MemorySegment order;
    private final int[] rowOf;
    private final int[] changed;
    private final int[] places = new int[MASK + 2];
    private int[] sorted;
    private int[] other;
    private int count;

    /**
     * For scatters of one shape.
     *
     * @param updates number of them
     */
    public Groups(int rows, int updates) {
        this.rows = rows;
        starts = Arena.ofAuto().allocate(8L * (rows + 1), 64);
        order = Arena.ofAuto().allocate(8L * (updates + 1), 64);
        rowOf = new int[updates];
        changed = new int[updates];
        sorted = new int[updates];
        other = new int[updates];
    }

    /** Groups by the rows that the index names. */
    public void sort(Task.Access access, MemorySegment index) {
        for (int i = 0; i < rowOf.length; i++) {
            rowOf[i] = row(access, index, i);
            sorted[i] = i;
        }
        for (int shift = 0; shift < Integer.SIZE && (rows - 1) >>> shift > 0; shift += BITS) {
            sort(shift);
        }
        count = 0;
        for (int i = 0; i < sorted.length; i++) {
            int row = rowOf[sorted[i]];
            order.set(LONG, 8L * i, sorted[i]);
            if (count == 0 || changed[count - 1] != row) {
                changed[count++] = row;
                starts.set(LONG, 8L * row, i);
            }
            // Where the next row begins, if that has updates too.
            starts.set(LONG, 8L * row + 8, i + 1);
        }
    }

    private void sort(int shift) {
        Arrays.fill(places, 0);
        for (int row : rowOf) {
            places[(row >>> shift & MASK) + 1]++;
        }
        for (int i = 1; i < places.length; i++) {
            places[i] += places[i - 1];
        }
        for (int i : sorted) {
            other[places[rowOf[i] >>> shift & MASK]++] = i;
        }
        int[] before = sorted;
        sorted = other;
        other = before;
    }

    private int row(Task.Access access, MemorySegment index, long i) {
        long row = index.get(LONG, 8 * (access.offset() + i * access.strides()[0]));
        if (row < 0 || row >= rows) {
            throw IndexErrors.outOfRange("scatter", row, i, rows);
        }
        return (int) row;
    }

    /** Says of the rows that have no updates as well where they begin. */
    public void fill() {
        int next = 0;
        for (int i = 0; i < count; i++) {
            long start = starts.get(LONG, 8L * changed[i]);
            for (; next < changed[i]; next++) {
                starts.set(LONG, 8L * next, start);
            }
            next = changed[i] + 1;
        }
        for (; next <= rows; next++) {
            starts.set(LONG, 8L * next, rowOf.length);
        }
    }

    /** Number of rows that have updates. */
    public int count() {
        return count;
    }

    /** The rows that have updates, in ascending order. */
    public int row(int group) {
        return changed[group];
    }

    /** First place of a row's updates. */
    public int from(int row) {
        return (int) starts.get(LONG, 8L * row);
    }

    /** The place after a row's last update. */
    public int to(int row) {
        return from(row + 1);
    }

    /** The update at a place. */
    public int update(int place) {
        return (int) order.get(LONG, 8L * place);
    }

    /** Where the number is that says after how many updates a row begins; behind it that of the next row. */
    long starts() {
        return starts.address();
    }

    /** Where the numbers of updates are, row after row. */
    long order() {
        return order.address();
    }
}
