package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Primitives;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.Windows;
import dev.lamina.core.op.Window;
import dev.lamina.testkit.GradientCheck.Body;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Gradient cases of convolution and pooling. */
final class WindowGradients {
    private static final Window.Geometry GEOMETRY =
            new Window.Geometry(List.of(2, 3), List.of(2, 1), List.of(1, 2), List.of(1, 0), List.of(0, 2));

    private final List<GradientCases.Case> cases = new ArrayList<>();

    private WindowGradients() {}

    static List<GradientCases.Case> all() {
        WindowGradients table = new WindowGradients();
        table.primitives();
        table.convolutions();
        table.pools();
        table.resampling();
        return table.cases;
    }

    private void add(String method, String note, List<Tensor> point, Body body) {
        cases.add(new GradientCases.Case(method, note, point, body));
    }

    /** Distinct numbers in a random order, so far apart that a small step does not make another one the largest. */
    private Tensor any(int... dims) {
        int size = (int) Shape.of(dims).size();
        SplittableRandom random = new SplittableRandom(cases.size() * 31L + size);
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            values[i] = values[j];
            values[j] = 3.0 * i / size - 1.4;
        }
        return Tensor.of(values, dims);
    }

    private void convolutions() {
        two("conv(Tensor)", "a sequence", any(2, 6, 3), any(3, 3, 2), (x, w) -> x.conv(w));
        Slide slide = Slide.by(2, 1).dilations(1, 2).same().groups(2);
        two("conv(Tensor,Slide)", "images", any(2, 5, 4, 4), any(3, 2, 2, 6), (x, w) -> x.conv(w, slide));
        Slide causal = Slide.by(1).dilations(2).causal();
        two("conv(Tensor,Slide)", "causal", any(2, 6, 3), any(3, 3, 2), (x, w) -> x.conv(w, causal));
        Slide depthwise = Slide.by(1).padding(1).groups(4);
        two("conv(Tensor,Slide)", "depthwise", any(1, 4, 3, 4), any(3, 3, 1, 8), (x, w) -> x.conv(w, depthwise));
        two("conv(Tensor,Slide)", "volumes", any(1, 3, 3, 4, 2), any(2, 2, 3, 2, 3), (x, w) -> x.conv(w, Slide.by(1)));
        two("convTranspose(Tensor)", "a sequence", any(2, 4, 3), any(3, 2, 3), (x, w) -> x.convTranspose(w));
        Slide up = Slide.by(2).padding(1).outputPadding(1);
        two(
                "convTranspose(Tensor,Slide)",
                "images",
                any(2, 2, 3, 4),
                any(3, 3, 2, 4),
                (x, w) -> x.convTranspose(w, up));
        one(
                "unfold(Slide,int[])",
                "",
                any(2, 4, 5, 2),
                x -> x.unfold(Slide.by(2, 1).padding(1), 2, 3).square());
    }

    private void pools() {
        one("maxPool(int[])", "", any(2, 4, 5, 2), x -> x.maxPool(2, 2).square());
        Slide slide = Slide.by(2).padding(1);
        one(
                "maxPool(Slide,int[])",
                "overlapping",
                any(2, 5, 4, 2),
                x -> x.maxPool(slide, 3, 3).square());
        one(
                "maxPoolWithIndices(Slide,int[])",
                "values",
                any(2, 5, 4, 2),
                x -> x.maxPoolWithIndices(slide, 3, 3).values().square());
        one("avgPool(int[])", "", any(2, 6, 2), x -> x.avgPool(3).square());
        one(
                "avgPool(Slide,int[])",
                "padding counts",
                any(2, 5, 4, 2),
                x -> x.avgPool(slide, 3, 3).square());
        one(
                "avgPool(Slide,int[])",
                "same",
                any(2, 5, 4, 2),
                x -> x.avgPool(Slide.by(2).same(), 3, 3).square());
        one(
                "sumPool(Slide,int[])",
                "",
                any(2, 5, 4, 2),
                x -> x.sumPool(slide, 3, 3).square());
        one(
                "adaptiveMaxPool(int[])",
                "",
                any(2, 5, 4, 2),
                x -> x.adaptiveMaxPool(2, 3).square());
        one(
                "adaptiveAvgPool(int[])",
                "",
                any(2, 5, 4, 2),
                x -> x.adaptiveAvgPool(2, 3).square());
    }

    private void resampling() {
        for (Windows.Interpolation how : Windows.Interpolation.values()) {
            one(
                    "interpolate(Interpolation,int[])",
                    how.toString(),
                    any(2, 3, 4, 2),
                    x -> x.interpolate(how, 6, 3).square());
        }
    }

    private void one(String method, String note, Tensor x, UnaryOperator<Tensor> call) {
        add(method, note, List.of(x), in -> call.apply(in.get(0)));
    }

    private void two(String method, String note, Tensor x, Tensor w, BinaryOperator<Tensor> call) {
        add(method, note, List.of(x, w), in -> call.apply(in.get(0), in.get(1)));
    }

    private void primitives() {
        Shape x = Shape.of(2, 3, 5, 4);
        Shape w = Shape.of(2, 3, 2, 6);
        Shape y = GEOMETRY.outputs(x, 6);
        for (Window.Part part : Window.Part.values()) {
            Window.Conv conv = new Window.Conv(part, GEOMETRY, 2, DType.F64);
            Shape first = part == Window.Part.INPUT ? y : x;
            Shape second = part == Window.Part.KERNEL ? y : w;
            Shape result = switch (part) {
                case OUTPUT -> y;
                case INPUT -> x;
                case KERNEL -> w;
            };
            add(
                    "convolved(Conv,Tensor,Tensor,Shape)",
                    part.toString(),
                    List.of(any(first.dims()), any(second.dims())),
                    in -> Primitives.convolved(conv, in.get(0), in.get(1), result));
        }
        Shape small = GEOMETRY.outputs(x, 4);
        for (Window.Pooling kind : Window.Pooling.values()) {
            Window.Pool pool = new Window.Pool(kind, GEOMETRY);
            boolean toInput = kind == Window.Pooling.MAX_INPUT || kind == Window.Pooling.SUM_INPUT;
            Shape first = kind == Window.Pooling.SUM_INPUT ? small : x;
            List<Tensor> point = switch (kind) {
                case MAX, SUM, SUM_INPUT -> List.of(any(first.dims()));
                case MAX_INPUT -> List.of(any(x.dims()), any(small.dims()));
                case MAX_TAKEN ->
                    List.of(any(x.dims()), any(4).expandTo(x).add(any(x.dims())).evaluate());
            };
            add(
                    "pooled(Pool,Shape,Tensor[])",
                    kind.toString(),
                    point,
                    in -> Primitives.pooled(pool, toInput ? x : small, in.toArray(Tensor[]::new))
                            .square());
        }
    }
}
