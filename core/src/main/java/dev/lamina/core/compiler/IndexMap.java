package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.View;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where in a node an index of a loop space points: for each axis d of the node, base[d] + sum over s of coefficients[d][s] *
 * index[s]. Views turn the map of their result into the map of their input, so that they cost nothing.
 */
final class IndexMap {
    private final int[] space;
    private final long[] base;
    private final long[][] coefficients;

    private IndexMap(int[] space, long[] base, long[][] coefficients) {
        this.space = space;
        this.base = base;
        this.coefficients = coefficients;
    }

    /** The space is the node's own shape. */
    static IndexMap identity(Shape shape) {
        int rank = shape.rank();
        int[] axes = new int[rank];
        Arrays.setAll(axes, i -> i);
        return along(shape.dims(), axes);
    }

    /** Axis d of the node follows axis {@code axes[d]} of the space, or stays at 0 where that is -1. */
    static IndexMap along(int[] space, int[] axes) {
        long[][] coefficients = new long[axes.length][space.length];
        for (int d = 0; d < axes.length; d++) {
            if (axes[d] >= 0 && space[axes[d]] != 1) {
                coefficients[d][axes[d]] = 1;
            }
        }
        return new IndexMap(space, new long[axes.length], coefficients);
    }

    /** The map into the input of a view, or nothing if a reshape tears an axis apart. */
    Optional<IndexMap> through(View view, Shape result, Shape input) {
        return switch (view) {
            case View.Stop ignored -> Optional.of(this);
            case View.After ignored -> Optional.of(this);
            case View.Permute permute -> Optional.of(permute(permute.axes()));
            case View.Expand ignored -> Optional.of(expand(input));
            case View.Slice slice -> Optional.of(slice(slice));
            case View.Reshape ignored -> reshape(result, input);
            case View.Pad ignored -> Optional.empty();
            case View.Concat ignored -> Optional.empty();
        };
    }

    private IndexMap permute(List<Integer> axes) {
        long[] newBase = new long[base.length];
        long[][] rows = new long[base.length][];
        for (int d = 0; d < base.length; d++) {
            newBase[axes.get(d)] = base[d];
            rows[axes.get(d)] = coefficients[d];
        }
        return new IndexMap(space, newBase, rows);
    }

    private IndexMap expand(Shape input) {
        long[] newBase = base.clone();
        long[][] rows = coefficients.clone();
        for (int d = 0; d < base.length; d++) {
            if (input.dim(d) == 1) {
                newBase[d] = 0;
                rows[d] = new long[space.length];
            }
        }
        return new IndexMap(space, newBase, rows);
    }

    private IndexMap slice(View.Slice slice) {
        long[] newBase = new long[base.length];
        long[][] rows = new long[base.length][space.length];
        for (int d = 0; d < base.length; d++) {
            long step = slice.steps().get(d);
            newBase[d] = slice.starts().get(d) + step * base[d];
            for (int s = 0; s < space.length; s++) {
                rows[d][s] = step * coefficients[d][s];
            }
        }
        return new IndexMap(space, newBase, rows);
    }

    private Optional<IndexMap> reshape(Shape from, Shape to) {
        long[] strides = strides(from);
        long rest = offset(from);
        long[] newBase = new long[to.rank()];
        long[][] rows = new long[to.rank()][space.length];
        long[] targets = to.strides();
        for (int d = 0; d < to.rank(); d++) {
            long unit = targets[d];
            long low = 0;
            long high = 0;
            for (int s = 0; s < space.length; s++) {
                if (strides[s] % unit == 0) {
                    rows[d][s] = to.dim(d) == 1 ? 0 : strides[s] / unit;
                    strides[s] = 0;
                } else {
                    long span = strides[s] * (space[s] - 1);
                    low += Math.min(span, 0);
                    high += Math.max(span, 0);
                }
            }
            newBase[d] = Math.floorDiv(rest + low, unit);
            rest -= newBase[d] * unit;
            if (rest + high >= unit && from.size() > 0) {
                return Optional.empty();
            }
        }
        return Optional.of(new IndexMap(space, newBase, rows));
    }

    /** Row-major position of the first element in a node of this shape. */
    long offset(Shape shape) {
        long[] steps = shape.strides();
        long offset = 0;
        for (int d = 0; d < base.length; d++) {
            offset += base[d] * steps[d];
        }
        return offset;
    }

    /** Distance in row-major position per step along each axis of the space, 0 along axes of extent 1. */
    long[] strides(Shape shape) {
        long[] steps = shape.strides();
        long[] strides = new long[space.length];
        for (int s = 0; s < space.length; s++) {
            for (int d = 0; d < base.length && space[s] > 1; d++) {
                strides[s] += coefficients[d][s] * steps[d];
            }
        }
        return strides;
    }

    /** The access to a contiguous node of this shape. */
    Task.Access access(int buffer, dev.lamina.core.op.Node node) {
        return new Task.Access(buffer, node.dtype(), offset(node.shape()), space, strides(node.shape()));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IndexMap map
                && Arrays.equals(space, map.space)
                && Arrays.equals(base, map.base)
                && sameCoefficients(map.coefficients);
    }

    private boolean sameCoefficients(long[][] others) {
        for (int d = 0; d < base.length; d++) {
            if (!Arrays.equals(coefficients[d], others[d])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = Arrays.hashCode(base);
        for (long[] row : coefficients) {
            hash = 31 * hash + Arrays.hashCode(row);
        }
        return hash;
    }
}
