package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Primitives;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Window;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * Random windows (1 to 3 axes, strides, dilations, padding, groups, empty and odd sizes, all float types) in all parts of convolution and
 * all kinds of pooling, with and without a map behind, against the interpreter.
 *
 * <p>{@code -Dlamina.fuzz.windows=N} runs N of them, {@code -Dlamina.fuzz.seed=S} starts at another seed.
 */
final class WindowFuzz {
    private static final int PER_TEST = 50;
    private static final int[] CHANNELS = {1, 1, 2, 3, 4, 7, 8, 13, 16, 17, 32, 33, 48, 64, 70};

    private final SplittableRandom random;
    private final int axes;
    private final DType dtype;
    private final DType rounded;
    private final Window.Geometry geometry;
    private final int groups;
    private final Shape x;
    private final Shape w;
    private final Shape y;

    private WindowFuzz(long seed) {
        random = new SplittableRandom(seed);
        axes = 1 + random.nextInt(3);
        dtype = switch (random.nextInt(8)) {
            case 0 -> DType.F64;
            case 1 -> DType.F16;
            case 2 -> DType.BF16;
            default -> DType.F32;
        };
        rounded = dtype == DType.F32 && random.nextInt(4) == 0 ? DType.BF16 : dtype;
        geometry = new Window.Geometry(ints(1, 4), ints(1, 4), ints(1, 3), ints(0, 4), ints(0, 4));
        boolean depthwise = random.nextInt(6) == 0;
        groups = depthwise ? channels() : random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
        int inputs = groups * (depthwise ? 1 : Math.max(1, channels() / groups));
        int outputs = groups * (depthwise ? 1 + random.nextInt(2) : Math.max(1, channels() / groups));
        int[] dims = new int[axes + 2];
        dims[0] = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3);
        int most = axes == 1 ? 70 : axes == 2 ? 18 : 7;
        int[] sizes = {1, 7, 13};
        for (int d = 1; d <= axes; d++) {
            dims[d] = random.nextBoolean() ? Math.min(most, sizes[random.nextInt(3)]) : 1 + random.nextInt(most);
        }
        dims[axes + 1] = random.nextInt(40) == 0 ? 0 : inputs;
        x = Shape.of(dims);
        y = geometry.outputs(x, outputs);
        int[] kernel = new int[axes + 2];
        for (int d = 0; d < axes; d++) {
            kernel[d] = geometry.taps().get(d);
        }
        kernel[axes] = x.dim(-1) / groups;
        kernel[axes + 1] = outputs;
        w = Shape.of(kernel);
    }

    private List<Integer> ints(int low, int high) {
        return IntStream.range(0, axes).mapToObj(i -> random.nextInt(low, high)).toList();
    }

    private int channels() {
        return CHANNELS[random.nextInt(axes == 3 ? 10 : CHANNELS.length)];
    }

    static Stream<DynamicNode> tests(String backend) {
        return GraphFuzz.tests(Integer.getInteger("lamina.fuzz.windows", 400), PER_TEST, seed -> check(backend, seed));
    }

    private static void check(String backend, long seed) {
        Tensor[] expected = OnBackend.of("interpreter", () -> new WindowFuzz(seed).results());
        Tensor[] got = OnBackend.of(backend, () -> new WindowFuzz(seed).results());
        WindowFuzz fuzz = new WindowFuzz(seed);
        for (int i = 0; i < got.length; i++) {
            int at = i;
            double largest = Arrays.stream(expected[i].toDoubleArray())
                    .map(Math::abs)
                    .filter(Double::isFinite)
                    .max()
                    .orElse(0);
            double terms = fuzz.y.size() / Math.max(1, fuzz.y.dim(-1)) + fuzz.w.size();
            double unit = Traced.unit(fuzz.dtype == DType.F64 ? DType.F64 : DType.F32);
            double allowed = unit * (16 + terms) + 8 * Traced.unit(fuzz.dtype) * largest;
            Values.difference(got[i], expected[i], 0, allowed).ifPresent(text -> {
                throw new AssertionError("window seed " + seed + " on " + backend + ": result " + at + " of " + fuzz
                        + ", " + text + "; repeat with -Dlamina.fuzz.windows=1 -Dlamina.fuzz.seed=" + seed);
            });
        }
    }

    @Override
    public String toString() {
        return dtype + " (" + rounded + ") x " + x + " w " + w + " y " + y + " groups " + groups + " " + geometry;
    }

    private Tensor tensor(int seed, Shape shape) {
        // Few distinct values, so that several elements of a window are the largest.
        Tensor values = Random.seed(seed).uniform(DType.F32, shape, -1, 1);
        return (seed == 1 ? values.mul(8).round().div(8) : values).cast(dtype).evaluate();
    }

    /** All results in one plan. */
    private Tensor[] results() {
        Tensor[] all = random.nextInt(3) == 0 ? pooled() : new Tensor[] {convolved()};
        Tensor.evaluateAll(all);
        return all;
    }

    private Tensor convolved() {
        Window.Part part = List.of(Window.Part.values()).get(random.nextInt(3));
        Window.Conv conv = new Window.Conv(part, geometry, groups, rounded);
        Tensor a = strided(part == Window.Part.INPUT ? tensor(3, y) : tensor(1, x));
        Tensor b = strided(part == Window.Part.KERNEL ? tensor(3, y) : tensor(2, w));
        Shape shape = switch (part) {
            case OUTPUT -> y;
            case INPUT -> x;
            case KERNEL -> w;
        };
        return behind(Primitives.convolved(conv, a, b, shape));
    }

    /** What follows a convolution or pooling: nothing, or a map that can join it, with another reader or without. */
    private Tensor behind(Tensor result) {
        Tensor bias = tensor(4, Shape.of(result.dim(-1)));
        return switch (random.nextInt(5)) {
            case 0 -> result.add(bias).relu();
            case 1 -> result.add(tensor(5, result.shape())).mul(0.5);
            case 2 -> Tensor.concat(random.nextInt(result.shape().rank()), result.sigmoid(), result);
            case 3 -> result.add(bias).flatten(1, -1).tanh();
            default -> result;
        };
    }

    /** Now and then a tensor whose elements are not in row-major order, or do not begin at the beginning. */
    private Tensor strided(Tensor tensor) {
        return switch (random.nextInt(6)) {
            case 0 -> tensor.transpose(0, -1).add(0).evaluate().transpose(0, -1);
            case 1 -> Tensor.concat(0, tensor, tensor).evaluate().narrow(0, tensor.dim(0), tensor.dim(0));
            default -> tensor;
        };
    }

    private Tensor[] pooled() {
        Shape small = geometry.outputs(x, x.dim(-1));
        Tensor values = strided(tensor(1, x));
        if (dtype == DType.F32 && random.nextInt(4) == 0) {
            values = Tensor.where(values.gt(0.8), Tensor.constant(dtype, Double.NaN), values);
        }
        Tensor up = strided(tensor(2, small));
        Tensor taken =
                Primitives.pooled(new Window.Pool(Window.Pooling.MAX_TAKEN, geometry), small, values, tensor(3, x));
        return new Tensor[] {
            behind(Primitives.pooled(new Window.Pool(Window.Pooling.MAX, geometry), small, values)),
            behind(Primitives.pooled(new Window.Pool(Window.Pooling.MAX_INPUT, geometry), x, values, up)),
            taken.mul(2),
            behind(Primitives.pooled(new Window.Pool(Window.Pooling.SUM, geometry), small, tensor(3, x))),
            behind(Primitives.pooled(new Window.Pool(Window.Pooling.SUM_INPUT, geometry), x, up))
        };
    }
}
