package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * Examples for training and evaluation. Each example has the same fields, each with a fixed dtype and shape.
 *
 * <p>The usual dataset has the fields {@link #FEATURES} and {@link #LABELS}; a model with several inputs has more.
 * Datasets do not change, and any number of threads may read them. An implementation gives {@link #size()},
 * {@link #fields()} and {@link #copy(int, int, MemorySegment, long)}, which must not allocate; all else follows.
 *
 * <p>In the shapes below, N is the number of examples.
 */
public interface Dataset {

    /** The name of the usual input field. */
    String FEATURES = "features";

    /** The name of the usual target field. */
    String LABELS = "labels";

    /** The name of a field that says how much each example counts in the loss; data sets without it count all alike. */
    String WEIGHTS = "weights";

    /**
     * One field of every example.
     *
     * @param name its name, unique in the dataset
     * @param dtype the dtype of its elements
     * @param shape the shape in one example, without the axis N
     */
    record Field(String name, DType dtype, Shape shape) {
        /** The bytes of this field in one example. */
        public long bytes() {
            return shape.size() * dtype.bytes();
        }

        @Override
        public String toString() {
            return name + " " + dtype + " " + shape;
        }
    }

    /**
     * Two parts of a dataset.
     *
     * @param train the part to learn from
     * @param test the part to measure with
     */
    record Split(Dataset train, Dataset test) {}

    /** The number of examples, below 2^31. */
    long size();

    /** The fields in their order: always the same list. */
    List<Field> fields();

    /**
     * Copies one field of one example, without allocation.
     *
     * @param row the example, 0 to size() - 1
     * @param field the index of the field
     * @param target where to copy to, in native byte order
     * @param offset the byte in the target to begin at
     * @throws IndexOutOfBoundsException if the row, the field or the place in the target does not exist
     */
    void copy(int row, int field, MemorySegment target, long offset);

    /**
     * Copies one field of several examples, one behind the other, without allocation.
     *
     * @param rows the examples; may repeat
     * @param from the first index in rows to use
     * @param count how many of them to use
     * @param field the index of the field
     * @param target where to copy to, from its byte 0 on
     * @throws IndexOutOfBoundsException if a row or the field does not exist, or the target is too small
     */
    default void copy(int[] rows, int from, int count, int field, MemorySegment target) {
        long bytes = fields().get(field).bytes();
        for (int i = 0; i < count; i++) {
            copy(rows[from + i], field, target, i * bytes);
        }
    }

    /**
     * A dataset with the fields {@link #FEATURES} and {@link #LABELS}.
     *
     * @param features (N, ...)
     * @param labels (N) or (N, ...)
     * @return the dataset; it keeps the dtypes
     * @throws DataException if the two do not have the same number of examples
     */
    static Dataset of(Tensor features, Tensor labels) {
        return TensorDataset.of(List.of(FEATURES, LABELS), List.of(features, labels));
    }

    /**
     * A dataset of any number of fields.
     *
     * @param fields the tensors (N, ...) by name, in the order the fields shall have
     * @return the dataset
     * @throws DataException if there is no field or the numbers of examples differ
     */
    static Dataset of(SequencedMap<String, Tensor> fields) {
        return TensorDataset.of(List.copyOf(fields.sequencedKeySet()), List.copyOf(fields.sequencedValues()));
    }

    /**
     * A dataset from Java arrays: F32 features of shape (C) and I64 labels of shape ().
     *
     * @param features N rows of C numbers each
     * @param labels N class numbers
     * @return the dataset
     * @throws DataException if rows have different lengths or the numbers of examples differ
     */
    static Dataset of(float[][] features, int[] labels) {
        return TensorDataset.of(features, labels);
    }

    /**
     * The examples of several datasets, one dataset behind the other.
     *
     * @param parts datasets with equal fields
     * @return all examples
     * @throws DataException if there is no part or the fields differ
     */
    static Dataset concat(Dataset... parts) {
        return ConcatDataset.of(List.of(parts));
    }

    /**
     * The index of a field.
     *
     * @param name its name
     * @return its index in {@link #fields()}
     * @throws DataException if there is none of this name
     */
    default int field(String name) {
        List<Field> fields = fields();
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new DataException(
                "dataset: expected a field " + Source.quote(name) + ", got " + fields + "; use one of these names");
    }

    /**
     * A field of all examples as one tensor.
     *
     * @param field the index of the field
     * @return (N, ...)
     */
    default Tensor tensor(int field) {
        return Rows.tensor(this, field);
    }

    /**
     * A field of all examples as one tensor.
     *
     * @param field the name of the field
     * @return (N, ...)
     * @throws DataException if there is no such field
     */
    default Tensor tensor(String field) {
        return tensor(field(field));
    }

    /** The field {@link #FEATURES} of all examples, (N, ...). */
    default Tensor features() {
        return tensor(FEATURES);
    }

    /** The field {@link #LABELS} of all examples, (N) or (N, ...). */
    default Tensor labels() {
        return tensor(LABELS);
    }

    /**
     * The first examples.
     *
     * @param count how many, 0 to size()
     * @return a view of them
     * @throws DataException if there are not as many
     */
    default Dataset take(long count) {
        return subset(Rows.range(0, Rows.requireCount("take", count, size())));
    }

    /**
     * The examples behind the first ones.
     *
     * @param count how many to leave out, 0 to size()
     * @return a view of the rest
     * @throws DataException if there are not as many
     */
    default Dataset skip(long count) {
        return subset(Rows.range(Rows.requireCount("skip", count, size()), Rows.count(size())));
    }

    /**
     * Some examples in the given order.
     *
     * @param rows their numbers, 0 to size() - 1; may repeat
     * @return a view of them
     * @throws DataException if a number is out of range
     */
    default Dataset subset(int... rows) {
        return SubsetDataset.of(this, rows);
    }

    /**
     * Splits at random. Both parts keep the order of this dataset.
     *
     * @param fraction the part of the examples that goes to train, between 0 and 1; their number is rounded
     * @param seed decides which
     * @return both parts
     * @throws DataException if the fraction is not between 0 and 1
     */
    default Split split(double fraction, long seed) {
        return Splits.random(this, fraction, seed);
    }

    /**
     * Splits at random within each class, so that both parts have the classes in the same proportion. The rounding goes
     * by the largest remainder: the sizes are those of {@link #split}. Both parts keep the order of this dataset.
     *
     * @param fraction the part of the examples that goes to train, between 0 and 1
     * @param seed decides which
     * @return both parts
     * @throws DataException if the fraction is not between 0 and 1, or the labels are not integers of shape ()
     */
    default Split stratifiedSplit(double fraction, long seed) {
        return Splits.stratified(this, fraction, seed);
    }

    /**
     * Splits for cross-validation: each example is in the test part of exactly one fold. The folds are runs of
     * neighbours, the first ones one longer when the size does not divide.
     *
     * @param k the number of folds, 2 to size()
     * @return the k splits
     * @throws DataException if k is out of range
     */
    default List<Split> folds(int k) {
        return Splits.folds(this, k, Rows.range(0, Rows.count(size())));
    }

    /**
     * As {@link #folds(int)}, over shuffled examples.
     *
     * @param k the number of folds, 2 to size()
     * @param seed decides which example is in which fold
     * @return the k splits
     * @throws DataException if k is out of range
     */
    default List<Split> folds(int k, long seed) {
        return Splits.folds(this, k, Shuffle.permutation(Rows.count(size()), seed));
    }

    /**
     * Folds that have the classes in the same proportion: sizes, and the examples of a class, differ by at most one.
     *
     * @param k the number of folds, 2 to the examples of the largest class
     * @return the k splits
     * @throws DataException if k is out of range, or the labels are not integers of shape ()
     */
    default List<Split> stratifiedFolds(int k) {
        return Splits.stratifiedFolds(this, k, false, 0);
    }

    /**
     * As {@link #stratifiedFolds(int)}, over shuffled examples.
     *
     * @param k the number of folds, 2 to the examples of the largest class
     * @param seed decides which example is in which fold
     * @return the k splits
     * @throws DataException if k is out of range, or the labels are not integers of shape ()
     */
    default List<Split> stratifiedFolds(int k, long seed) {
        return Splits.stratifiedFolds(this, k, true, seed);
    }

    /**
     * Replaces a field by a function of it, computed once, now.
     *
     * @param field the name of the field
     * @param function from (N, ...) to (N, ...)
     * @return a dataset with the new field in its place
     * @throws DataException if there is no such field or the function changes N
     */
    default Dataset map(String field, UnaryOperator<Tensor> function) {
        return FieldDataset.map(this, field(field), function);
    }

    /**
     * Gives the examples of a field another shape. Nothing is copied.
     *
     * @param field the name of the field
     * @param shape the new shape of one example, for example 28, 28, 1
     * @return a view
     * @throws DataException if there is no such field or the shape has another number of elements
     */
    default Dataset reshape(String field, int... shape) {
        return FieldDataset.reshape(this, field(field), Shape.of(shape));
    }

    /**
     * Turns bytes into floats when they are copied: x / divisor as F32. So images stay small in memory.
     *
     * @param field the name of a U8 field
     * @param divisor for example 255
     * @return a view
     * @throws DataException if there is no such field or it is not U8
     */
    default Dataset scale(String field, float divisor) {
        return FieldDataset.scale(this, field(field), divisor);
    }

    /**
     * Checks that no float is NaN or infinite.
     *
     * @return this
     * @throws DataException if one is; the message names field, row and column
     */
    default Dataset requireFinite() {
        Rows.requireFinite(this);
        return this;
    }

    /**
     * Checks that the labels are class numbers.
     *
     * @param classes how many classes there are
     * @return this
     * @throws DataException if a label is below 0 or not below classes, or the labels are not integers of shape ()
     */
    default Dataset requireClasses(int classes) {
        Rows.requireClasses(this, classes);
        return this;
    }
}
