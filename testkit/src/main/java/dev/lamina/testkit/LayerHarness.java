package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.Sequential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * What every layer has to do: give the right shapes, for one example and for none too; have so many parameters; be saved and
 * loaded; learn; have right gradients of first and second order; refuse a wrong input with a clear message.
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicNode> mine() {
 *     return LayerHarness.of("mine", () -> new Mine(4)).input(3, 5).output(3, 4).parameters(24).wrong(Tensor.zeros(3, 6)).tests();
 * }
 * }</pre>
 */
public final class LayerHarness {
    private final String name;
    private final Supplier<? extends Layer> maker;
    private Tensor input = Tensor.zeros(0);
    private Shape output = Shape.of();
    private long parameters;
    private Optional<Tensor> wrong = Optional.empty();
    private boolean saved = true;
    private boolean smooth = true;

    private LayerHarness(String name, Supplier<? extends Layer> maker) {
        this.name = name;
        this.maker = maker;
    }

    /** A harness for a layer; the supplier makes a new one at each call. */
    public static LayerHarness of(String name, Supplier<? extends Layer> maker) {
        return new LayerHarness(name, maker);
    }

    /** The layer is tried on random f64 numbers away from 0 in this shape; the first axis counts examples. */
    public LayerHarness input(int... shape) {
        double[] values = new double[(int) Shape.of(shape).size()];
        SplittableRandom random = new SplittableRandom(5);
        Arrays.setAll(values, i -> random.nextDouble(0.1, 2) * (random.nextBoolean() ? 1 : -1));
        return input(Tensor.of(values, shape));
    }

    /** The layer is tried on this input, for example on indices. */
    public LayerHarness input(Tensor input) {
        this.input = input;
        return this;
    }

    /** The expected shape of the output. */
    public LayerHarness output(int... shape) {
        this.output = Shape.of(shape);
        return this;
    }

    /** The expected number of elements in the parameters. */
    public LayerHarness parameters(long count) {
        this.parameters = count;
        return this;
    }

    /** An input that the built layer has to refuse. */
    public LayerHarness wrong(Tensor wrong) {
        this.wrong = Optional.of(wrong);
        return this;
    }

    /** The layer exists in code only, so that loading makes no new one: weights are loaded into a second instance. */
    public LayerHarness codeOnly() {
        this.saved = false;
        return this;
    }

    /** The layer has kinks that finite differences may step over: gradients are not compared with them. */
    public LayerHarness kinked() {
        this.smooth = false;
        return this;
    }

    /** The tests of this layer, as one container each. */
    public Stream<DynamicNode> tests() {
        Stream<DynamicNode> always = Stream.of(
                dynamicTest(name + ": shapes and parameters", this::shapes),
                dynamicTest(name + ": one example, no example", this::batches),
                dynamicTest(name + ": saved and loaded", this::saveAndLoad),
                dynamicTest(name + ": a training step", this::training));
        Stream<DynamicNode> gradients =
                smooth ? Stream.of(dynamicTest(name + ": gradients", this::gradients)) : Stream.of();
        Stream<DynamicNode> errors = wrong.stream().map(x -> dynamicTest(name + ": wrong input", () -> refuses(x)));
        return Stream.of(always, gradients, errors).flatMap(tests -> tests);
    }

    private Layer built() {
        Layer layer = maker.get();
        layer.seed(7);
        layer.apply(input).evaluate();
        return layer;
    }

    private void shapes() {
        Layer layer = built();
        require(
                layer.apply(input).shape().equals(output),
                "output shape " + output,
                layer.apply(input).shape());
        require(layer.outputShape().equals(Optional.of(output)), "outputShape() " + output, layer.outputShape());
        require(layer.inputShape().equals(Optional.of(input.shape())), "inputShape()", layer.inputShape());
        require(layer.parameterCount() == parameters, parameters + " parameters", layer.parameterCount());
        layer.variables()
                .forEach((path, variable) -> require(
                        variable.name().equals(layer.path() + "/" + path),
                        "a variable named by its path " + path,
                        variable));
        Layer again = built();
        require(same(values(layer), values(again)), "the same first values from the same seed", "others");
    }

