package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * What every layer has to do: give the right shapes, for one example and for none too; have so many parameters; be saved and
 * loaded, weights and options; learn; have right gradients of first and second order; compute in f32 and in mixed precision
 * what it computes in f64; not look at masked steps; refuse a wrong input with a clear message.
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicNode> mine() {
 *     return LayerHarness.of("mine", () -> new Mine(4)).input(3, 5).output(3, 4).parameters(24).wrong(Tensor.zeros(3, 6)).tests();
 * }
 * }</pre>
 */
public final class LayerHarness {
    /** What products of bf16 factors may be off, relative to the largest value of the output. */
    private static final double BF16_ERROR = 0.03;

    private static final double F32_ERROR = 2e-4;

    private final String name;
    private final Supplier<? extends Layer> maker;
    private List<Tensor> inputs = List.of();
    private List<Shape> outputs = List.of();
    private long parameters;
    private final List<Mask> masks = new ArrayList<>();
    private final List<Wrong> wrongs = new ArrayList<>();
    private boolean saved = true;
    private boolean smooth = true;
    private boolean twice = true;
    private boolean alone = true;
    private double reduced = BF16_ERROR;
    private double rate = 1e-2;

    private record Wrong(List<Tensor> inputs, Optional<String> message) {}

    /** A mask of an input, what becomes of it, and whether the output has one. */
    private record Mask(int input, Tensor real, boolean counts, boolean masksOutput) {}

    private LayerHarness(String name, Supplier<? extends Layer> maker) {
        this.name = name;
        this.maker = maker;
    }

    /**
     * A harness for a layer.
     *
     * @param name the name of the factory method in {@code Layers}, if there is one, and after a blank which case it is
     * @param maker makes a new layer at each call
     */
    public static LayerHarness of(String name, Supplier<? extends Layer> maker) {
        return new LayerHarness(name, maker);
    }

    /** The name of the case. */
    public String name() {
        return name;
    }

    /** The classes of the layer and of the layers in it. */
    public Set<Class<?>> types() {
        Set<Class<?>> types = new HashSet<>();
        collect(maker.get(), types);
        return types;
    }

    private static void collect(Layer layer, Set<Class<?>> types) {
        types.add(layer.getClass());
        layer.children().values().forEach(part -> collect(part, types));
    }

    // ---------------------------------------------------------------- what the layer is tried on

    /** The layer is tried on random f64 numbers away from 0 in this shape; the first axis counts examples. */
    public LayerHarness input(int... shape) {
        return inputs(shape);
    }

    /** The layer is tried on this input, for example on indices. */
    public LayerHarness input(Tensor input) {
        inputs = List.of(input);
        return this;
    }

    /** A layer of several inputs is tried on random f64 numbers away from 0 in these shapes. */
    public LayerHarness inputs(int[]... shapes) {
        return inputs(IntStream.range(0, shapes.length)
                .mapToObj(i -> random(5 + i, shapes[i]))
                .toArray(Tensor[]::new));
    }

    /** A layer of several inputs is tried on these. */
    public LayerHarness inputs(Tensor... inputs) {
        this.inputs = List.of(inputs);
        return this;
    }

    /** The expected shape of the output. */
    public LayerHarness output(int... shape) {
        return outputs(shape);
    }

    /** The expected shapes of several outputs. */
    public LayerHarness outputs(int[]... shapes) {
        outputs = Arrays.stream(shapes).map(Shape::of).toList();
        return this;
    }

    /** The expected number of elements in the parameters. */
    public LayerHarness parameters(long count) {
        this.parameters = count;
        return this;
    }

    /**
     * The layer respects masks: with this mask of the first input, what is in masked steps changes nothing in the output, or, when
     * the output has a mask too, in its real steps.
     *
     * @param real (N, T): 1 for a real step, 0 for a masked one
     * @param masksOutput true when the output shall have a mask
     */
    public LayerHarness masked(int[][] real, boolean masksOutput) {
        return masked(0, real, masksOutput);
    }

    /** The same for a mask of another input than the first. */
    public LayerHarness masked(int input, int[][] real, boolean masksOutput) {
        masks.add(new Mask(input, mask(real), true, masksOutput));
        return this;
    }

    /** The layer has no steps in its output, or other ones: it takes a masked input for one without mask, and hands no mask on. */
    public LayerHarness dropsMask(int[][] real) {
        masks.add(new Mask(0, mask(real), false, false));
        return this;
    }

    private static Tensor mask(int[][] real) {
        double[] flat = Arrays.stream(real)
                .flatMapToInt(Arrays::stream)
                .asDoubleStream()
                .toArray();
        return Tensor.of(flat, real.length, real[0].length).ne(0).evaluate();
    }

