package dev.lamina.data;

import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Work over all rows of a dataset, and checks of their numbers. */
final class Rows {

    private Rows() {}

    /** The number of examples as an int. */
    static int count(long examples) {
        if (examples < 0 || examples > Integer.MAX_VALUE) {
            throw new DataException(
                    "dataset: expected 0 to 2^31 - 1 examples, got " + examples + "; use several datasets");
        }
        return (int) examples;
    }

    static int requireCount(String what, long count, long size) {
        if (count < 0 || count > size) {
            throw new DataException("dataset " + what + ": expected a number of examples from 0 to " + size + ", got "
                    + count + "; change the number");
        }
        return count(count);
    }

    /** The numbers from (inclusive) to to (exclusive). */
    static int[] range(int from, int to) {
        int[] rows = new int[to - from];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = from + i;
        }
        return rows;
    }

    static Tensor tensor(Dataset dataset, int field) {
        Dataset.Field type = dataset.fields().get(field);
        int size = count(dataset.size());
        return Elements.tensor(type.dtype(), type.shape().insert(0, size), target -> {
            for (int row = 0; row < size; row++) {
                dataset.copy(row, field, target, row * type.bytes());
            }
        });
    }

    /** The labels as class numbers of any size or sign. */
    static long[] classes(Dataset dataset) {
        int field = dataset.field(Dataset.LABELS);
        Dataset.Field type = dataset.fields().get(field);
        if (!type.dtype().isInteger() || type.shape().rank() != 0) {
            throw new DataException("dataset: expected labels that are integers of shape (), got " + type.dtype() + " "
                    + type.shape() + "; use class numbers as labels");
        }
        long[] classes = new long[count(dataset.size())];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment label = arena.allocate(8, 8);
            for (int row = 0; row < classes.length; row++) {
                dataset.copy(row, field, label, 0);
                classes[row] = dev.lamina.core.memory.Elements.getLong(label, type.dtype(), 0);
            }
        }
        return classes;
    }

    static void requireClasses(Dataset dataset, int classes) {
        long[] labels = classes(dataset);
        for (int row = 0; row < labels.length; row++) {
            if (labels[row] < 0 || labels[row] >= classes) {
                throw new DataException("dataset: expected labels from 0 to " + (classes - 1) + ", got " + labels[row]
                        + " in row " + row + "; correct the label or use more classes");
            }
        }
    }

    static void requireFinite(Dataset dataset) {
        try (Arena arena = Arena.ofConfined()) {
            for (int field = 0; field < dataset.fields().size(); field++) {
                Dataset.Field type = dataset.fields().get(field);
                if (type.dtype().isFloat()) {
                    requireFinite(dataset, field, type, arena.allocate(type.bytes(), 8));
                }
            }
        }
    }

    private static void requireFinite(Dataset dataset, int field, Dataset.Field type, MemorySegment example) {
        int step = type.dtype().bytes();
        for (int row = 0; row < count(dataset.size()); row++) {
            dataset.copy(row, field, example, 0);
            for (long at = 0; at < example.byteSize(); at += step) {
                if (!Elements.isFinite(example, type.dtype(), at)) {
                    throw new DataException("dataset: expected finite numbers in field " + Source.quote(type.name())
                            + ", got NaN or infinity in row " + row + column(type.shape(), at / step)
                            + "; repair or leave out this example");
                }
            }
        }
    }

    /** The place of an element in one example, in words. */
    private static String column(Shape shape, long element) {
        int[] place = new int[shape.rank()];
        long rest = element;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            place[axis] = (int) (rest % shape.dim(axis));
            rest /= shape.dim(axis);
        }
        return place.length == 0 ? "" : ", column " + (place.length == 1 ? "" + place[0] : Arrays.toString(place));
    }
}
