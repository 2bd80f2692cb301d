package dev.lamina.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The extents of a tensor, outermost axis first. A shape without axes is that of a scalar. */
public final class Shape {
    private static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dims;
    private final long size;

    private Shape(int[] dims) {
        this.dims = dims;
        long product = 1;
        for (int dim : dims) {
            if (dim < 0) {
                throw new ShapeException("shape: expected extents of 0 or more, got " + text(dims)
                        + "; use -1 only in reshape and expand");
            }
            product = Math.multiplyExact(product, (long) dim);
        }
        this.size = product;
    }

    /** The shape with these extents. */
    public static Shape of(int... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    /** Number of axes. */
    public int rank() {
        return dims.length;
    }

    /** Extent of one axis; a negative axis counts from the end. */
    public int dim(int axis) {
        return dims[axis(axis)];
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    /** A copy of the extents. */
    public int[] dims() {
        return dims.clone();
    }

    /** The axis as a number from 0 to rank - 1; a negative one counts from the end. */
    public int axis(int axis) {
        int normal = axis < 0 ? axis + dims.length : axis;
        if (normal < 0 || normal >= dims.length) {
            throw new ShapeException(
                    dims.length == 0
                            ? "axis: expected no axis for a scalar, got " + axis + "; unsqueeze it first"
                            : "axis: expected a number from " + -dims.length + " to " + (dims.length - 1)
                                    + " for shape " + this + ", got " + axis
                                    + "; axes count from 0, negative ones from the end");
        }
        return normal;
    }

    /** Axes as numbers from 0 to rank - 1. */
    int[] axes(int... axes) {
        int[] normal = axes.clone();
        for (int i = 0; i < normal.length; i++) {
            normal[i] = axis(normal[i]);
        }
        return normal;
    }

    /** 0, 1 ... of a rank: all axes. */
    static int[] allAxes(int rank) {
        int[] axes = new int[rank];
        for (int i = 0; i < rank; i++) {
            axes[i] = i;
        }
        return axes;
    }

    static List<Integer> list(int... numbers) {
        List<Integer> list = new ArrayList<>(numbers.length);
        for (int number : numbers) {
            list.add(number);
        }
        return List.copyOf(list);
    }

    /** This shape with one extent replaced. */
    public Shape with(int axis, int extent) {
        int[] copy = dims.clone();
        copy[axis(axis)] = extent;
        return new Shape(copy);
    }

    /** This shape with an axis put in before the given one (0 to rank). */
    public Shape insert(int axis, int extent) {
        int[] copy = new int[dims.length + 1];
        System.arraycopy(dims, 0, copy, 0, axis);
        copy[axis] = extent;
        System.arraycopy(dims, axis, copy, axis + 1, dims.length - axis);
        return new Shape(copy);
    }

    /** This shape without one axis. */
    public Shape remove(int axis) {
        int at = axis(axis);
        int[] copy = new int[dims.length - 1];
        System.arraycopy(dims, 0, copy, 0, at);
        System.arraycopy(dims, at + 1, copy, at, copy.length - at);
        return of(copy);
    }

    /** The axes from {@code from} to {@code to} - 1 as a shape. */
    public Shape range(int from, int to) {
        return of(Arrays.copyOfRange(dims, from, to));
    }

    /** Row-major strides in elements. */
    public long[] strides() {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(dims[i], 1);
        }
        return strides;
    }

    /** The shape that both operands have after NumPy broadcasting. */
    public static Shape broadcast(Shape a, Shape b) {
        if (a.rank() == 0 || a.equals(b)) {
            return b;
        }
        int rank = Math.max(a.rank(), b.rank());
        int[] dims = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dims[a.rank() - i] : 1;
            int y = i <= b.rank() ? b.dims[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw new ShapeException(
                        "broadcast: expected shapes whose extents are equal or 1 from the last axis on,"
                                + " got " + a + " and " + b + ": " + x + " against " + y + " on axis " + -i
                                + "; reshape or unsqueeze one of them");
            }
            dims[rank - i] = x == 1 ? y : x;
        }
        return of(dims);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** In the manner of Python: {@code (2, 3)}, {@code (5,)}, {@code ()}. */
    @Override
    public String toString() {
        return text(dims);
    }

    private static String text(int[] dims) {
        return Arrays.stream(dims)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", ", "(", dims.length == 1 ? ",)" : ")"));
    }
}