    /** An input that the built layer has to refuse, with a message of the usual form. */
    public LayerHarness wrong(Tensor... wrong) {
        wrongs.add(new Wrong(List.of(wrong), Optional.empty()));
        return this;
    }

    /** An input that the built layer has to refuse with this text, after the layer's path and the shapes of the inputs. */
    public LayerHarness wrong(String message, Tensor... wrong) {
        wrongs.add(new Wrong(List.of(wrong), Optional.of(message)));
        return this;
    }

    // ---------------------------------------------------------------- what it need not do

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

    /** The gradient takes something for constant that is not, by definition: its own gradient is not compared. */
    public LayerHarness firstOrder() {
        this.twice = false;
        return this;
    }

    /** The result for an example depends on the others of the batch. */
    public LayerHarness mixesExamples() {
        this.alone = false;
        return this;
    }

    /** What mixed precision may be off, relative to the largest value of the output; 0.03 unless said otherwise. */
    public LayerHarness reducedPrecision(double error) {
        this.reduced = error;
        return this;
    }

    /** The learning rate of the training steps; 0.01 unless said otherwise. */
    public LayerHarness learningRate(double rate) {
        this.rate = rate;
        return this;
    }

    /** The tests of this layer, as one container each. */
    public Stream<DynamicNode> tests() {
        Stream<DynamicNode> always = Stream.of(
                dynamicTest(name + ": shapes and parameters", this::shapes),
                dynamicTest(name + ": one example, no example", this::batches),
                dynamicTest(name + ": saved and loaded", this::saveAndLoad),
                dynamicTest(name + ": a training step", () -> training(built(), inputs)),
                dynamicTest(name + ": f32 and mixed precision", this::precisions));
        Stream<DynamicNode> gradients =
                smooth ? Stream.of(dynamicTest(name + ": gradients", this::gradients)) : Stream.of();
        Stream<DynamicNode> masking = masks.stream()
                .map(mask -> mask.counts()
                        ? dynamicTest(name + ": masked steps", () -> masking(mask))
                        : dynamicTest(name + ": drops the mask", () -> dropping(mask)));
        Stream<DynamicNode> errors = IntStream.range(0, wrongs.size())
                .mapToObj(i -> dynamicTest(name + ": wrong input " + (i + 1), () -> refuses(wrongs.get(i))));
        return Stream.of(always, gradients, masking, errors).flatMap(tests -> tests);
    }

    // ---------------------------------------------------------------- the tests

    private static Tensor random(int seed, int... shape) {
        double[] values = new double[(int) Shape.of(shape).size()];
        SplittableRandom random = new SplittableRandom(seed);
        Arrays.setAll(values, i -> random.nextDouble(0.1, 2) * (random.nextBoolean() ? 1 : -1));
        return Tensor.of(values, shape);
    }

    /** In f64, also where the inputs are integers. */
    private Layer built() {
        Layer layer = maker.get();
        layer.dtype(DType.F64);
        return begun(layer, inputs);
    }

    private static Layer begun(Layer layer, List<Tensor> xs) {
        layer.seed(7);
        layer.applyAll(xs).forEach(Tensor::evaluate);
        return layer;
    }

    private void shapes() {
        Layer layer = built();
        List<Shape> got = layer.applyAll(inputs).stream().map(Tensor::shape).toList();
        require(got.equals(outputs), "output shapes " + outputs, got);
        require(layer.outputShapes().equals(outputs), "outputShapes() " + outputs, layer.outputShapes());
        List<Shape> given = inputs.stream().map(Tensor::shape).toList();
        require(layer.inputShapes().equals(given), "inputShapes() " + given, layer.inputShapes());
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
        List<Tensor> all = layer.applyAll(inputs);
        for (int i = 0; alone && i < inputs.getFirst().dim(0); i++) {
            List<Tensor> one = layer.applyAll(rows(inputs, i, 1));
            same("one example alone", one, rows(all, i, 1), 1e-12);
        }
        List<Tensor> none = layer.applyAll(rows(inputs, 0, 0));
        for (int i = 0; i < outputs.size(); i++) {
            Shape empty = outputs.get(i).with(0, 0);
            require(
                    none.get(i).shape().equals(empty),
                    "an empty output " + empty,
                    none.get(i).shape());
            require(none.get(i).toDoubleArray().length == 0, "no elements", none.get(i));
        }
    }

    private static List<Tensor> rows(List<Tensor> tensors, int from, int count) {
        return tensors.stream().map(x -> x.narrow(0, from, count)).toList();
    }

