package dev.lamina.core;

import dev.lamina.core.op.Contract;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Sample;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Sort;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.Arrays;
import java.util.List;

/**
 * The few operations that everything else is written with: each builds one node (or none, where nothing changes) and checks
 * shapes and dtypes. Users find them under friendlier names beside.
 */
public sealed interface Primitives permits Tensor {
    /** The graph node behind this tensor. */
    Node node();

    /** This tensor. */
    Tensor self();

    /** One scalar function over tensors that are broadcast to one shape and promoted to one dtype. */
    static Tensor elementwise(Elementwise op, Tensor... operands) {
        boolean where = op == Elementwise.WHERE;
        Shape shape = Shape.of();
        for (Tensor operand : operands) {
            shape = Shape.broadcast(shape, operand.shape());
        }
        int first = where ? 1 : 0;
        DType dtype = operands[first].dtype();
        for (int i = first + 1; i < operands.length; i++) {
            dtype = DType.promote(dtype, operands[i].dtype());
        }
        if (where && operands[0].dtype() != DType.BOOL) {
            throw new DTypeException("where: expected a bool condition, got " + operands[0].dtype()
                    + "; compare first, for instance x.ne(0)");
        }
        Node[] inputs = new Node[operands.length];
        for (int i = 0; i < operands.length; i++) {
            Tensor typed = i < first ? operands[i] : operands[i].cast(dtype);
            inputs[i] = typed.expandTo(shape).node();
        }
        return Tensor.of(new Node(op, List.of(inputs), shape, op.isComparison() ? DType.BOOL : dtype));
    }

    /** The same values in another dtype; floats become integers by cutting toward zero, bool by comparing with 0. */
    default Tensor cast(DType dtype) {
        Node node = node();
        if (node.dtype() == dtype) {
            return self();
        }
        if (node.op() instanceof Leaf.Constant constant) {
            double value = dtype == DType.BOOL && constant.value() != 0 ? 1 : constant.value();
            return Tensor.full(dtype, value, node.shape());
        }
        return Tensor.of(new Node(Elementwise.CAST, List.of(node), node.shape(), dtype));
    }

    /** The same elements in row-major order under another shape of equal size. */
    default Tensor reshape(Shape shape) {
        Node node = node();
        if (node.shape().equals(shape)) {
            return self();
        }
        if (node.shape().size() != shape.size()) {
            throw new ShapeException(
                    "reshape: expected a shape of " + node.shape().size() + " elements for " + node.shape() + ", got "
                            + shape + " of " + shape.size() + "; one extent may be -1 and is then computed");
        }
        if (node.op() instanceof Leaf.Constant constant) {
            return Tensor.full(node.dtype(), constant.value(), shape);
        }
        return Tensor.of(new Node(new View.Reshape(), List.of(node), shape, node.dtype()));
    }

    /** Axes in another order: axis i of the result is axis {@code axes[i]} of this tensor. */
    default Tensor permute(int... axes) {
        Shape from = node().shape();
        int[] normal = from.axes(axes);
        int[] sorted = normal.clone();
        Arrays.sort(sorted);
        if (!Arrays.equals(sorted, Shape.allAxes(from.rank()))) {
            throw new ShapeException("permute: expected each of the " + from.rank() + " axes of " + from + " once, got "
                    + Arrays.toString(axes) + "; give 0 to " + (from.rank() - 1) + " in another order");
        }
        int[] dims = new int[normal.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = from.dim(normal[i]);
        }
        return Arrays.equals(normal, sorted) ? self() : view(new View.Permute(Shape.list(normal)), Shape.of(dims));
    }

    /** This tensor broadcast to a shape: new axes in front, axes of extent 1 repeated. */
    default Tensor expandTo(Shape shape) {
        Shape from = node().shape();
        if (from.equals(shape)) {
            return self();
        }
        if (!Shape.broadcast(from, shape).equals(shape)) {
            throw new ShapeException("expand: expected a shape that " + from + " can be broadcast to, got " + shape
                    + "; only axes of extent 1 are repeated");
        }
        if (node().op() instanceof Leaf.Constant constant) {
            return Tensor.full(node().dtype(), constant.value(), shape);
        }
        int[] dims = new int[shape.rank()];
        Arrays.fill(dims, 1);
        System.arraycopy(from.dims(), 0, dims, shape.rank() - from.rank(), from.rank());
        Tensor aligned = reshape(Shape.of(dims));
        return aligned.shape().equals(shape)
                ? aligned
                : Tensor.of(new Node(new View.Expand(), List.of(aligned.node()), shape, aligned.dtype()));
    }

