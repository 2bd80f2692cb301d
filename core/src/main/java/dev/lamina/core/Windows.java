package dev.lamina.core;

import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Windows that slide over the 1, 2 or 3 spatial axes of images and sequences (N, S..., C): convolution, pooling, resampling. Channels
 * come last. Options are a {@link Slide}. Sums follow {@link Precision}, as products do.
 */
public sealed interface Windows permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- convolution

    /** {@link #conv(Tensor, Slide)} with stride 1 and without padding. */
    default Tensor conv(Tensor kernel) {
        return conv(kernel, Slide.by(1));
    }

    /**
     * Convolution (cross-correlation, as everywhere in deep learning): y[n, p, o] is the sum over taps t and channels c of
     * x[n, p stride + t dilation - before, c] kernel[t, c, o]. Input (N, S..., C), output (N, P..., O) with P = (S + padding - (T - 1)
     * dilation - 1) / stride + 1.
     *
     * @param kernel (T..., C / groups, O); PyTorch's (O, C / groups, T...) permuted
     */
    default Tensor conv(Tensor kernel, Slide slide) {
        DType dtype = floats("conv", self(), kernel);
        requireKernel("conv", self(), kernel);
        int[] taps = taps(kernel);
        Window.Geometry geometry = slide.over("conv", self().shape(), taps);
        int channels = self().dim(-1);
        int outputs = kernel.dim(-1);
        int groups = slide.groups();
        if (channels % groups != 0 || outputs % groups != 0 || kernel.dim(-2) * groups != channels) {
            throw new ShapeException(
                    "conv: expected a kernel (T..., C / groups, O) for inputs " + self().shape() + " in "
                            + groups + " groups, got " + kernel.shape()
                            + "; channels of input and output are divisible by groups, and the kernel's last but one axis is"
                            + " their quotient");
        }
        Window.Conv op = new Window.Conv(
                Window.Part.OUTPUT, geometry, groups, Precision.current().factors(dtype));
        Shape shape = geometry.outputs(self().shape(), outputs);
        return Primitives.convolved(op, self().cast(dtype), kernel.cast(dtype), shape);
    }

    /** {@link #convTranspose(Tensor, Slide)} with stride 1 and without padding. */
    default Tensor convTranspose(Tensor kernel) {
        return convTranspose(kernel, Slide.by(1));
    }

    /**
     * Transposed convolution: what {@link #conv} with this slide and kernel hands back to its input. Input (N, P..., O), output
     * (N, S..., C) with S = (P - 1) stride + (T - 1) dilation + 1 - padding + output padding; S = P stride with SAME.
     *
     * @param kernel (T..., C / groups, O), O being the channels of this input; PyTorch's (O, C / groups, T...) permuted
     */
    default Tensor convTranspose(Tensor kernel, Slide slide) {
        DType dtype = floats("convTranspose", self(), kernel);
        requireKernel("convTranspose", self(), kernel);
        int groups = slide.groups();
        if (kernel.dim(-1) != self().dim(-1) || kernel.dim(-1) % groups != 0) {
            throw new ShapeException(
                    "convTranspose: expected a kernel (T..., C / groups, O) whose last axis is that of the"
                            + " input " + self().shape() + " and divisible by " + groups + " groups, got "
                            + kernel.shape()
                            + "; swap the last two axes of an ordinary kernel");
        }
        int[] taps = taps(kernel);
        Shape shape = slide.transposed("convTranspose", self().shape(), kernel.dim(-2) * groups, taps);
        Window.Conv op = new Window.Conv(
                Window.Part.INPUT,
                slide.over("convTranspose", shape, taps),
                groups,
                Precision.current().factors(dtype));
        return Primitives.convolved(op, self().cast(dtype), kernel.cast(dtype), shape);
    }

    /** What each window of a convolution sees, as a row: (N, S..., C) to (N, P..., T C), taps in row-major order ("im2col"). */
    default Tensor unfold(Slide slide, int... window) {
        Shape shape = self().shape();
        Window.Geometry geometry = slide.over("unfold", shape, window);
        int axes = window.length;
        Shape windows = geometry.outputs(shape, shape.dim(-1));
        int[] before = new int[axes + 2];
        int[] after = new int[axes + 2];
        for (int axis = 0; axis < axes; axis++) {
            before[axis + 1] = geometry.before().get(axis);
            after[axis + 1] = geometry.after().get(axis);
        }
        Tensor padded = self().pad(before, after, 0);
        List<Integer> steps = new ArrayList<>(Collections.nCopies(axes + 2, 1));
        for (int axis = 0; axis < axes; axis++) {
            steps.set(axis + 1, geometry.strides().get(axis));
        }
        int taps = Arrays.stream(window).reduce(1, (a, b) -> a * b);
        Tensor[] parts = new Tensor[taps];
        for (int t = 0; t < taps; t++) {
            List<Integer> starts = new ArrayList<>(Collections.nCopies(axes + 2, 0));
            int rest = t;
            for (int axis = axes - 1; axis >= 0; axis--) {
                starts.set(axis + 1, rest % window[axis] * geometry.dilations().get(axis));
                rest /= window[axis];
            }
            parts[t] = padded.sliced(new View.Slice(List.copyOf(starts), List.copyOf(steps)), windows);
        }
        return Tensor.concat(-1, parts);
    }

    // ---------------------------------------------------------------- pooling

    /** The largest of each window, next to each other: (N, S..., C) to (N, S / window..., C). */
    default Tensor maxPool(int... window) {
        return maxPool(Slide.by(window), window);
    }

    /** The largest of each window, NaN if one is; padding is left out. The gradient goes to the first of several largest. */
    default Tensor maxPool(Slide slide, int... window) {
        return pool("maxPool", Window.Pooling.MAX, slide, window);
    }

    /** {@link #maxPool} with where the largest elements are: row-major places in the spatial axes of the input. */
    default ValuesAndIndices maxPoolWithIndices(Slide slide, int... window) {
        Window.Geometry geometry = slide.over("maxPool", self().shape(), window);
        Shape shape = self().shape();
        Tensor x = self().cast(DType.F64).stopGradient();
        int[] places = shape.with(0, 1).with(-1, 1).dims();
        int count = Math.toIntExact(Shape.of(places).size());
        Tensor place = Tensor.arange(DType.F64, count).reshape(Shape.of(places)).expandTo(shape);
        Tensor taken = Primitives.pooled(
                new Window.Pool(Window.Pooling.MAX_TAKEN, geometry), geometry.outputs(shape, shape.dim(-1)), x, place);
        return new ValuesAndIndices(maxPool(slide, window), taken.cast(DType.I64));
    }

    /** The mean of each window, next to each other: (N, S..., C) to (N, S / window..., C). */
    default Tensor avgPool(int... window) {
        return avgPool(Slide.by(window), window);
    }

    /** The mean of each window. Given padding counts as zeros unless {@link Slide#countIncludePad} says otherwise. */
    default Tensor avgPool(Slide slide, int... window) {
        Tensor sum = sumPool(slide, window);
        Window.Geometry geometry = slide.over("avgPool", self().shape(), window);
        boolean counts = slide.countsPadding() && slide.padding() == Slide.Padding.GIVEN;
        Tensor mean = sum;
        double all = 1;
        for (int axis = 0; axis < window.length; axis++) {
            int extent = self().dim(axis + 1);
            int behind = counts ? slide.after().get(slide.after().size() == 1 ? 0 : axis) : 0;
            double[] share = new double[sum.dim(axis + 1)];
            for (int p = 0; p < share.length; p++) {
                int first = p * geometry.strides().get(axis) - geometry.before().get(axis);
                int taps = 0;
                for (int t = 0; t < window[axis]; t++) {
                    int at = first + t * geometry.dilations().get(axis);
                    taps += at < extent + behind && (at >= 0 || counts) ? 1 : 0;
                }
                share[p] = 1.0 / Math.max(taps, 1);
            }
            if (Arrays.stream(share).allMatch(value -> value == share[0])) {
                all *= share.length == 0 ? 1 : share[0];
            } else {
                int[] along = new int[window.length + 1 - axis];
                Arrays.fill(along, 1);
                along[0] = share.length;
                mean = mean.mul(Tensor.of(share, along).cast(mean.dtype()));
            }
        }
        return mean.mul(all);
    }

    /** The sum of each window. */
    default Tensor sumPool(Slide slide, int... window) {
        return pool("sumPool", Window.Pooling.SUM, slide, window);
    }

    /** The largest in each of so many about equal parts of the spatial axes: part i of n goes from floor(i S / n) to ceil((i + 1) S / n). */
    default Tensor adaptiveMaxPool(int... parts) {
        return adaptive("adaptiveMaxPool", Window.Pooling.MAX, parts);
    }

    /** The mean of each of so many about equal parts of the spatial axes: part i of n goes from floor(i S / n) to ceil((i + 1) S / n). */
    default Tensor adaptiveAvgPool(int... parts) {
        return adaptive("adaptiveAvgPool", Window.Pooling.SUM, parts);
    }

    // ---------------------------------------------------------------- resampling

    /** How {@link #interpolate} finds values between positions. */
    enum Interpolation {
        /** The element floor(i S / size). */
        NEAREST,
        /** Between the centres of the two nearest positions, along each axis (bilinear, for images). */
        LINEAR
    }

    /** This tensor (N, S..., C) with other spatial extents. */
    default Tensor interpolate(Interpolation how, int... size) {
        Shape shape = self().shape();
        boolean fits = shape.rank() == size.length + 2
                && Arrays.stream(size).allMatch(n -> n > 0)
                && (how == Interpolation.NEAREST || self().dtype().isFloat());
        for (int i = 0; fits && i < size.length; i++) {
            fits = shape.dim(i + 1) > 0;
        }
        if (!fits) {
            throw new ShapeException(
                    "interpolate: expected inputs (N, S..., C) with elements and a size of 1 or more for"
                            + " each spatial axis, floats for linear, got " + self().dtype() + " " + shape + " and "
                            + Arrays.toString(size) + "; channels come last");
        }
        Tensor result = self();
        for (int i = 0; i < size.length; i++) {
            if (size[i] != shape.dim(i + 1)) {
                result = how == Interpolation.LINEAR ? linear(result, i + 1, size[i]) : nearest(result, i + 1, size[i]);
            }
        }
        return result;
    }

    private static Tensor nearest(Tensor x, int axis, int size) {
        int extent = x.dim(axis);
        if (size % extent == 0) {
            return x.repeatInterleave(size / extent, axis);
        }
        long[] from = IntStream.range(0, size)
                .mapToLong(i -> (long) i * extent / size)
                .toArray();
        return x.indexSelect(axis, Tensor.of(from));
    }

    private static Tensor linear(Tensor x, int axis, int size) {
        int extent = x.dim(axis);
        long[] low = new long[size];
        long[] high = new long[size];
        double[] weight = new double[size];
        for (int i = 0; i < size; i++) {
            double center = Math.max(0, (i + 0.5) * extent / size - 0.5);
            low[i] = (long) center;
            high[i] = Math.min(low[i] + 1, extent - 1);
            weight[i] = center - low[i];
        }
        int[] along = new int[x.rank() - axis];
        Arrays.fill(along, 1);
        along[0] = size;
        Tensor blend = Tensor.of(weight, along).cast(x.dtype());
        Tensor left = x.indexSelect(axis, Tensor.of(low));
        Tensor right = x.indexSelect(axis, Tensor.of(high));
        return left.add(right.sub(left).mul(blend));
    }

    // ---------------------------------------------------------------- parts

    private Tensor pool(String name, Window.Pooling kind, Slide slide, int... window) {
        floats(name, self(), self());
        Shape shape = self().shape();
        Window.Geometry geometry = slide.over(name, shape, window);
        return Primitives.pooled(new Window.Pool(kind, geometry), geometry.outputs(shape, shape.dim(-1)), self());
    }

    private Tensor adaptive(String name, Window.Pooling kind, int... parts) {
        Shape shape = self().shape();
        boolean fits = shape.rank() == parts.length + 2 && Arrays.stream(parts).allMatch(n -> n > 0);
        for (int i = 0; fits && i < parts.length; i++) {
            fits = shape.dim(i + 1) > 0;
        }
        if (!fits) {
            throw new ShapeException(name + ": expected inputs (N, S..., C) with elements and 1 or more parts for each"
                    + " spatial axis, got " + shape + " and " + Arrays.toString(parts) + "; channels come last");
        }
        int[] window = new int[parts.length];
        Arrays.setAll(window, i -> shape.dim(i + 1) / parts[i]);
        if (IntStream.range(0, parts.length).allMatch(i -> shape.dim(i + 1) % parts[i] == 0)) {
            return kind == Window.Pooling.MAX ? maxPool(window) : avgPool(window);
        }
        // The last axis first, so that the first of several largest is that in row-major order.
        Tensor result = self();
        for (int i = parts.length - 1; i >= 0; i--) {
            result = along(kind, result, i + 1, parts[i]);
        }
        return result;
    }

    private static Tensor along(Window.Pooling kind, Tensor x, int axis, int parts) {
        int extent = x.dim(axis);
        Tensor[] pooled = new Tensor[parts];
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) i * extent / parts);
            int to = (int) Math.ceilDiv((i + 1L) * extent, parts);
            int[] window = new int[x.rank() - 2];
            Arrays.fill(window, 1);
            window[axis - 1] = to - from;
            Tensor part = x.narrow(axis, from, to - from);
            pooled[i] = kind == Window.Pooling.MAX ? part.maxPool(window) : part.avgPool(window);
        }
        return Tensor.concat(axis, pooled);
    }

    private static DType floats(String op, Tensor x, Tensor kernel) {
        DType dtype = DType.promote(x.dtype(), kernel.dtype());
        if (!dtype.isFloat()) {
            throw new DTypeException(op + ": expected floats, got " + x.dtype() + " " + x.shape() + " and "
                    + kernel.dtype() + "; cast the input, for example with toF32()");
        }
        return dtype;
    }

    private static void requireKernel(String op, Tensor x, Tensor kernel) {
        if (x.rank() < 3 || x.rank() > Window.MAX_AXES + 2 || kernel.rank() != x.rank()) {
            throw new ShapeException(
                    op + ": expected inputs (N, S..., C) with 1 to 3 spatial axes and a kernel (T..., C, O)"
                            + " of the same rank, got " + x.shape() + " and " + kernel.shape()
                            + "; unsqueeze or permute the input, channels come last");
        }
    }

    private static int[] taps(Tensor kernel) {
        return Arrays.copyOf(kernel.shape().dims(), kernel.rank() - 2);
    }
}