    private void saveAndLoad() throws IOException {
        Path folder = Files.createTempDirectory("lamina-harness");
        Path file = folder.resolve("model.safetensors");
        try {
            Model first = model();
            first.seed(7);
            List<Tensor> expected = evaluated(first.applyAll(inputs));
            first.save(file);
            Model second = saved ? Model.load(file) : model();
            if (!saved) {
                evaluated(second.applyAll(inputs));
                second.loadWeights(file);
            }
            require(second.parameterCount() == parameters, parameters + " parameters", second.parameterCount());
            same("after loading", second.applyAll(inputs), expected, 0);
            require(second.config().equals(first.config()), "the options " + first.config(), second.config());
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private Model model() {
        if (inputs.size() == 1 && outputs.size() == 1) {
            return Sequential.of(maker.get());
        }
        List<Wire> wires = IntStream.range(0, inputs.size())
                .mapToObj(i -> Wire.input("in_" + i))
                .toList();
        Wire first = maker.get().apply(wires.getFirst(), wires.stream().skip(1).toArray(Wire[]::new));
        return Model.of(
                wires,
                IntStream.range(0, outputs.size())
                        .mapToObj(i -> first.output(i).named("out_" + i))
                        .toList());
    }

    private static List<Tensor> evaluated(List<Tensor> tensors) {
        tensors.forEach(Tensor::evaluate);
        return tensors;
    }

    private void training(Layer layer, List<Tensor> xs) {
        if (layer.parameters().isEmpty()) {
            layer.training(() -> evaluated(layer.applyAll(xs)));
            return;
        }
        List<Tensor> targets = evaluated(
                layer.applyAll(xs).stream().map(y -> y.mul(0.5).add(0.25)).toList());
        double before = loss(layer, xs, targets).item();
        Map<Variable, Tensor> old = new LinkedHashMap<>();
        layer.parameters().forEach(p -> old.put(p, p.value().add(0).evaluate()));
        var optimizer = Optimizers.sgd(rate);
        for (int step = 0; step < 20; step++) {
            layer.training(() -> optimizer.step(Gradients.of(loss(layer, xs, targets), layer.parameters())));
        }
        double after = loss(layer, xs, targets).item();
        require(after < before, "a loss below " + before + " after 20 steps", after);
        old.forEach((parameter, value) -> require(
                !Arrays.equals(value.toDoubleArray(), parameter.value().toDoubleArray()),
                "a change of " + parameter.name(),
                "none"));
    }

    private static Tensor loss(Layer layer, List<Tensor> xs, List<Tensor> targets) {
        List<Tensor> ys = layer.applyAll(xs);
        return IntStream.range(0, ys.size())
                .mapToObj(i -> ys.get(i).sub(targets.get(i)).square().mean())
                .reduce(Tensor::add)
                .orElseThrow();
    }

    private void precisions() {
        List<Tensor> single = floats(inputs, DType.F32);
        Layer layer = begun(maker.get(), single);
        List<Tensor> f32 = layer.applyAll(single);
        List<Tensor> mixed = Precision.bf16().call(() -> layer.applyAll(single));
        Layer exact = built();
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        exact.variables()
                .forEach((path, variable) ->
                        values.put(variable, layer.variables().get(path).value().cast(variable.dtype())));
        Variable.assignAll(values, List.of());
        List<Tensor> f64 = floats(exact.applyAll(inputs), DType.F32);
        for (int i = 0; i < f64.size(); i++) {
            double scale = f64.get(i).size() == 0
                    ? 1
                    : Math.max(1, f64.get(i).abs().max().item());
            same("f32", List.of(f32.get(i)), List.of(f64.get(i)), F32_ERROR * scale);
            same("mixed precision", List.of(mixed.get(i)), List.of(f64.get(i)), reduced * scale);
        }
        Precision.bf16().run(() -> training(begun(maker.get(), single), single));
    }

    private static List<Tensor> floats(List<Tensor> tensors, DType dtype) {
        return tensors.stream()
                .map(x -> x.dtype().isFloat() ? x.cast(dtype) : x)
                .toList();
    }

    private void gradients() {
        Layer layer = built();
        List<Tensor> floats = inputs.stream().filter(x -> x.dtype().isFloat()).toList();
        if (!floats.isEmpty()) {
            passes("inputs", GradientCheck.check(in -> joined(layer.applyAll(replaced(in))), floats, 3));
        }
        if (!layer.parameters().isEmpty()) {
            passes("parameters", GradientCheck.check(() -> joined(layer.applyAll(inputs)), layer.parameters(), 4));
        }
    }

    private List<Tensor> replaced(List<Tensor> floats) {
        List<Tensor> all = new ArrayList<>(inputs);
        int next = 0;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).dtype().isFloat()) {
                all.set(i, floats.get(next++));
            }
        }
        return all;
    }

    private static Tensor joined(List<Tensor> tensors) {
        return tensors.size() == 1
                ? tensors.getFirst()
                : Tensor.concat(0, tensors.stream().map(x -> x.reshape(-1)).toList());
    }

    private void passes(String what, GradientCheck.Result result) {
        boolean passes = twice ? result.passes() : result.first() <= GradientCheck.TOLERANCE;
        require(passes, "gradients of the " + what + " as finite differences", result);
    }

    /** Shows what mask a layer gives its first output. */
    private static final class Probe extends Layer {
        private final Layer inner;
        private Optional<Tensor> mask = Optional.empty();

        Probe(Layer inner) {
            this.inner = child("inner", inner);
        }

        @Override
        protected List<Tensor> forward(List<Tensor> inputs) {
            List<Tensor> outputs = inner.applyAll(inputs);
            mask = mask(outputs.getFirst());
            return outputs;
        }
    }

    private void masking(Mask mask) {
        Probe probe = new Probe(maker.get());
        probe.seed(7);
        Tensor x = inputs.get(mask.input());
        Tensor other = x.dtype().isFloat() ? random(99, x.shape().dims()) : x.zerosLike();
        Tensor steps = wide(mask.real(), x);
        Tensor first = realOnly(probe, x, mask);
        Tensor second = realOnly(probe, steps.where(x, other.cast(x.dtype())).evaluate(), mask);
        require(probe.mask.isPresent() == mask.masksOutput(), mask.masksOutput() ? "a mask" : "no mask", probe.mask);
        same("other values in masked steps", List.of(second), List.of(first), 0);
        boolean ignored = Values.difference(probe.applyAll(inputs).getFirst(), masked(probe, inputs, mask), 0, 0)
                .isEmpty();
        require(!ignored || mask.masksOutput(), "another output without the mask", "the same");
    }

    private void dropping(Mask mask) {
        Probe probe = new Probe(maker.get());
        probe.seed(7);
        Tensor y = masked(probe, inputs, mask);
        require(probe.mask.isEmpty(), "no mask of the output", probe.mask);
        same("with a mask", List.of(y), List.of(probe.applyAll(inputs).getFirst()), 0);
    }

    private static Tensor masked(Probe probe, List<Tensor> xs, Mask mask) {
        List<Optional<Tensor>> all = new ArrayList<>(Collections.nCopies(xs.size(), Optional.empty()));
        all.set(mask.input(), Optional.of(mask.real()));
        return probe.applyMasked(xs, all).getFirst();
    }

    private static Tensor wide(Tensor mask, Tensor x) {
        Tensor wide = mask;
        while (wide.rank() < x.rank()) {
            wide = wide.unsqueeze(-1);
        }
        return wide;
    }

    /** The first output, with 0 in masked steps if it has a mask. */
    private Tensor realOnly(Probe probe, Tensor x, Mask mask) {
        List<Tensor> xs = new ArrayList<>(inputs);
        xs.set(mask.input(), x);
        Tensor y = masked(probe, xs, mask);
        return probe.mask
                .map(real -> wide(real, y).where(y, y.zerosLike()))
                .orElse(y)
                .evaluate();
    }

    private void refuses(Wrong wrong) {
        Layer layer = built();
        String shapes = String.join(
                ", ", wrong.inputs.stream().map(x -> x.shape().toString()).toList());
        try {
            layer.applyAll(wrong.inputs).forEach(Tensor::evaluate);
        } catch (LaminaException e) {
            String message = String.valueOf(e.getMessage());
            String place = layer.path() + (wrong.inputs.size() == 1 ? " (input " : " (inputs ") + shapes + "): ";
            boolean clear = message.startsWith(layer.path())
                    && message.contains(shapes)
                    && message.contains("expected ")
                    && message.contains("got ")
                    && message.lines().count() == 1;
            require(clear, "a message with path, expectation and " + shapes, message);
            wrong.message.ifPresent(text -> require(message.equals(place + text), place + text, message));
            return;
        }
        throw new AssertionError(name + ": expected an error for the input " + shapes + ", got none");
    }

    private void same(String what, List<Tensor> got, List<Tensor> expected, double error) {
        for (int i = 0; i < expected.size(); i++) {
            Values.difference(got.get(i), expected.get(i), error, error).ifPresent(text -> {
                throw new AssertionError(name + ", " + what + ": " + text);
            });
        }
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
