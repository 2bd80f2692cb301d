package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Another dataset with one field changed. */
final class FieldDataset implements Dataset {

    private static final int BYTES = 256;

    private final Dataset base;
    private final int changed;
    private final List<Field> fields;
    private final RowCopy copy;

    /** Copies the changed field of one row. */
    private interface RowCopy {
        void copy(int row, MemorySegment target, long offset);
    }

    private FieldDataset(Dataset base, int changed, Field field, RowCopy copy) {
        List<Field> all = new ArrayList<>(base.fields());
        all.set(changed, field);
        this.base = base;
        this.changed = changed;
        this.fields = List.copyOf(all);
        this.copy = copy;
    }

    static Dataset map(Dataset base, int index, UnaryOperator<Tensor> function) {
        Field old = base.fields().get(index);
        Tensor mapped = function.apply(base.tensor(index));
        Shape shape = mapped.shape();
        if (shape.rank() == 0 || shape.dim(0) != base.size()) {
            throw new DataException("dataset map: expected a function that keeps " + base.size()
                    + " examples on the first axis of " + Source.quote(old.name()) + ", got shape " + shape
                    + "; keep the first axis");
        }
        Dataset single = TensorDataset.of(List.of(old.name()), List.of(mapped));
        return new FieldDataset(
                base, index, single.fields().getFirst(), (row, target, at) -> single.copy(row, 0, target, at));
    }

    static Dataset reshape(Dataset base, int index, Shape shape) {
        Field old = base.fields().get(index);
        if (shape.size() != old.shape().size()) {
            throw new DataException(
                    "dataset reshape: expected a shape of " + old.shape().size() + " elements for " + old + ", got "
                            + shape + " of " + shape.size() + "; choose a shape of the same size");
        }
        return new FieldDataset(
                base,
                index,
                new Field(old.name(), old.dtype(), shape),
                (row, target, at) -> base.copy(row, index, target, at));
    }

    static Dataset scale(Dataset base, int index, float divisor) {
        Field old = base.fields().get(index);
        if (old.dtype() != DType.U8) {
            throw new DataException("dataset scale: expected a u8 field, got " + old + "; use map for other dtypes");
        }
        float[] table = new float[BYTES];
        for (int i = 0; i < BYTES; i++) {
            table[i] = i / divisor;
        }
        int size = Math.toIntExact(old.shape().size()); // the compiler makes better loops of an int
        return new FieldDataset(base, index, new Field(old.name(), DType.F32, old.shape()), (row, target, at) -> {
            // The bytes go to the start of the place of the floats and spread from the end, so no other space is
            // needed.
            base.copy(row, index, target, at);
            for (int i = size - 1; i >= 0; i--) {
                float value = table[target.get(ValueLayout.JAVA_BYTE, at + i) & 0xFF];
                target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i, value);
            }
        });
    }

    @Override
    public long size() {
        return base.size();
    }

    @Override
    public List<Field> fields() {
        return fields;
    }

    @Override
    public void copy(int row, int field, MemorySegment target, long offset) {
        if (field == changed) {
            copy.copy(row, target, offset);
        } else {
            base.copy(row, field, target, offset);
        }
    }

    @Override
    public Tensor tensor(int field) {
        return field == changed ? Rows.tensor(this, field) : base.tensor(field);
    }

    @Override
    public String toString() {
        return base.size() + " examples of " + fields;
    }
}
