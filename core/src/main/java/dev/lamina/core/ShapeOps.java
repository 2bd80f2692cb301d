package dev.lamina.core;

import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Operations that move elements and compute nothing: other shapes, axes, parts, and tensors put together. Negative axes
 * count from the end. Most cost nothing: they are read through strides.
 */
public sealed interface ShapeOps permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- shapes and axes

    /** The same elements in row-major order under another shape; one extent may be -1 and is then computed. */
    default Tensor reshape(int... shape) {
        int[] dims = shape.clone();
        int open = -1;
        long known = 1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] != -1) {
                known *= dims[i];
            } else if (open < 0) {
                open = i;
            } else {
                throw new ShapeException("reshape: expected at most one -1, got " + Arrays.toString(shape) + " for "
                        + self().shape() + "; give the other extents");
            }
        }
        if (open >= 0) {
            if (known <= 0 || self().size() % known != 0) {
                throw new ShapeException("reshape: expected extents that divide the " + self().size() + " elements of "
                        + self().shape() + ", got " + Arrays.toString(shape) + "; check the extents beside the -1");
            }
            dims[open] = Math.toIntExact(self().size() / known);
        }
        return self().reshape(Shape.of(dims));
    }

    /** All elements on one axis. */
    default Tensor flatten() {
        return self().reshape(Shape.of(Math.toIntExact(self().size())));
    }

    /** The axes from {@code from} to {@code to}, both included, as one. */
    default Tensor flatten(int from, int to) {
        Shape shape = self().shape();
        int first = shape.axis(from);
        int last = shape.axis(to);
        if (first > last) {
            throw new ShapeException(
                    "flatten: expected from <= to, got axes " + from + " and " + to + " of " + shape + "; swap them");
        }
        Shape result = shape;
        for (int i = last; i > first; i--) {
            result = result.remove(i);
        }
        return self().reshape(result.with(
                first, Math.toIntExact(shape.range(first, last + 1).size())));
    }

    /** The last two axes swapped: (B..., M, N) becomes (B..., N, M). */
    default Tensor transpose() {
        if (self().rank() < 2) {
            throw new ShapeException(
                    "transpose: expected at least two axes, got " + self().shape() + "; unsqueeze it first");
        }
        return transpose(-2, -1);
    }

    /** Two axes swapped. */
    default Tensor transpose(int a, int b) {
        Shape shape = self().shape();
        int[] axes = Shape.allAxes(shape.rank());
        axes[shape.axis(a)] = shape.axis(b);
        axes[shape.axis(b)] = shape.axis(a);
        return self().permute(axes);
    }

    /** One axis moved to another place; the others keep their order. */
    default Tensor moveAxis(int from, int to) {
        Shape shape = self().shape();
        List<Integer> axes =
                new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
        int moved = shape.axis(from);
        axes.removeIf(axis -> axis == moved);
        axes.add(shape.axis(to), moved);
        return self().permute(axes.stream().mapToInt(i -> i).toArray());
    }

    /** Axes of extent 1 repeated, new axes in front; -1 keeps an extent. */
    default Tensor expand(int... shape) {
        int added = shape.length - self().rank();
        int[] dims = shape.clone();
        for (int i = Math.max(added, 0); i < dims.length; i++) {
            dims[i] = dims[i] == -1 ? self().dim(i - added) : dims[i];
        }
        return self().expandTo(Shape.of(dims));
    }

    /** Without the axes of extent 1. */
    default Tensor squeeze() {
        return self().reshape(Shape.of(
                Arrays.stream(self().shape().dims()).filter(dim -> dim != 1).toArray()));
    }

    /** Without those of the given axes that have extent 1; the others stay. */
    default Tensor squeeze(int... axes) {
        Shape shape = self().shape();
        boolean[] named = new boolean[shape.rank()];
        for (int axis : axes) {
            named[shape.axis(axis)] = true;
        }
        int[] dims = IntStream.range(0, shape.rank())
                .filter(i -> shape.dim(i) != 1 || !named[i])
                .map(shape::dim)
                .toArray();
        return self().reshape(Shape.of(dims));
    }

    /** A new axis of extent 1 before the given one; -1 puts it at the end. */
    default Tensor unsqueeze(int axis) {
        int rank = self().rank();
        int at = axis < 0 ? axis + rank + 1 : axis;
        if (at < 0 || at > rank) {
            throw new ShapeException("unsqueeze: expected an axis from " + (-rank - 1) + " to " + rank + " for "
                    + self().shape() + ", got " + axis + "; 0 is in front, -1 at the end");
        }
        return self().reshape(self().shape().insert(at, 1));
    }

    // ---------------------------------------------------------------- parts

    /** What one index for each axis chooses; missing indices at the end take whole axes. */
    default Tensor slice(Index... indices) {
        return Index.apply(self(), indices);
    }

    /** Count positions of one axis, from {@code from} on. */
    default Tensor narrow(int axis, int from, int count) {
        Shape shape = self().shape();
        int at = shape.axis(axis);
        if (from < 0 || count < 0 || from + (long) count > shape.dim(at)) {
            throw new ShapeException("narrow: expected positions inside axis " + axis + " of " + shape + ", got "
                    + count + " from " + from + "; the axis has " + shape.dim(at));
        }
        return strided(self(), at, count == 0 ? 0 : from, 1, count);
    }

    /** Axes turned around; without arguments all. */
    default Tensor flip(int... axes) {
        Tensor result = self();
        int[] all = axes.length == 0 ? IntStream.range(0, result.rank()).toArray() : axes;
        for (int axis : all) {
            int extent = result.dim(axis);
            result = strided(result, axis, Math.max(extent - 1, 0), -1, extent);
        }
        return result;
    }

    /** Parts of the given extents one after the other along an axis; the extents make up the whole axis. */
    default List<Tensor> split(int axis, int... sizes) {
        if (Arrays.stream(sizes).asLongStream().sum() != self().dim(axis)) {
            throw new ShapeException("split: expected sizes whose sum is the extent of axis " + axis + " of "
                    + self().shape() + ", got " + Arrays.toString(sizes) + "; use slice to take some of them");
        }
        List<Tensor> parts = new ArrayList<>();
        int at = 0;
        for (int size : sizes) {
            parts.add(narrow(axis, at, size));
            at += size;
        }
        return List.copyOf(parts);
    }

    /** Parts of one extent along an axis; the last one may be smaller. */
    default List<Tensor> splitEvery(int axis, int size) {
        if (size < 1) {
            throw new ShapeException(
                    "splitEvery: expected a size of 1 or more, got " + size + "; it is the extent of a part");
        }
        List<Tensor> parts = new ArrayList<>();
        int extent = self().dim(axis);
        for (int at = 0; at < extent; at += size) {
            parts.add(narrow(axis, at, Math.min(size, extent - at)));
        }
        return List.copyOf(parts);
    }

    /**
     * About {@code count} parts of equal extent along an axis; the last is smaller, and there are fewer of them if
     * need be.
     */
    default List<Tensor> chunk(int axis, int count) {
        if (count < 1) {
            throw new ShapeException("chunk: expected 1 or more parts, got " + count + "; use 1 for the whole tensor");
        }
        return splitEvery(axis, Math.max(1, Math.ceilDiv(self().dim(axis), count)));
    }

    /** Rows and columns of (B..., N, M) up to the k-th diagonal (above for k > 0), 0 elsewhere. */
    default Tensor tril(int k) {
        return triangle(k, "tril").where(self(), 0.0);
    }

    /** {@link #tril(int)} with the main diagonal. */
    default Tensor tril() {
        return tril(0);
    }

    /** Rows and columns of (B..., N, M) from the k-th diagonal on (above for k > 0), 0 elsewhere. */
    default Tensor triu(int k) {
        return triangle(k - 1, "triu").where(0.0, self());
    }

    /** {@link #triu(int)} with the main diagonal. */
    default Tensor triu() {
        return triu(0);
    }

    /** Main diagonal of the last two axes: (B..., N, M) becomes (B..., min(N, M)). */
    default Tensor diagonal() {
        return diagonal(0);
    }

    /** k-th diagonal of the last two axes, above the main one for k > 0, below for k < 0. */
    default Tensor diagonal(int k) {
        matrices("diagonal");
        int rows = self().dim(-2);
        int columns = self().dim(-1);
        int count = Math.max(0, k >= 0 ? Math.min(rows, columns - k) : Math.min(rows + k, columns));
        int start = k >= 0 ? k : -k * columns;
        return strided(self().flatten(-2, -1), -1, count == 0 ? 0 : start, columns + 1, count);
    }

    /** Of a vector (N,) the matrix (N, N) with it on the diagonal; of a matrix its diagonal. */
    default Tensor diag() {
        if (self().rank() == 2) {
            return diagonal();
        }
        if (self().rank() != 1) {
            throw new ShapeException(
                    "diag: expected a vector or a matrix, got " + self().shape() + "; use diagonal for batches");
        }
        int n = self().dim(0);
        View.Pad spread = new View.Pad(List.of(0), List.of(0), List.of(n), 0);
        return n == 0
                ? self().reshape(0, 0)
                : self().padded(spread, Shape.of(n * n)).reshape(n, n);
    }

    // ---------------------------------------------------------------- larger tensors

    /** A value around the tensor: before and after each axis as many as the arrays say. */
    default Tensor pad(int[] before, int[] after, double value) {
        Shape shape = self().shape();
        padding(before, after);
        for (int i = 0; i < shape.rank(); i++) {
            shape = shape.with(i, Math.addExact(shape.dim(i), before[i] + after[i]));
        }
        List<Integer> none = Collections.nCopies(shape.rank(), 0);
        DType dtype = self().dtype();
        double held = dtype.isFloat() ? dtype.round(value) : dtype.wrap((long) value);
        return self().padded(new View.Pad(boxed(before), boxed(after), none, held), shape);
    }

    /** Elements of the tensor itself around it, see {@link PadMode}. */
    default Tensor pad(int[] before, int[] after, PadMode mode) {
        padding(before, after);
        Tensor result = self();
        for (int i = 0; i < before.length; i++) {
            if (before[i] > 0 || after[i] > 0) {
                result = Tensor.concat(
                        i, border(result, mode, i, before[i], true), result, border(result, mode, i, after[i], false));
            }
        }
        return result;
    }

    /** The whole tensor repeated along each axis; more numbers than axes give new axes in front. */
    default Tensor repeat(int... times) {
        int rank = times.length;
        if (rank < self().rank() || Arrays.stream(times).anyMatch(n -> n < 0)) {
            throw new ShapeException("repeat: expected a number of 0 or more for each axis of " + self().shape()
                    + ", got " + Arrays.toString(times) + "; 1 leaves an axis as it is");
        }
        Shape own = self().shape();
        int[] apart = new int[2 * rank];
        int[] repeated = new int[2 * rank];
        int[] result = new int[rank];
        for (int i = 0; i < rank; i++) {
            int axis = i - (rank - own.rank());
            int extent = axis < 0 ? 1 : own.dim(axis);
            apart[2 * i] = 1;
            apart[2 * i + 1] = extent;
            repeated[2 * i] = times[i];
            repeated[2 * i + 1] = extent;
            result[i] = Math.multiplyExact(times[i], extent);
        }
        return self().reshape(Shape.of(apart)).expandTo(Shape.of(repeated)).reshape(Shape.of(result));
    }

    /** Each element of an axis so many times in a row: a a b b c c. */
    default Tensor repeatInterleave(int times, int axis) {
        Shape shape = self().shape();
        int at = shape.axis(axis);
        Shape result = shape.with(at, Math.multiplyExact(shape.dim(at), times));
        return self().reshape(shape.insert(at + 1, 1))
                .expandTo(shape.insert(at + 1, times))
                .reshape(result);
    }

    /** Elements moved along an axis by a number of positions; what leaves at one end enters at the other. */
    default Tensor roll(int axis, int shift) {
        int extent = self().dim(axis);
        int by = extent == 0 ? 0 : Math.floorMod(shift, extent);
        return by == 0 ? self() : Tensor.concat(axis, narrow(axis, extent - by, by), narrow(axis, 0, extent - by));
    }

    // ---------------------------------------------------------------- parts of the above

    private static Tensor strided(Tensor x, int axis, int start, int step, int count) {
        Shape shape = x.shape();
        int at = shape.axis(axis);
        Integer[] starts = Collections.nCopies(shape.rank(), 0).toArray(Integer[]::new);
        Integer[] steps = Collections.nCopies(shape.rank(), 1).toArray(Integer[]::new);
        starts[at] = start;
        steps[at] = step;
        return x.sliced(new View.Slice(List.of(starts), List.of(steps)), shape.with(at, count));
    }

    private static Tensor border(Tensor x, PadMode mode, int axis, int count, boolean before) {
        int extent = x.dim(axis);
        int most = switch (mode) {
            case REFLECT -> extent - 1;
            case REPLICATE -> extent == 0 ? 0 : Integer.MAX_VALUE;
            case CIRCULAR -> extent;
        };
        if (count > most) {
            throw new ShapeException("pad: expected at most " + most + " on axis " + axis + " of " + x.shape()
                    + " with " + mode + ", got " + count + "; pad less or with another mode");
        }
        return count == 0
                ? x.narrow(axis, 0, 0)
                : switch (mode) {
                    case REFLECT -> strided(x, axis, before ? count : extent - 2, -1, count);
                    case REPLICATE ->
                        x.narrow(axis, before ? 0 : extent - 1, 1)
                                .expandTo(x.shape().with(axis, count));
                    case CIRCULAR -> x.narrow(axis, before ? extent - count : 0, count);
                };
    }

    private void padding(int[] before, int[] after) {
        int rank = self().rank();
        boolean fits = before.length == rank
                && after.length == rank
                && IntStream.range(0, rank).allMatch(i -> before[i] >= 0 && after[i] >= 0);
        if (!fits) {
            throw new ShapeException("pad: expected " + rank + " numbers of 0 or more before and after the axes of "
                    + self().shape() + ", got " + Arrays.toString(before) + " and " + Arrays.toString(after)
                    + "; use slice to cut");
        }
    }

    /** (N, M) true up to the k-th diagonal of the last two axes. */
    private Tensor triangle(int k, String op) {
        matrices(op);
        return Tensor.arange(self().dim(-2)).add(k).unsqueeze(1).ge(Tensor.arange(self().dim(-1)));
    }

    private void matrices(String op) {
        if (self().rank() < 2) {
            throw new ShapeException(
                    op + ": expected at least two axes, got " + self().shape() + "; reshape it to a matrix");
        }
    }

    private static List<Integer> boxed(int[] numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }
}
