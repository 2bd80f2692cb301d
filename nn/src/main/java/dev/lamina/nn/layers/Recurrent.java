package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Scan;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.ParameterOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What recurrent layers have in common: a cell whose states go from step to step along a sequence.
 *
 * <p>Inputs: x (N, T, in) and, if wanted, first states (N, size) in the order of {@link #stateSizes()}; else they are 0. Output: the last
 * output (N, units), with {@link #returnSequences()} all of them (N, T, units); with {@link #returnStates()} the last states
 * follow. Steps that a mask calls unreal leave the states as they are, and their output is the one before them, 0 if there is none; with
 * {@link #zeroMasked()} it is 0 always.
 *
 * <p>A cell of your own writes {@link #stateSizes()}, {@link #step} and, for what depends on the inputs alone, {@link #project}, which
 * works on all steps at once:
 *
 * {@snippet :
 * final class Leaky extends Recurrent<Leaky> {                    // h = 0.9 h + tanh(x kernel + h recurrent + bias)
 *     protected List<Integer> stateSizes() {
 *         return List.of(32);
 *     }
 *
 *     protected void build(Shape input) {
 *         createKernels(input.dim(-1), 32, 1);
 *     }
 *
 *     protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
 *         return List.of(states.get(0).mul(0.9).add(x.add(recurrent(output)).tanh()));
 *     }
 * }
 * }
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract class Recurrent<S extends Recurrent<S>> extends Layer {
    /** Examples and bytes of both kernels for which each step projects its own inputs: then the kernels stay in a core's cache. */
    private static final int FEW = 16;

    private static final long NEAR = 1 << 20;

    private boolean sequences;
    private boolean states;
    private boolean backwards;
    private boolean mirrored;
    private boolean stateful;
    private boolean zeroMasked;
    private boolean useBias = true;
    private double dropout;
    private double recurrentDropout;
    private ParameterOptions kernelOptions = ParameterOptions.of(Initializers.glorotUniform());
    private ParameterOptions recurrentOptions = ParameterOptions.of(Initializers.orthogonal());
    private @Nullable Variable kernel;
    private @Nullable Variable recurrent;
    private @Nullable Variable bias;
    private List<Variable> kept = List.of();

    /** For subclasses. */
    protected Recurrent() {}

    // ---------------------------------------------------------------- to be written by subclasses

    /** Sizes of the states of one example. The first state is the output. */
    protected abstract List<Integer> stateSizes();

    /**
     * What depends on the inputs alone, for all steps at once: x kernel + bias unless it is written anew.
     *
     * @param x (T, N, in)
     * @return (T, N, anything)
     */
    protected Tensor project(Tensor x) {
        return biased(x.matmul(value(kernel())));
    }

    private Tensor biased(Tensor product) {
        return useBias ? product.add(value(bias())) : product;
    }

    /** Whether {@link #project} works on the inputs of one step, (N, in), as on those of all. */
    boolean projectsSteps() {
        return addsProducts();
    }

    /** Whether a step is {@link #after(Tensor, List)} of x kernel + output recurrent + bias. */
    boolean addsProducts() {
        return false;
    }

    /** What is left of a step when that sum is known; for cells that {@link #addsProducts()}. */
    List<Tensor> after(Tensor sum, List<Tensor> states) {
        throw new IllegalStateException(path() + ": its products are not only added");
    }

    /**
     * One step.
     *
     * @param x what {@link #project} made for this step, (N, anything)
     * @param states the states before the step, (N, size) each
     * @param output the first state as products read it: the same, but in training with recurrent dropout
     * @return the states after the step
     */
    protected abstract List<Tensor> step(Tensor x, List<Tensor> states, Tensor output);

    /** Creates {@code kernel} (in, gates * units), {@code recurrent} (units, gates * units) and {@code bias}; in {@code build}. */
    protected final void createKernels(int in, int units, int gates) {
        createKernels(in, units, gates, Initializers.zeros());
    }

    /** The same with a rule for the first bias. */
    protected final void createKernels(int in, int units, int gates, Initializer firstBias) {
        kernel = parameter("kernel", Shape.of(in, gates * units), kernelOptions);
        recurrent = parameter("recurrent", Shape.of(units, gates * units), recurrentOptions);
        if (useBias) {
            bias = parameter("bias", Shape.of(gates * units), firstBias);
        }
    }

    /** The product of an output with the recurrent kernel. */
    protected final Tensor recurrent(Tensor output) {
        return output.matmul(value(recurrent()));
    }

    // ---------------------------------------------------------------- options

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** Gives all outputs (N, T, units) rather than the last one. */
    public S returnSequences() {
        sequences = true;
        return self();
    }

    /** Gives the last states after the output. */
    public S returnStates() {
        states = true;
        return self();
    }

    /** Goes from the last step to the first; the outputs come in that order too, as in Keras. */
    public S goBackwards() {
        backwards = true;
        return self();
    }

    /** Goes from the last step to the first; the outputs keep the places of the inputs. */
    final void mirror() {
        requireNotBuilt("its place in a bidirectional layer");
        backwards = true;
        mirrored = true;
    }

    /** Starts each batch of training with the last states of the batch before. All batches have as many examples as the first. */
    public S stateful() {
        requireNotBuilt("stateful");
        stateful = true;
        return self();
    }

    /** Gives 0 for the steps that a mask calls unreal. */
    public S zeroMasked() {
        zeroMasked = true;
        return self();
    }

    /** Sets inputs to 0 with this probability in training, the same ones in all steps of a sequence. */
    public S dropout(double probability) {
        dropout = probability(probability);
        return self();
    }

    /** The same for outputs on their way into the next step (Gal and Ghahramani, 2016). */
    public S recurrentDropout(double probability) {
        recurrentDropout = probability(probability);
        return self();
    }

    private double probability(double probability) {
        if (!(probability >= 0 && probability < 1)) {
            throw new LaminaException(path() + ": expected a dropout probability from 0 to below 1, got " + probability
                    + "; pass for example 0.2");
        }
        return probability;
    }

    /** Leaves the bias out. */
    public S noBias() {
        requireNotBuilt("noBias");
        useBias = false;
        return self();
    }

    /** The rule for the first kernel; default Glorot uniform. */
    public S kernelInitializer(Initializer initializer) {
        requireNotBuilt("kernelInitializer");
        kernelOptions = kernelOptions.with(initializer);
        return self();
    }

    /** The rule for the first recurrent kernel; default orthogonal. */
    public S recurrentInitializer(Initializer initializer) {
        requireNotBuilt("recurrentInitializer");
        recurrentOptions = recurrentOptions.with(initializer);
        return self();
    }

    /** Whether the layer has a bias. */
    protected final boolean hasBias() {
        return useBias;
    }

    /** The kernel of the inputs. */
    public Variable kernel() {
        return built(kernel);
    }

    /** The kernel of the outputs before. */
    public Variable recurrent() {
        return built(recurrent);
    }

    /** The bias; an error in a layer without. */
    public Variable bias() {
        return built(bias);
    }

    // ---------------------------------------------------------------- the steps

    @Override
    protected final void build(List<Shape> inputs) {
        Shape x = inputs.getFirst();
        requireSequence(x, "in");
        build(x);
        if (stateful) {
            List<Variable> variables = new ArrayList<>();
            for (int size : stateSizes()) {
                variables.add(state("state_" + variables.size(), Tensor.zeros(dtype(), Shape.of(x.dim(0), size))));
            }
            kept = List.copyOf(variables);
        }
    }

    private void requireSequence(Shape x, Object features) {
        if (x.rank() != 3 || (features instanceof Integer in && x.dim(2) != in)) {
            throw new ShapeException("recurrent: expected sequences (N, T, " + features + "), got " + x
                    + "; steps go along axis 1, features along axis 2");
        }
    }

    /** Sets the states that {@link #stateful()} keeps to 0, for example before the next epoch. */
    public void resetStates() {
        kept.forEach(variable -> variable.assign(variable.value().zerosLike()));
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        Scan.Result result = scan(inputs);
        List<Tensor> last = new ArrayList<>();
        for (int i = 0; i < stateSizes().size(); i++) {
            last.add(result.last("state " + i));
        }
        for (int i = 0; i < kept.size(); i++) {
            update(kept.get(i), last.get(i));
        }
        List<Tensor> outputs = new ArrayList<>();
        outputs.add(sequences ? result.output("output").transpose(0, 1) : lastOutput(inputs, last.getFirst()));
        if (sequences && backwards && !mirrored) {
            Tensor turned = outputs.getFirst().flip(1);
            mask(inputs.getFirst()).ifPresent(mask -> masked(turned, mask.flip(1)));
            outputs.set(0, turned);
        }
        if (states) {
            outputs.addAll(last);
        }
        return outputs;
    }

    /** Whether the first states may be other than 0: then they are no output of unreal steps. */
    private boolean hasFirst(List<Tensor> inputs) {
        return stateful || inputs.size() > 1;
    }

    private Tensor lastOutput(List<Tensor> inputs, Tensor state) {
        Optional<Tensor> mask = hasFirst(inputs) ? mask(inputs.getFirst()) : Optional.empty();
        return mask.map(real -> real.any(1).unsqueeze(1).where(state, state.zerosLike()))
                .orElse(state);
    }

    /** Which steps (T, N, 1) have a real one before them. */
    private Tensor begun(Tensor mask) {
        Tensor real = mask.cast(DType.I32).transpose();
        Tensor before = backwards ? real.flip(0).cumsum(0).flip(0) : real.cumsum(0);
        return before.gt(0).unsqueeze(2);
    }

    private Scan.Result scan(List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        requireSequence(x.shape(), inputShape().map(first -> first.dim(2)).orElse(x.dim(-1)));
        List<Tensor> sequence = new ArrayList<>();
        Tensor all = dropped(x.transpose(0, 1), dropout);
        boolean inside = projectsSteps() && isNear(x);
        sequence.add(inside ? all : project(all));
        Optional<Tensor> mask = mask(x);
        mask.ifPresent(real -> sequence.add(real.transpose().unsqueeze(2)));
        boolean begins = sequences && hasFirst(inputs) && !zeroMasked && mask.isPresent();
        mask.filter(real -> begins).ifPresent(real -> sequence.add(begun(real)));
        Scan scan = backwards ? Scan.over(sequence).reversed() : Scan.over(sequence);
        List<Tensor> first = first(inputs, sequence.getFirst().dtype());
        for (int i = 0; i < first.size(); i++) {
            scan = scan.carry("state " + i, first.get(i));
        }
        Optional<Tensor> keeps = keeps(first.getFirst());
        // Where products are only added, one with both kernels, one below the other: sums stay where they are added up.
        Optional<Tensor> kernels = inside && addsProducts()
                ? Optional.of(Tensor.concat(0, value(kernel()), value(recurrent())))
                : Optional.empty();
        return scan.run(step -> {
            List<Tensor> before = IntStream.range(0, first.size())
                    .mapToObj(i -> step.carry("state " + i))
                    .toList();
            Tensor output = before.getFirst();
            Tensor read = keeps.map(output::mul).orElse(output);
            Tensor now = step.input(0);
            List<Tensor> after = kernels.isPresent()
                    ? after(biased(Tensor.concat(1, now, read).matmul(kernels.get())), before)
                    : step(inside ? project(now) : now, before, read);
            for (int i = 0; i < first.size(); i++) {
                Tensor next = after.get(i);
                step.next("state " + i, mask.isPresent() ? step.input(1).where(next, before.get(i)) : next);
            }
            if (sequences) {
                step.output("output", shown(step, mask.isPresent(), begins, output, after.getFirst()));
            }
        });
    }

    /** The output of a step. */
    private Tensor shown(Scan.Step step, boolean masked, boolean begins, Tensor before, Tensor next) {
        Tensor zero = next.zerosLike();
        Tensor unreal = zeroMasked ? zero : begins ? step.input(2).where(before, zero) : before;
        return masked ? step.input(1).where(next, unreal) : next;
    }

    /** Whether projected inputs would rather be made where they are used than be written and read again. */
    private boolean isNear(Tensor x) {
        long bytes = (kernel().shape().size() + recurrent().shape().size()) * dtype().bytes();
        return x.dtype() == dtype() && x.dim(0) >= FEW && x.dim(1) > 1 && bytes <= NEAR;
    }

    private List<Tensor> first(List<Tensor> inputs, DType dtype) {
        List<Integer> sizes = stateSizes();
        int examples = inputs.getFirst().dim(0);
        if (inputs.size() > 1 && inputs.size() != 1 + sizes.size()) {
            throw new LaminaException(
                    path() + ": expected x and " + sizes.size() + " first states, got " + inputs.size() + " inputs");
        }
        List<Tensor> first = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            Shape shape = Shape.of(examples, sizes.get(i));
            Tensor state =
                    inputs.size() > 1 ? inputs.get(1 + i) : stateful ? value(kept.get(i)) : Tensor.zeros(dtype, shape);
            if (!state.shape().equals(shape)) {
                throw new ShapeException(path() + ": expected a first state " + shape + ", got " + state.shape()
                        + (stateful ? "; a stateful layer gets batches of one size" : ""));
            }
            first.add(state.cast(dtype));
        }
        return first;
    }

    /** Inputs (T, N, in) with features dropped in all steps. */
    private Tensor dropped(Tensor x, double probability) {
        if (!training() || probability == 0) {
            return x;
        }
        Shape shape = x.shape().with(0, 1);
        return x.mul(random().bernoulli(1 - probability, shape).cast(x.dtype()).mul(1 / (1 - probability)));
    }

    /** By what outputs are multiplied on their way into the next step. */
    private Optional<Tensor> keeps(Tensor state) {
        if (!training() || recurrentDropout == 0) {
            return Optional.empty();
        }
        double kept = 1 - recurrentDropout;
        return Optional.of(
                random().bernoulli(kept, state.shape()).cast(state.dtype()).mul(1 / kept));
    }

    // ---------------------------------------------------------------- PyTorch, descriptions

    /**
     * Takes the values of a layer of PyTorch: {@code weight_ih} (gates * units, in), {@code weight_hh}, {@code bias_ih},
     * {@code bias_hh}, of this layer and direction.
     *
     * @param tensors for example all tensors of a file
     * @param suffix behind the names: {@code "_l0"}, {@code "_l0_reverse"}, {@code "_l1"} ...
     */
    public void assignTorch(Map<String, Tensor> tensors, String suffix) {
        Map<Variable, Tensor> values = new HashMap<>();
        values.put(kernel(), torch(tensors, "weight_ih" + suffix).transpose());
        values.put(recurrent(), torch(tensors, "weight_hh" + suffix).transpose());
        if (useBias) {
            torchBias(torch(tensors, "bias_ih" + suffix), torch(tensors, "bias_hh" + suffix), values);
        }
        Variable.assignAll(values, List.of());
    }

    /** Two biases that are only added are one. */
    void torchBias(Tensor input, Tensor hidden, Map<Variable, Tensor> values) {
        values.put(bias(), input.add(hidden));
    }

    private Tensor torch(Map<String, Tensor> tensors, String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new LaminaException(path() + ": expected a tensor named " + name + ", got " + tensors.keySet()
                    + "; the suffix says which layer and direction");
        }
        return tensor;
    }

    /** The options of this class, for {@code config()}. */
    protected final Config options(String type) {
        Config config = Config.of(type)
                .with("sequences", sequences)
                .with("states", states)
                .with("backwards", backwards)
                .with("stateful", stateful)
                .with("zeroMasked", zeroMasked)
                .with("bias", useBias)
                .with("dropout", dropout)
                .with("recurrentDropout", recurrentDropout);
        return recurrentOptions.into(kernelOptions.into(config, "kernel"), "recurrent");
    }

    /** Takes the options of this class from a description. */
    protected final S options(Config config) {
        sequences = config.flag("sequences");
        states = config.flag("states");
        backwards = config.flag("backwards");
        stateful = config.flag("stateful");
        zeroMasked = config.flag("zeroMasked");
        useBias = config.flag("bias");
        dropout = config.number("dropout");
        recurrentDropout = config.number("recurrentDropout");
        kernelOptions = kernelOptions.from(config, "kernel");
        recurrentOptions = recurrentOptions.from(config, "recurrent");
        return self();
    }

    static int units(String layer, int units) {
        if (units < 1) {
            throw new LaminaException(
                    layer + ": expected 1 or more units, got " + units + "; pass the size of the output");
        }
        return units;
    }
}
