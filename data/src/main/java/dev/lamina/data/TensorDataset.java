package dev.lamina.data;

import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/** Examples in tensors, one tensor (N, ...) for each field. */
final class TensorDataset implements Dataset {

    private final int size;
    private final List<Field> fields;
    private final List<Tensor> tensors;
    private final MemorySegment[] segments;

    private TensorDataset(int size, List<Field> fields, List<Tensor> tensors) {
        this.size = size;
        this.fields = List.copyOf(fields);
        this.tensors = List.copyOf(tensors);
        this.segments = tensors.stream().map(Tensor::segment).toArray(MemorySegment[]::new);
    }

    static Dataset of(List<String> names, List<Tensor> tensors) {
        if (names.isEmpty() || new HashSet<>(names).size() < names.size()) {
            throw new DataException(
                    "dataset: expected one or more fields of different names, got " + names + "; name each field");
        }
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Shape shape = tensors.get(i).shape();
            Shape first = tensors.getFirst().shape();
            if (shape.rank() == 0) {
                throw new DataException("dataset: expected examples along the first axis of "
                        + Source.quote(names.get(i)) + ", got a scalar; give it an axis");
            }
            if (shape.dim(0) != first.dim(0)) {
                throw new DataException("dataset: expected " + first.dim(0) + " examples in "
                        + Source.quote(names.get(i)) + " as in " + Source.quote(names.getFirst()) + " " + first
                        + ", got " + shape.dim(0) + " in " + shape + "; give every field one row per example");
            }
            fields.add(new Field(names.get(i), tensors.get(i).dtype(), shape.range(1, shape.rank())));
        }
        return new TensorDataset(tensors.getFirst().shape().dim(0), fields, tensors);
    }

    static Dataset of(float[][] features, int[] labels) {
        int columns = features.length == 0 ? 0 : features[0].length;
        long cells = (long) features.length * columns;
        if (cells > Integer.MAX_VALUE - 8) {
            throw new DataException("dataset: expected fewer than 2^31 numbers in a Java array, got " + cells
                    + "; make the tensor from a MemorySegment");
        }
        float[] flat = new float[(int) cells];
        long[] classes = new long[labels.length];
        for (int row = 0; row < features.length; row++) {
            if (features[row].length != columns) {
                throw new DataException("dataset: expected " + columns + " features in row " + row
                        + " as in row 0, got " + features[row].length + "; make all rows equally long");
            }
            System.arraycopy(features[row], 0, flat, row * columns, columns);
        }
        for (int row = 0; row < labels.length; row++) {
            classes[row] = labels[row];
        }
        return Dataset.of(Tensor.of(flat, features.length, columns), Tensor.of(classes, labels.length));
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public List<Field> fields() {
        return fields;
    }

    @Override
    public void copy(int row, int field, MemorySegment target, long offset) {
        long bytes = fields.get(field).bytes();
        MemorySegment.copy(segments[field], Objects.checkIndex(row, size) * bytes, target, offset, bytes);
    }

    @Override
    public Tensor tensor(int field) {
        return tensors.get(field);
    }

    @Override
    public String toString() {
        return size + " examples of " + fields;
    }
}
