package dev.lamina.core;

import dev.lamina.core.op.Scatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads and writes by index, sorting. Indices are integers from 0 on; one beyond the axis is an error when the result
 * is computed. Gradients flow through the elements, never through indices.
 */
public sealed interface Indexing permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- reads

    /**
     * One element for each index: result[i][j] = self[index[i][j]][j] for axis 0, self[i][index[i][j]] for axis 1, and
     * so on. The index has as many axes as this tensor and is not larger on the others; the result has its shape.
     */
    default Tensor gather(int axis, Tensor index) {
        Tensor positions = Positions.checked("gather", self().shape(), axis, index);
        Tensor column = self().reshape(Positions.column(self().shape()));
        return column.gatherRows(positions).reshape(index.shape());
    }

    /** The slices of an axis that a vector of indices (N,) names: the axis gets extent N. */
    default Tensor indexSelect(int axis, Tensor index) {
        if (index.rank() != 1) {
            throw new ShapeException(
                    "indexSelect: expected an index of one axis, got " + index.shape() + "; use take for more");
        }
        return self().moveAxis(axis, 0).take(index).moveAxis(0, axis);
    }

    /** Rows of the first axis: (R, rest...) at an index of any shape (S...) gives (S..., rest...). An embedding. */
    default Tensor take(Tensor index) {
        return take(index, "gather");
    }

    /**
     * The same for somebody whose name begins the message when an index is out of range.
     *
     * @param name for example the path of a layer
     */
    default Tensor take(Tensor index, String name) {
        Shape shape = self().shape();
        if (shape.rank() == 0) {
            throw new ShapeException("take: expected one axis or more, got a scalar; unsqueeze it first");
        }
        return rows(self(), 1, Positions.integers("take", index).flatten(), index.shape(), name);
    }

    /**
     * Elements by several indices at once, one for each of the first axes: result[i] = self[first[i]][second[i]].
     * Indices are broadcast to (S...); the axes without index follow: (S..., rest...). Negative indices count from the
     * end. A bool index stands for the positions at which it is true ({@link #nonzero}), for as many axes as it has.
     */
    default Tensor index(Tensor... indices) {
        List<Tensor> all = new ArrayList<>();
        for (Tensor index : indices) {
            boolean mask = index.dtype() == DType.BOOL;
            all.addAll(
                    mask
                            ? index.nonzero().split(1, ones(index.rank())).stream()
                                    .map(Tensor::flatten)
                                    .toList()
                            : List.of(Positions.integers("index", index)));
        }
        Shape shape = self().shape();
        if (all.isEmpty() || all.size() > shape.rank()) {
            throw new ShapeException("index: expected 1 to " + shape.rank() + " indices for " + shape + ", got "
                    + all.size() + "; one for each of the first axes");
        }
        Shape result = Shape.of();
        for (Tensor index : all) {
            result = Shape.broadcast(result, index.shape());
        }
        Tensor row = Tensor.constant(DType.I64, 0);
        for (int i = 0; i < all.size(); i++) {
            int extent = shape.dim(i);
            Tensor index = all.get(i).lt(0).where(all.get(i).add(extent), all.get(i));
            row = row.mul(extent).add(all.size() == 1 ? index : Positions.inside(index, extent));
        }
        return rows(self(), all.size(), row.expandTo(result).flatten(), result, "gather");
    }

    /** The elements at which the mask is true, in row-major order: (N,). Evaluates the mask at once. */
    default Tensor maskedSelect(Tensor mask) {
        Shape shape = Shape.broadcast(self().shape(), mask.shape());
        Tensor positions = mask.expandTo(shape).flatten().nonzero().flatten();
        return self().expandTo(shape).flatten().take(positions);
    }

    /** Positions of the elements that are not 0, in row-major order: (N, rank), i64. Evaluates this tensor at once. */
    default Tensor nonzero() {
        boolean[] truth = self().toBooleanArray();
        Shape shape = self().shape();
        int count = (int) IntStream.range(0, truth.length).filter(i -> truth[i]).count();
        long[] positions = new long[Math.multiplyExact(count, shape.rank())];
        long[] strides = shape.strides();
        int at = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int axis = 0; truth[i] && axis < strides.length; axis++) {
                positions[at++] = i / strides[axis] % shape.dim(axis);
            }
        }
        return Tensor.of(positions, count, shape.rank());
    }

    /** f32 vectors with a 1 at the index: (S...) becomes (S..., classes). An index outside gives zeros. */
    default Tensor oneHot(int classes) {
        return oneHot(classes, DType.F32);
    }

    /** Vectors with a 1 at the index: (S...) becomes (S..., classes). An index outside gives zeros. */
    default Tensor oneHot(int classes, DType dtype) {
        return Positions.integers("oneHot", self())
                .unsqueeze(-1)
                .eq(Tensor.arange(classes))
                .cast(dtype);
    }

    // ---------------------------------------------------------------- writes

    /**
     * A copy with elements replaced: result[index[i][j]][j] = source[i][j] for axis 0, and so on. The index has as
     * many axes as this tensor and is not larger than the source, nor than this tensor on the other axes. Of several
     * values for one element the last one stays.
     */
    default Tensor scatter(int axis, Tensor index, Tensor source) {
        return scattered(self(), Scatter.Kind.SET, axis, index, source);
    }

    /** A copy with values added: result[index[i][j]][j] += source[i][j] for axis 0, and so on, see {@link #scatter}. */
    default Tensor scatterAdd(int axis, Tensor index, Tensor source) {
        return scattered(self(), Scatter.Kind.ADD, axis, index, source);
    }

    // ---------------------------------------------------------------- order

    /** Elements in order along an axis, and where they stood; stable, NaN counts as the largest. */
    default ValuesAndIndices sort(int axis, boolean descending) {
        return topK(self().dim(axis), axis, descending);
    }

    /** Indices (i64) that put an axis in order; stable, NaN counts as the largest. */
    default Tensor argsort(int axis, boolean descending) {
        return self().moveAxis(axis, -1).sortIndices(descending).moveAxis(-1, axis);
    }

    /** The k largest (or smallest) elements along an axis, in order, and where they stood; of equal ones the first. */
    default ValuesAndIndices topK(int k, int axis, boolean largest) {
        if (k < 0 || k > self().dim(axis)) {
            throw new ShapeException("topK: expected k from 0 to the extent of axis " + axis + " of " + self().shape()
                    + ", got " + k + "; take a smaller k");
        }
        Tensor indices = argsort(axis, largest).narrow(axis, 0, k);
        return new ValuesAndIndices(Positions.gather(self(), axis, indices), indices);
    }

    // ---------------------------------------------------------------- parts

    private static Tensor scattered(Tensor base, Scatter.Kind kind, int axis, Tensor index, Tensor source) {
        String op = kind == Scatter.Kind.SET ? "scatter" : "scatterAdd";
        Shape shape = base.shape();
        Tensor positions = Positions.checked(op, shape, axis, index);
        Tensor updates = source;
        for (int i = 0; i < index.rank(); i++) {
            if (source.rank() != index.rank() || index.dim(i) > source.dim(i)) {
                throw new ShapeException(op + ": expected a source of at least the extents of the index, got "
                        + source.shape() + " and index " + index.shape() + "; narrow the index");
            }
            updates = updates.narrow(i, 0, index.dim(i));
        }
        if (source.dtype() != base.dtype()) {
            throw new DTypeException(
                    op + ": expected a source of " + base.dtype() + ", got " + source.dtype() + "; cast one of them");
        }
        Tensor column = base.reshape(Positions.column(shape));
        return column.scatterRows(kind, positions, updates.reshape(Positions.column(index.shape())))
                .reshape(shape);
    }

    /** Rows of the first axes taken as one, at flat positions (N,): (S..., rest...). */
    private static Tensor rows(Tensor data, int axes, Tensor positions, Shape result, String name) {
        Shape shape = data.shape();
        Shape rest = shape.range(axes, shape.rank());
        int count = Math.toIntExact(shape.range(0, axes).size());
        Tensor taken =
                data.reshape(Shape.of(count, Math.toIntExact(rest.size()))).gatherRows(positions, name);
        int[] dims = IntStream.concat(Arrays.stream(result.dims()), Arrays.stream(rest.dims()))
                .toArray();
        return taken.reshape(Shape.of(dims));
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
