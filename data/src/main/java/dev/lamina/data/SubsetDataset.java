package dev.lamina.data;

import dev.lamina.core.DataException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Some rows of another dataset, in an order of their own. */
final class SubsetDataset implements Dataset {

    private final Dataset base;
    private final int[] rows;

    private SubsetDataset(Dataset base, int[] rows) {
        this.base = base;
        this.rows = rows;
    }

    static Dataset of(Dataset base, int[] rows) {
        long size = base.size();
        int[] own = rows.clone();
        for (int i = 0; i < own.length; i++) {
            if (own[i] < 0 || own[i] >= size) {
                throw new DataException("dataset subset: expected rows from 0 to " + (size - 1) + ", got " + own[i]
                        + " at index " + i + "; choose rows that exist");
            }
        }
        if (base instanceof SubsetDataset subset) {
            // One step from a view of a view to the data.
            for (int i = 0; i < own.length; i++) {
                own[i] = subset.rows[own[i]];
            }
            return new SubsetDataset(subset.base, own);
        }
        return new SubsetDataset(base, own);
    }

    @Override
    public long size() {
        return rows.length;
    }

    @Override
    public List<Field> fields() {
        return base.fields();
    }

    @Override
    public void copy(int row, int field, MemorySegment target, long offset) {
        base.copy(rows[row], field, target, offset);
    }

    @Override
    public String toString() {
        return rows.length + " of " + base;
    }
}
