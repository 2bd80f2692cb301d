package dev.lamina.core;

import java.util.Arrays;

/** Row-major positions of the elements that an index along an axis names. */
final class Positions {
    private Positions() {}

    /** Elements along an axis at a checked index, see {@link Indexing#gather}. */
    static Tensor gather(Tensor x, int axis, Tensor index) {
        Shape shape = x.shape();
        Tensor positions = of(shape, shape.axis(axis), index);
        return x.reshape(column(shape)).gatherRows(positions).reshape(index.shape());
    }

    /** Positions (N,) for an i64 index whose values lie inside the axis. */
    static Tensor of(Shape shape, int axis, Tensor index) {
        long[] strides = shape.strides();
        Tensor position = index.mul((double) strides[axis]);
        for (int i = 0; i < shape.rank(); i++) {
            if (i != axis && index.dim(i) > 1) {
                int[] along = new int[shape.rank()];
                Arrays.fill(along, 1);
                along[i] = index.dim(i);
                Tensor steps = Tensor.arange(index.dim(i)).mul((double) strides[i]);
                position = position.add(steps.reshape(Shape.of(along)));
            }
        }
        return position.flatten();
    }

    /** Positions (N,) for an index of the user; one beyond the axis is an error when they are computed. */
    static Tensor checked(String op, Shape shape, int axis, Tensor index) {
        int at = shape.axis(axis);
        boolean fits = index.rank() == shape.rank();
        for (int i = 0; fits && i < shape.rank(); i++) {
            fits = i == at || index.dim(i) <= shape.dim(i);
        }
        if (!fits) {
            throw new ShapeException(op + ": expected an index with the axes of " + shape
                    + ", not larger on any but axis " + at + ", got " + index.shape() + "; unsqueeze or narrow it");
        }
        Tensor whole = integers(op, index);
        boolean only = shape.size() == shape.dim(at);
        return of(shape, at, only ? whole : inside(whole, shape.dim(at)));
    }

    /**
     * The index itself, by way of a read that fails beyond the extent and names the wrong value. Without it an index
     * beyond its axis would read another row.
     */
    static Tensor inside(Tensor index, int extent) {
        Tensor all = Tensor.arange(extent).reshape(extent, 1);
        return all.gatherRows(index.flatten()).reshape(index.shape());
    }

    static Tensor integers(String op, Tensor index) {
        if (!index.dtype().isInteger()) {
            throw new DTypeException(op + ": expected an index of integers, got " + index.dtype() + "; cast it to i64");
        }
        return index.cast(DType.I64);
    }

    static Shape column(Shape shape) {
        return Shape.of(Math.toIntExact(shape.size()), 1);
    }
}
