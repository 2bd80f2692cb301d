package dev.lamina.data;

import dev.lamina.core.DataException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/** The rows of several datasets, one behind the other. */
final class ConcatDataset implements Dataset {

    private final Dataset[] parts;
    /** starts[i] is the first row of part i; the last entry is the number of all rows. */
    private final int[] starts;

    private ConcatDataset(Dataset[] parts, int[] starts) {
        this.parts = parts;
        this.starts = starts;
    }

    static Dataset of(List<Dataset> parts) {
        if (parts.isEmpty()) {
            throw new DataException("dataset concat: expected one or more datasets, got none; give one");
        }
        List<Field> fields = parts.getFirst().fields();
        int[] starts = new int[parts.size() + 1];
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).fields().equals(fields)) {
                throw new DataException("dataset concat: expected the fields " + fields + " in part " + i
                        + " as in part 0, got " + parts.get(i).fields() + "; make names, dtypes and shapes equal");
            }
            starts[i + 1] = Rows.count(starts[i] + parts.get(i).size());
        }
        return new ConcatDataset(parts.toArray(Dataset[]::new), starts);
    }

    @Override
    public long size() {
        return starts[parts.length];
    }

    @Override
    public List<Field> fields() {
        return parts[0].fields();
    }

    @Override
    public void copy(int row, int field, MemorySegment target, long offset) {
        int part = 0;
        Objects.checkIndex(row, starts[parts.length]);
        while (row >= starts[part + 1]) {
            part++;
        }
        parts[part].copy(row - starts[part], field, target, offset);
    }

    @Override
    public String toString() {
        return List.of(parts).toString();
    }
}
