package dev.lamina.core;

import dev.lamina.core.compiler.Evaluator;
import dev.lamina.core.compiler.GraphText;
import dev.lamina.core.memory.Buffer;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.memory.Memory;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * An immutable n-dimensional array: a handle on a lazy computation or on its evaluated elements.
 *
 * <p>Operations build a graph and check shapes and dtypes at once; nothing is computed before a value is read ({@link #item},
 * {@link #toFloatArray}, {@link #toString} ...) or {@link #evaluate} is called. Then the whole graph is compiled to a plan,
 * which is kept and found again when a graph of equal structure comes along.
 *
 * <p>Letters in the comments of operations: N rows, C columns or classes, B... any batch axes. Memory is freed when it is no
 * longer reachable; there is nothing to close. All methods may be called from any thread.
 */
public final class Tensor
        implements Primitives, Arithmetic, Reductions, ShapeOps, Indexing, LinearAlgebra, Windows, Activations {
    private final Node node;

    private Tensor(Node node) {
        this.node = node;
    }

    /** The tensor of a graph node. For backends and passes. */
    public static Tensor of(Node node) {
        return new Tensor(node);
    }

    /** The graph node behind this tensor. For backends and passes. */
    @Override
    public Node node() {
        return node;
    }

    @Override
    public Tensor self() {
        return this;
    }

    // ---------------------------------------------------------------- creation

    /** An f32 tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(float[] values, int... shape) {
        return copy(MemorySegment.ofArray(values), DType.F32, shaped(values.length, shape));
    }

    /** An f64 tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(double[] values, int... shape) {
        return copy(MemorySegment.ofArray(values), DType.F64, shaped(values.length, shape));
    }

    /** An i32 tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(int[] values, int... shape) {
        return copy(MemorySegment.ofArray(values), DType.I32, shaped(values.length, shape));
    }

    /** An i64 tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(long[] values, int... shape) {
        return copy(MemorySegment.ofArray(values), DType.I64, shaped(values.length, shape));
    }

    /** An i8 tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(byte[] values, int... shape) {
        return copy(MemorySegment.ofArray(values), DType.I8, shaped(values.length, shape));
    }

    /** A bool tensor; without shape it has one axis. The values are copied. */
    public static Tensor of(boolean[] values, int... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return copy(MemorySegment.ofArray(bytes), DType.BOOL, shaped(values.length, shape));
    }

    /** A tensor of the little-endian elements in a segment, in row-major order. They are copied. */
    public static Tensor of(MemorySegment elements, DType dtype, Shape shape) {
        long expected = shape.size() * dtype.bytes();
        if (elements.byteSize() != expected) {
            throw new ShapeException("Tensor.of: expected " + expected + " bytes for " + dtype + " " + shape + ", got "
                    + elements.byteSize() + "; pass a slice of the right size");
        }
        return copy(elements, dtype, shape);
    }

    /** A tensor of the little-endian elements between position and limit of a byte buffer. They are copied. */
    public static Tensor of(ByteBuffer elements, DType dtype, Shape shape) {
        return of(MemorySegment.ofBuffer(elements), dtype, shape);
    }

    /** A scalar whose value is not compiled into plans. */
    public static Tensor scalar(float value) {
        return copy(MemorySegment.ofArray(new float[] {value}), DType.F32, Shape.of());
    }

    /** A scalar whose value is not compiled into plans. */
    public static Tensor scalar(double value) {
        return copy(MemorySegment.ofArray(new double[] {value}), DType.F64, Shape.of());
    }

    /** A scalar whose value is not compiled into plans. */
    public static Tensor scalar(int value) {
        return copy(MemorySegment.ofArray(new int[] {value}), DType.I32, Shape.of());
    }

    /** A scalar whose value is not compiled into plans. */
    public static Tensor scalar(long value) {
        return copy(MemorySegment.ofArray(new long[] {value}), DType.I64, Shape.of());
    }

    /** A scalar whose value is not compiled into plans. */
    public static Tensor scalar(boolean value) {
        return of(new boolean[] {value}, 1).reshape();
    }

    /** The same value everywhere; it costs no memory and is compiled into plans. */
    public static Tensor constant(DType dtype, double value, int... shape) {
        return full(dtype, value, Shape.of(shape));
    }

    /** The same value everywhere; it costs no memory and is compiled into plans. */
    public static Tensor full(DType dtype, double value, Shape shape) {
        double held = dtype.isFloat() ? dtype.round(value) : dtype.wrap((long) value);
        return of(new Node(new Leaf.Constant(held), List.of(), shape, dtype));
    }

    /** An f32 tensor of one value. */
    public static Tensor full(double value, int... shape) {
        return full(DType.F32, value, Shape.of(shape));
    }

    /** An f32 tensor of zeros. */
    public static Tensor zeros(int... shape) {
        return full(0, shape);
    }

    /** A tensor of zeros. */
    public static Tensor zeros(DType dtype, Shape shape) {
        return full(dtype, 0, shape);
    }

    /** An f32 tensor of ones. */
    public static Tensor ones(int... shape) {
        return full(1, shape);
    }

    /** A tensor of ones. */
    public static Tensor ones(DType dtype, Shape shape) {
        return full(dtype, 1, shape);
    }

    /** Zeros in the shape and dtype of this tensor. */
    public Tensor zerosLike() {
        return zeros(dtype(), shape());
    }

    /** Ones in the shape and dtype of this tensor. */
    public Tensor onesLike() {
        return ones(dtype(), shape());
    }

    /** The i64 numbers 0 to count - 1. */
    public static Tensor arange(int count) {
        return arange(DType.I64, count);
    }

    /** The numbers 0 to count - 1. */
    public static Tensor arange(DType dtype, int count) {
        Tensor numbers = of(new Node(new Leaf.Iota(), List.of(), Shape.of(count), DType.I64));
        return numbers.cast(dtype);
    }

    /** Count f32 numbers from {@code from} to {@code to}, both included, evenly spaced. */
    public static Tensor linspace(double from, double to, int count) {
        double step = count > 1 ? (to - from) / (count - 1) : 0;
        return arange(DType.F64, count).mul(step).add(from).cast(DType.F32);
    }

    /** The f32 identity matrix (n, n). */
    public static Tensor eye(int n) {
        return arange(n).reshape(n, 1).eq(arange(n)).cast(DType.F32);
    }

    /** A placeholder: an input of a {@link Plan}. */
    public static Tensor input(DType dtype, Shape shape) {
        return of(new Node(new Leaf.Input(), List.of(), shape, dtype));
    }

    /** An image as (H, W, C) u8: one channel for gray, three for RGB, four with opacity. */
    public static Tensor of(BufferedImage image) {
        return Images.tensor(image);
    }

    // ---------------------------------------------------------------- several tensors

    /** {@code a} where the bool condition is true, {@code b} elsewhere; all three are broadcast. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        return condition.where(a, b);
    }

    /** Tensors one after the other along an axis; the other extents agree, dtypes are promoted. */
    public static Tensor concat(int axis, Tensor... tensors) {
        return concat(axis, List.of(tensors));
    }

    /** Tensors one after the other along an axis; the other extents agree, dtypes are promoted. */
    public static Tensor concat(int axis, List<Tensor> tensors) {
        DType dtype = tensors.stream()
                .map(Tensor::dtype)
                .reduce(DType::promote)
                .orElseThrow(() -> new ShapeException("concat: expected one tensor or more, got none; pass tensors"));
        return Primitives.concatenated(
                axis, tensors.stream().map(tensor -> tensor.cast(dtype)).toList());
    }

    /** Tensors of one shape along a new axis; -1 puts it at the end. */
    public static Tensor stack(int axis, Tensor... tensors) {
        return stack(axis, List.of(tensors));
    }

    /** Tensors of one shape along a new axis; -1 puts it at the end. */
    public static Tensor stack(int axis, List<Tensor> tensors) {
        for (Tensor tensor : tensors) {
            if (!tensor.shape().equals(tensors.get(0).shape())) {
                throw new ShapeException("stack: expected tensors of one shape, got "
                        + tensors.get(0).shape() + " and " + tensor.shape() + "; use concat, or pad them");
            }
        }
        return concat(
                axis, tensors.stream().map(tensor -> tensor.unsqueeze(axis)).toList());
    }

    /**
     * Sums of products in Einstein's notation: {@code einsum("bij,bjk->bik", a, b)}. A letter names an axis; letters missing
     * after the arrow are summed over, a letter twice in one operand takes the diagonal, {@code ...} stands for further axes,
     * which are broadcast. Without an arrow the result has the letters that occur once, in the order of the alphabet.
     */
    public static Tensor einsum(String equation, Tensor... operands) {
        return Einsum.of(equation, List.of(operands));
    }

    // ---------------------------------------------------------------- values

    /** Extents. */
    public Shape shape() {
        return node.shape();
    }

    /** Element type. */
    public DType dtype() {
        return node.dtype();
    }

    /** Number of axes. */
    public int rank() {
        return node.shape().rank();
    }

    /** Extent of one axis; a negative axis counts from the end. */
    public int dim(int axis) {
        return node.shape().dim(axis);
    }

    /** Number of elements. */
    public long size() {
        return node.shape().size();
    }

    /** Computes the elements now, unless that has happened. Returns this tensor. */
    public Tensor evaluate() {
        evaluateAll(this);
        return this;
    }

    /** Computes several tensors in one plan, which shares what they have in common. */
    public static void evaluateAll(Tensor... tensors) {
        Evaluator.evaluate(Arrays.stream(tensors).map(Tensor::node).toList());
    }

    /** The elements in row-major order, little endian, read-only. The segment keeps its memory alive. */
    public MemorySegment segment() {
        return elements().asReadOnly();
    }

    /** The only element of a tensor of size 1. */
    public double item() {
        if (size() != 1) {
            throw new ShapeException("item: expected a tensor of one element, got " + shape()
                    + "; reduce it (mean(), sum()) or slice one element out");
        }
        return Elements.get(elements(), dtype(), 0);
    }

    /** The elements as floats, in row-major order. */
    public float[] toFloatArray() {
        MemorySegment from = elements();
        float[] result = new float[Math.toIntExact(size())];
        if (dtype() == DType.F32) {
            MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, result, 0, result.length);
            return result;
        }
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) Elements.get(from, dtype(), i);
        }
        return result;
    }

    /** The elements as doubles, in row-major order. */
    public double[] toDoubleArray() {
        MemorySegment from = elements();
        double[] result = new double[Math.toIntExact(size())];
        for (int i = 0; i < result.length; i++) {
            result[i] = Elements.get(from, dtype(), i);
        }
        return result;
    }

    /** The elements as ints, in row-major order; an i64 that does not fit is an error. */
    public int[] toIntArray() {
        long[] values = toLongArray();
        int[] result = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (int) values[i];
            if (result[i] != values[i]) {
                throw new DataException("toIntArray: expected numbers that an int can hold, got " + values[i]
                        + " at position " + i + "; use toLongArray");
            }
        }
        return result;
    }

    /** The elements as longs, in row-major order; floats are cut toward zero. */
    public long[] toLongArray() {
        MemorySegment from = elements();
        long[] result = new long[Math.toIntExact(size())];
        for (int i = 0; i < result.length; i++) {
            result[i] = Elements.getLong(from, dtype(), i);
        }
        return result;
    }

    /** The elements as bytes, in row-major order; u8 above 127 shows as negative. */
    public byte[] toByteArray() {
        MemorySegment from = elements();
        byte[] result = new byte[Math.toIntExact(size())];
        for (int i = 0; i < result.length; i++) {
            result[i] = (byte) Elements.getLong(from, dtype(), i);
        }
        return result;
    }

    /** True for each element that is not zero, in row-major order. */
    public boolean[] toBooleanArray() {
        MemorySegment from = elements();
        boolean[] result = new boolean[Math.toIntExact(size())];
        for (int i = 0; i < result.length; i++) {
            result[i] = Elements.get(from, dtype(), i) != 0;
        }
        return result;
    }

    /** This image (H, W), or (H, W, C) with 1, 3 or 4 channels: integers from 0 to 255, floats from 0 to 1, cut beyond. */
    public BufferedImage toImage() {
        return Images.image(this);
    }

    /** The graph behind this tensor as text, one node a line, leaves first. */
    public String debug() {
        return GraphText.of(List.of(node));
    }

    /** In the manner of NumPy: nested brackets, long axes cut in the middle. Evaluates the tensor. */
    @Override
    public String toString() {
        return TensorText.of(this);
    }

    private MemorySegment elements() {
        Buffer buffer = node.value();
        if (buffer == null) {
            Evaluator.evaluate(List.of(node));
            buffer = java.util.Objects.requireNonNull(node.value());
        }
        return buffer.segment();
    }

    private static Shape shaped(int count, int[] shape) {
        Shape result = shape.length == 0 ? Shape.of(count) : Shape.of(shape);
        if (result.size() != count) {
            throw new ShapeException("Tensor.of: expected " + result.size() + " values for shape " + result + ", got "
                    + count + "; give as many values as the shape has elements");
        }
        return result;
    }

    private static Tensor copy(MemorySegment elements, DType dtype, Shape shape) {
        Buffer buffer = Memory.shared().allocate(elements.byteSize(), "tensor " + shape + " " + dtype);
        MemorySegment.copy(elements, 0, buffer.segment(), 0, elements.byteSize());
        return of(Node.data(shape, dtype, buffer));
    }
}
