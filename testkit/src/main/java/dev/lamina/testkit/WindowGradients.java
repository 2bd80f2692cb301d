package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Primitives;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Window;
import dev.lamina.testkit.GradientCheck.Body;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Gradient cases of convolution and pooling. */
final class WindowGradients {
    private static final Window.Geometry GEOMETRY =
            new Window.Geometry(List.of(2, 3), List.of(2, 1), List.of(1, 2), List.of(1, 0), List.of(0, 2));

    private final List<GradientCases.Case> cases = new ArrayList<>();

    private WindowGradients() {}

    static List<GradientCases.Case> all() {
        WindowGradients table = new WindowGradients();
        table.primitives();
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