    private void batches() {
        Layer layer = built();
        Tensor all = layer.apply(input);
        for (int i = 0; i < input.dim(0); i++) {
            Tensor one = layer.apply(input.narrow(0, i, 1));
            Values.difference(one, all.narrow(0, i, 1), 1e-12, 1e-12).ifPresent(text -> {
                throw new AssertionError(name + ", one example alone: " + text);
            });
        }
        Tensor none = layer.apply(input.narrow(0, 0, 0));
        require(none.shape().equals(output.with(0, 0)), "an empty output " + output.with(0, 0), none.shape());
        require(none.toDoubleArray().length == 0, "no elements", none);
    }

    private void saveAndLoad() throws IOException {
        Path folder = Files.createTempDirectory("lamina-harness");
        Path file = folder.resolve("model.safetensors");
        try {
            Model first = Sequential.of(maker.get());
            first.seed(7);
            Tensor expected = first.apply(input).evaluate();
            first.save(file);
            Model second = saved ? Model.load(file) : Sequential.of(maker.get());
            if (!saved) {
                second.apply(input).evaluate();
                second.loadWeights(file);
            }
            require(second.parameterCount() == parameters, parameters + " parameters", second.parameterCount());
            Values.difference(second.apply(input), expected, 0, 0).ifPresent(text -> {
                throw new AssertionError(name + ", after loading: " + text);
            });
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private void training() {
        Layer layer = built();
        if (layer.parameters().isEmpty()) {
            return;
        }
        Tensor target = layer.apply(input).mul(0.5).add(0.25).evaluate();
        double before = loss(layer, target).item();
        Map<Variable, Tensor> old = new LinkedHashMap<>();
        layer.parameters().forEach(p -> old.put(p, p.value().add(0).evaluate()));
        var optimizer = Optimizers.sgd(1e-2);
        for (int step = 0; step < 20; step++) {
            layer.training(() -> optimizer.step(Gradients.of(loss(layer, target), layer.parameters())));
        }
        double after = loss(layer, target).item();
        require(after < before, "a loss below " + before + " after 20 steps", after);
        old.forEach((parameter, value) -> require(
                !Arrays.equals(value.toDoubleArray(), parameter.value().toDoubleArray()),
                "a change of " + parameter.name(),
                "none"));
    }

    private Tensor loss(Layer layer, Tensor target) {
        return layer.apply(input).sub(target).square().mean();
    }

    private void gradients() {
        Layer layer = built();
        if (input.dtype().isFloat()) {
            passes("input", GradientCheck.check(in -> layer.apply(in.get(0)), List.of(input), 3));
        }
        if (!layer.parameters().isEmpty() && layer.parameters().getFirst().dtype() == DType.F64) {
            passes("parameters", GradientCheck.check(() -> layer.apply(input), layer.parameters(), 4));
        }
    }

    private void passes(String what, GradientCheck.Result result) {
        require(result.passes(), "gradients of the " + what + " as finite differences", result);
    }

    private void refuses(Tensor x) {
        Layer layer = built();
        try {
            layer.apply(x).evaluate();
        } catch (LaminaException e) {
            String message = String.valueOf(e.getMessage());
            boolean clear = message.startsWith(layer.path())
                    && message.contains(x.shape().toString())
                    && message.contains("expected ")
                    && message.contains("got ")
                    && message.lines().count() == 1;
            require(clear, "a message with path, expectation and " + x.shape(), message);
            return;
        }
        throw new AssertionError(name + ": expected an error for the input " + x.shape() + ", got none");
    }

    private static List<double[]> values(Layer layer) {
        return layer.variables().values().stream()
                .map(v -> v.value().toDoubleArray())
                .toList();
    }

    private static boolean same(List<double[]> a, List<double[]> b) {
        return Arrays.deepEquals(a.toArray(), b.toArray());
    }

    private void require(boolean condition, String expected, Object got) {
        if (!condition) {
            throw new AssertionError(name + ": expected " + expected + ", got " + got);
        }
    }
}