    /** The sum over those axes in which this tensor was broadcast from the shape: the inverse of {@link #expandTo}. */
    default Tensor sumTo(Shape shape) {
        Shape from = node().shape();
        int extra = from.rank() - shape.rank();
        int[] axes = new int[from.rank()];
        int count = 0;
        for (int i = 0; i < axes.length; i++) {
            if (i < extra || (shape.dim(i - extra) == 1 && from.dim(i) != 1)) {
                axes[count++] = i;
            }
        }
        Tensor sum = count == 0 ? self() : reduce(Reduce.Kind.SUM, Arrays.copyOf(axes, count));
        return sum.reshape(shape);
    }

    /** A slice as the op describes it; the shape says how many elements of each axis. */
    default Tensor sliced(View.Slice slice, Shape shape) {
        Shape from = node().shape();
        boolean whole = from.equals(shape) && slice.steps().stream().allMatch(step -> step == 1);
        for (int i = 0; i < from.rank(); i++) {
            int count = shape.dim(i);
            long last = slice.starts().get(i) + (long) slice.steps().get(i) * (count - 1);
            if (count > 0
                    && (slice.starts().get(i) < 0
                            || slice.starts().get(i) >= from.dim(i)
                            || last < 0
                            || last >= from.dim(i))) {
                throw new ShapeException("slice: expected positions from 0 to " + (from.dim(i) - 1) + " on axis " + i
                        + " of " + from + ", got " + slice.starts().get(i) + " to " + last);
            }
        }
        return whole ? self() : view(slice, shape);
    }

    /** Padding as the op describes it; the shape is that of the result. */
    default Tensor padded(View.Pad pad, Shape shape) {
        return node().shape().equals(shape) ? self() : view(pad, shape);
    }

    /** This tensor, through which no gradient passes. After evaluation it no longer holds the graph it came from. */
    default Tensor stopGradient() {
        return view(new View.Stop(), node().shape());
    }

    /** Combines all elements along axes, which stay with extent 1. */
    default Tensor reduce(Reduce.Kind kind, int... axes) {
        Node node = node();
        int[] sorted = node.shape().axes(axes);
        Arrays.sort(sorted);
        Shape shape = node.shape();
        for (int i = 0; i < sorted.length; i++) {
            if (i > 0 && sorted[i] == sorted[i - 1]) {
                throw new ShapeException(name(kind) + ": expected each axis once, got " + Arrays.toString(axes)
                        + "; leave out the second");
            }
            if (kind != Reduce.Kind.SUM && shape.dim(sorted[i]) == 0) {
                throw new ShapeException(name(kind) + ": expected at least one element along axis " + sorted[i]
                        + ", got " + node.shape() + "; an empty axis has no " + name(kind));
            }
            shape = shape.with(sorted[i], 1);
        }
        boolean index = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
        if (sorted.length == 0 && !index) {
            return self();
        }
        Reduce op = new Reduce.Over(kind, Shape.list(sorted));
        return Tensor.of(new Node(op, List.of(node), shape, index ? DType.I64 : node.dtype()));
    }

    /** Running sum along an axis; reversed: from the last element on. */
    default Tensor scan(int axis, boolean reversed) {
        Node node = node();
        return view(new Reduce.Scan(node.shape().axis(axis), reversed), node.shape());
    }

    /** Rows of this matrix (R, W) at i64 index (N,): (N, W). */
    default Tensor gatherRows(Tensor index) {
        return gatherRows(index, "gather");
    }

    /** The same for somebody whose name is in the message when an index is out of range. */
    default Tensor gatherRows(Tensor index, String name) {
        Node node = node();
        check(
                "gather",
                node.shape().rank() == 2 && index.rank() == 1 && index.dtype() == DType.I64,
                node.shape(),
                index);
        Shape shape = node.shape().with(0, index.dim(0));
        return Tensor.of(new Node(new Gather.Rows(name), List.of(node, index.node()), shape, node.dtype()));
    }

    /** This matrix (R, W) with the rows at i64 index (N,) changed by updates (N, W). */
    default Tensor scatterRows(Scatter.Kind kind, Tensor index, Tensor updates) {
        Node node = node();
        boolean fits = node.shape().rank() == 2
                && index.rank() == 1
                && index.dtype() == DType.I64
                && updates.shape().equals(node.shape().with(0, index.dim(0)))
                && updates.dtype() == node.dtype();
        check("scatter", fits, node.shape(), index);
        return Tensor.of(new Node(
                new Scatter.Rows(kind), List.of(node, index.node(), updates.node()), node.shape(), node.dtype()));
    }

    /** i64 indices that sort the last axis, stable. */
    default Tensor sortIndices(boolean descending) {
        Node node = node();
        return Tensor.of(new Node(new Sort.Indices(descending), List.of(node), node.shape(), DType.I64));
    }

