package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Primitives;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;

/** Ops on windows that slide over the spatial axes of x (N, S..., C), of which there are 1 to 3: convolution and pooling. */
public sealed interface Window extends Op {
    /** The most spatial axes. */
    int MAX_AXES = 3;

    /**
     * How windows lie, with one entry for each spatial axis. Position p of the output and tap t meet position
     * {@code p * stride + t * dilation - before} of the input. Positions outside of the input count as zeros in sums, and are left
     * out where the largest is looked for.
     *
     * @param taps how many positions a window has; at least 1
     * @param strides steps from window to window; at least 1
     * @param dilations steps from tap to tap; at least 1
     * @param before positions in front of the input; at least 0
     * @param after positions behind the input; at least 0
     */
    record Geometry(
            List<Integer> taps,
            List<Integer> strides,
            List<Integer> dilations,
            List<Integer> before,
            List<Integer> after) {
        /** Number of spatial axes. */
        public int axes() {
            return taps.size();
        }

        /** Positions from the first tap of a window to the last, both included. */
        public int span(int axis) {
            return (taps.get(axis) - 1) * dilations.get(axis) + 1;
        }

        /** Number of windows along an axis of the input. */
        public int outputs(int axis, int extent) {
            int room = before.get(axis) + extent + after.get(axis) - span(axis);
            return room < 0 ? 0 : room / strides.get(axis) + 1;
        }

        /** The shape (N, P..., channels) of windows on (N, S..., C). */
        public Shape outputs(Shape input, int channels) {
            Shape shape = input.with(-1, channels);
            for (int axis = 0; axis < axes(); axis++) {
                shape = shape.with(1 + axis, outputs(axis, input.dim(1 + axis)));
            }
            return shape;
        }

        /** Whether windows on x (N, S..., C) are y (N, P..., O). */
        boolean fits(Shape x, Shape y) {
            return x.rank() == axes() + 2 && y.equals(outputs(x, y.dim(-1)));
        }

        private List<?> parameters() {
            return List.of(taps, strides, dilations, before, after);
        }
    }

    /** Which of the three tensors of a convolution is computed from the other two. */
    enum Part {
        /** y from (x, w): convolution, without turning the kernel round. */
        OUTPUT,
        /** x from (y, w): transposed convolution, the gradient of the input. */
        INPUT,
        /** w from (x, y): the gradient of the kernel. */
        KERNEL
    }

    /**
     * The trilinear form of x (N, S..., C), w (T..., C/G, O) and y (N, P..., O), the sum of
     * {@code x[n, p * stride + t * dilation - before, g C/G + c] w[t, c, g O/G + o] y[n, p, g O/G + o]} over all of n, p, t, g, c, o: its
     * derivative by the tensor that the part names. The gradients of each part are the other two. Floats only; f16 and bf16
     * accumulate in f32.
     *
     * @param groups G: the channels of x and y come in as many groups, each of y from its own of x
     * @param rounded see {@link Contract.MatMul}
     */
    record Conv(Part part, Geometry geometry, int groups, DType rounded) implements Window {
        @Override
        public List<?> parameters() {
            return List.of(part, geometry.parameters(), groups, rounded);
        }

        /** Whether three shapes belong together. */
        public boolean fits(Shape x, Shape w, Shape y) {
            int axes = geometry.axes();
            boolean fits = w.rank() == axes + 2 && geometry.fits(x, y);
            for (int axis = 0; fits && axis < axes; axis++) {
                fits = w.dim(axis) == geometry.taps().get(axis);
            }
            return fits && x.dim(-1) == w.dim(-2) * groups && w.dim(-1) == y.dim(-1) && y.dim(-1) % groups == 0;
        }

        /** Whether this part, of two tensors in the order of x, w, y (or y, w), may have a shape. */
        public boolean gives(Shape first, Shape second, Shape result) {
            return switch (part) {
                case OUTPUT -> fits(first, second, result);
                case INPUT -> fits(result, second, first);
                case KERNEL -> fits(first, result, second);
            };
        }

        private Tensor other(Part other, Tensor first, Tensor second, Node shaped) {
            return Primitives.convolved(new Conv(other, geometry, groups, rounded), first, second, shaped.shape());
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Node first = node.input(0);
            Node second = node.input(1);
            Tensor a = Tensor.of(first);
            Tensor b = Tensor.of(second);
            switch (part) {
                case OUTPUT -> {
                    sink.add(first, other(Part.INPUT, upstream, b, first));
                    sink.add(second, other(Part.KERNEL, a, upstream, second));
                }
                case INPUT -> {
                    sink.add(first, other(Part.OUTPUT, upstream, b, first));
                    sink.add(second, other(Part.KERNEL, upstream, a, second));
                }
                case KERNEL -> {
                    sink.add(first, other(Part.INPUT, b, upstream, first));
                    sink.add(second, other(Part.OUTPUT, a, upstream, second));
                }
            }
        }
    }

    /** What is done with the positions of a window, for each channel by itself. */
    enum Pooling {
        /** y from x: the largest, NaN if one is; of a window without positions minus infinity. */
        MAX,
        /** x from (x, y): each element of y is added where the first largest (the first NaN) element of its window of x is. */
        MAX_INPUT,
        /** y from (x, u): the element of u, of the shape of x, where the first largest element of x is; 0 if there is none. */
        MAX_TAKEN,
        /** y from x: the sum. */
        SUM,
        /** x from y: each element of y is added to all positions of its window. */
        SUM_INPUT
    }

    /** Pooling of x (N, S..., C) to y (N, P..., C), or its gradients. Floats only; sums of f16 and bf16 are accumulated in f32. */
    record Pool(Pooling kind, Geometry geometry) implements Window {
        @Override
        public List<?> parameters() {
            return List.of(kind, geometry.parameters());
        }

        /** Whether a result of this op on some inputs may have a shape. */
        public boolean fits(List<Shape> inputs, Shape result) {
            Shape first = inputs.get(0);
            boolean channels = first.rank() == result.rank() && first.dim(-1) == result.dim(-1);
            return channels
                    && switch (kind) {
                        case MAX, SUM -> inputs.size() == 1 && geometry.fits(first, result);
                        case SUM_INPUT -> inputs.size() == 1 && geometry.fits(result, first);
                        case MAX_TAKEN ->
                            inputs.size() == 2 && inputs.get(1).equals(first) && geometry.fits(first, result);
                        case MAX_INPUT ->
                            inputs.size() == 2 && result.equals(first) && geometry.fits(first, inputs.get(1));
                    };
        }

        private Tensor other(Pooling other, Node shaped, Tensor... inputs) {
            return Primitives.pooled(new Pool(other, geometry), shaped.shape(), inputs);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Node first = node.input(0);
            switch (kind) {
                case MAX -> sink.add(first, other(Pooling.MAX_INPUT, first, Tensor.of(first), upstream));
                case SUM -> sink.add(first, other(Pooling.SUM_INPUT, first, upstream));
                case SUM_INPUT -> sink.add(first, other(Pooling.SUM, first, upstream));
                // Where the largest elements are does not change with a small step.
                case MAX_INPUT ->
                    sink.add(node.input(1), other(Pooling.MAX_TAKEN, node.input(1), Tensor.of(first), upstream));
                case MAX_TAKEN ->
                    sink.add(node.input(1), other(Pooling.MAX_INPUT, node.input(1), Tensor.of(first), upstream));
            }
        }
    }
}