    /**
     * Matrix product of tensors of equal dtype and equal batch axes: (B..., M, K) times (B..., K, N).
     *
     * @param rounded see {@link Contract.MatMul}
     */
    default Tensor product(Tensor other, DType rounded) {
        Shape a = node().shape();
        Shape b = other.shape();
        int rank = a.rank();
        boolean fits = rank >= 2
                && rank == b.rank()
                && a.dim(-1) == b.dim(-2)
                && a.range(0, rank - 2).equals(b.range(0, rank - 2));
        if (!fits || node().dtype() != other.dtype()) {
            throw new ShapeException("matmul: expected (..., M, K) and (..., K, N) of one dtype, got " + node().dtype()
                    + " " + a + " and " + other.dtype() + " " + b
                    + "; the last axis of the first must equal the last but one of the second");
        }
        return Tensor.of(new Node(
                new Contract.MatMul(rounded), List.of(node(), other.node()), a.with(-1, b.dim(-1)), node().dtype()));
    }

    /**
     * One tensor of a convolution from the other two, in the order of x (N, S..., C), w (T..., C/G, O), y (N, P..., O).
     *
     * @param shape of the result, which the other two leave open in part
     */
    static Tensor convolved(Window.Conv op, Tensor first, Tensor second, Shape shape) {
        boolean floats = first.dtype().isFloat() && first.dtype() == second.dtype();
        if (!floats || !op.gives(first.shape(), second.shape(), shape)) {
            throw new ShapeException(
                    "convolution: expected x (N, S..., C), kernel (T..., C / groups, O) and y (N, P..., O)"
                            + " of one float dtype, got " + first.dtype() + " " + first.shape() + " and "
                            + second.dtype() + " "
                            + second.shape() + " to " + shape + " in " + op + "; check channels, groups and extents");
        }
        return Tensor.of(new Node(op, List.of(first.node(), second.node()), shape, first.dtype()));
    }

    /** Pooling as the op describes it; the shape is that of the result. */
    static Tensor pooled(Window.Pool op, Shape shape, Tensor... inputs) {
        DType dtype = inputs[0].dtype();
        List<Shape> shapes = Arrays.stream(inputs).map(Tensor::shape).toList();
        boolean one = Arrays.stream(inputs).allMatch(input -> input.dtype() == dtype);
        if (!dtype.isFloat() || !one || !op.fits(shapes, shape)) {
            throw new ShapeException("pooling: expected x (N, S..., C) and y (N, P..., C) of one float dtype, got "
                    + dtype + " " + shapes + " to " + shape + " in " + op + "; cast integers, check the extents");
        }
        return Tensor.of(new Node(op, Arrays.stream(inputs).map(Tensor::node).toList(), shape, dtype));
    }

    /** Tensors of equal dtype one after the other along an axis; the other extents agree. */
    static Tensor concatenated(int axis, List<Tensor> parts) {
        Tensor first = parts.get(0);
        int at = first.shape().axis(axis);
        int total = 0;
        for (Tensor part : parts) {
            boolean fits = part.rank() == first.rank()
                    && part.dtype() == first.dtype()
                    && part.shape().with(at, 0).equals(first.shape().with(at, 0));
            if (!fits) {
                throw new ShapeException("concat: expected tensors like " + first.dtype() + " " + first.shape()
                        + " except on axis " + at + ", got " + part.dtype() + " " + part.shape()
                        + "; pad or slice it, or choose another axis");
            }
            total += part.dim(at);
        }
        if (parts.size() == 1) {
            return first;
        }
        List<Node> inputs = parts.stream().map(Tensor::node).toList();
        return Tensor.of(new Node(new View.Concat(at), inputs, first.shape().with(at, total), first.dtype()));
    }

    /** Uniform numbers in [0, 1) that depend on an i64 seed scalar, the stream and the position only; f32 or f64. */
    static Tensor uniform(Tensor seed, long stream, DType dtype, Shape shape) {
        if (seed.dtype() != DType.I64 || seed.rank() != 0 || (dtype != DType.F32 && dtype != DType.F64)) {
            throw new DTypeException("uniform: expected an i64 scalar seed and f32 or f64, got " + seed.dtype() + " "
                    + seed.shape() + " and " + dtype + "; cast the result for other types");
        }
        return Tensor.of(new Node(new Sample.Uniform(stream), List.of(seed.node()), shape, dtype));
    }

    private Tensor view(dev.lamina.core.op.Op op, Shape shape) {
        return Tensor.of(new Node(op, List.of(node()), shape, node().dtype()));
    }

    private static void check(String name, boolean fits, Shape data, Tensor index) {
        if (!fits) {
            throw new ShapeException(
                    name + ": expected a matrix (R, W), an i64 index (N,) and updates (N, W) of the matrix's dtype,"
                            + " got " + data + " and index " + index.dtype() + " " + index.shape());
        }
    }

    private static String name(Reduce.Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }
}
