package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.compiler.Rehearsal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network: a function of tensors with variables of its own.
 *
 * <p>A layer of your own writes only {@link #forward(Tensor)}, or {@link #forward(List)} where it has several inputs or outputs:
 *
 * {@snippet :
 * final class Residual extends Layer {
 *     private final Dense inner = child("inner", dense(64).relu());
 *
 *     protected Tensor forward(Tensor x) {
 *         return x.add(inner.apply(x));
 *     }
 * }
 * }
 *
 * <p>Layers inside a layer are made known with {@link #child}, variables with {@link #parameter} (trained) and {@link #state}
 * (not trained). A layer whose variables depend on the input creates them in {@link #build(Shape)}, which runs once, before the first
 * call of {@code forward}. All of them are named by their path, such as {@code "encoder/dense_1/kernel"}.
 *
 * <p><b>Masks.</b> In a batch of sequences of different lengths a mask (N, T) of truth values says which steps are real. It comes
 * from an embedding or a masking layer, or from {@link #applyMasked(Tensor, Tensor)}, and flows from layer to layer within the
 * outermost call: an output with as many axes as the first input and the same examples and steps has the mask of that input.
 * A layer asks for it with {@link #mask}, and gives its output another one with {@link #masked}. Many threads may apply a layer at once.
 */
public abstract class Layer {
    static {
        // Who makes layers will train or predict soon.
        Rehearsal.start();
    }

    private final Map<String, Layer> children = new LinkedHashMap<>();
    private final Map<String, Variable> parameters = new LinkedHashMap<>();
    private final Map<String, Variable> states = new LinkedHashMap<>();
    private final AtomicLong passes = new AtomicLong();
    private @Nullable Layer parent;
    private @Nullable String name;
    private @Nullable DType dtype;
    private @Nullable Long seed;
    private final Map<Variable, Regularizer> regularizers = new LinkedHashMap<>();
    private volatile @Nullable List<Shape> inputShapes;
    private volatile List<DType> inputDTypes = List.of();
    private volatile @Nullable List<Shape> outputShapes;
    private boolean building;
    private boolean frozen;

    /** For subclasses. */
    protected Layer() {}

    // ---------------------------------------------------------------- to be written by subclasses

    /**
     * The computation of a layer with one input and one output.
     *
     * @param x the input; its first axis counts examples
     * @return the output
     */
    protected Tensor forward(Tensor x) {
        throw new LaminaException(typeName() + ": expected a layer that writes forward(Tensor) or forward(List), got"
                + " neither; write one of them");
    }

    /**
     * The computation of a layer with several inputs or outputs; calls {@link #forward(Tensor)} unless it is written anew.
     *
     * @param inputs in the order of the call; their first axes count examples
     * @return the outputs, one or more, always as many
     */
    protected List<Tensor> forward(List<Tensor> inputs) {
        if (inputs.size() != 1) {
            throw new LaminaException(typeName() + ": expected one input, got " + inputs.size()
                    + "; merge them first, for example with concatenate()");
        }
        return List.of(forward(inputs.getFirst()));
    }

    /**
     * Creates the variables that depend on the shape of the input. It runs once, before the first {@code forward}.
     *
     * @param input shape of the first input of the first call
     */
    protected void build(Shape input) {}

    /** The same for a layer with several inputs; calls {@link #build(Shape)} unless it is written anew. */
    protected void build(List<Shape> inputs) {
        build(inputs.getFirst());
    }

    /** False for a layer whose output has the axes of its input in shape but not in meaning, so that a mask must not flow on. */
    protected boolean passesMask() {
        return true;
    }

    /** What a saved model needs to make this layer again; empty for classes that only their own code can make. */
    public Optional<Config> config() {
        return Optional.empty();
    }

    // ---------------------------------------------------------------- for subclasses

    /**
     * Makes a layer a part of this one.
     *
     * @param name unique within this layer, without slash
     * @param layer the part
     * @return the part
     */
    protected final <L extends Layer> L child(String name, L layer) {
        claim(name);
        if (layer.equals(this)) {
            throw new LaminaException(
                    path() + ": expected another layer as child '" + name + "', got the layer itself");
        }
        Layer part = layer;
        if (part.parent == null) {
            part.parent = this;
            part.name = name;
        }
        children.put(name, layer);
        return layer;
    }

    /**
     * Creates a variable that training changes. Only in {@link #build}, when the place in the model is known: first values
     * follow from the seed and the path.
     *
     * @param name unique within this layer, without slash
     * @param shape its shape
     * @param initializer its first value
     */
    protected final Variable parameter(String name, Shape shape, Initializer initializer) {
        return parameter(name, shape, ParameterOptions.of(initializer));
    }

    /** The same with a penalty, which {@link #penalty} adds up, and a constraint, which optimizers keep. */
    protected final Variable parameter(String name, Shape shape, ParameterOptions options) {
        claim(name);
        requireBuilding(name);
        Random random = Random.seed(Seeds.mix(root().seedOrZero(), Seeds.of(pathInRoot() + "/" + name)));
        Variable variable = Variable.of(
                        path() + "/" + name, options.initializer().create(dtype(), shape, random))
                .constrain(options.constraint()::of);
        parameters.put(name, variable);
        regularizers.put(variable, options.regularizer());
        return variable;
    }

    /**
     * Creates a variable that training does not change by gradients, such as a running mean. Only in {@link #build}.
     *
     * @param name unique within this layer, without slash
     * @param initial its first value
     */
    protected final Variable state(String name, Tensor initial) {
        claim(name);
        requireBuilding(name);
        Variable variable = Variable.of(path() + "/" + name, initial);
        states.put(name, variable);
        return variable;
    }

    /** True when the running call is part of training: dropout drops, normalisation uses the batch. */
    protected final boolean training() {
        return Context.current().isTraining();
    }

    /** Random numbers for one use in this call; ask again for further ones. Only in training. */
    protected final Random random() {
        return Context.current().random(this);
    }

    /**
     * The value of a variable in this call: with the updates of this training pass, or what a wrapper such as {@code weightNorm}
     * puts in its place. Layers read their parameters with it.
     */
    protected final Tensor value(Variable variable) {
        return Context.call().value(variable);
    }

    /** Runs a part of the computation in which {@link #value} gives other values for some variables, here and in the parts. */
    protected final <R> R substituting(Map<Variable, Tensor> values, Supplier<R> body) {
        return Context.call().substituting(values, body);
    }

    /** The mask of an input of this call or of an output of a part: (N, T), true for real steps; empty when all steps are real. */
    protected final Optional<Tensor> mask(Tensor x) {
        return Context.call().masks().of(x);
    }

    /**
     * Gives a tensor of this call a mask, for the layers that it goes to.
     *
     * @param y for example the output
     * @param mask truth values in the leading axes of {@code y}, usually (N, T)
     * @return y
     */
    protected final Tensor masked(Tensor y, Tensor mask) {
        Context.call().masks().put(y, mask);
        return y;
    }

    /** Adds a scalar to the loss of this training pass, for example a penalty on an output. Ignored outside training. */
    protected final void addPenalty(Tensor penalty) {
        Context.current().addPenalty(this, penalty);
    }

    /** Gives a state variable a new value, stored together with the next optimizer step. Ignored outside training. */
    protected final void update(Variable state, Tensor value) {
        Context.current().update(state, value);
    }

    /**
     * What this layer alone adds to the loss beside the regularizers of its parameters.
     *
     * @return a scalar, or empty
     */
    protected Optional<Tensor> ownPenalty() {
        return Optional.empty();
    }

    /** Element type of the variables of this layer: what {@link #dtype(DType)} said here or above, else f64 for f64 input, else f32. */
    protected final DType dtype() {
        for (Layer layer = this; layer != null; layer = layer.parent) {
            if (layer.dtype != null) {
                return layer.dtype;
            }
        }
        return inputDTypes.contains(DType.F64) ? DType.F64 : DType.F32;
    }

    /** A variable that {@link #build} made; an error that says so where it has not run or made none. */
    @SuppressWarnings("exports") // a user's module need not read org.jspecify
    protected final Variable built(@Nullable Variable variable) {
        if (variable == null) {
            throw new LaminaException(path() + ": expected a layer with this variable, got one before its first use or"
                    + " without it; apply it or call initialize on its model");
        }
        return variable;
    }

    /** Refuses a change of options after the variables exist. */
    protected final void requireNotBuilt(String option) {
        if (isBuilt()) {
            throw new LaminaException(
                    path() + ": expected " + option
                            + " before the first use, got it after the variables were created; set options when the layer is made");
        }
    }

    // ---------------------------------------------------------------- use

    /**
     * The output of this layer for an input. Outside {@link #training(Runnable)} layers behave as in inference.
     *
     * @param x the input; its first axis counts examples
     * @return the output
     * @throws LaminaException when the shapes do not fit; the message starts with the path of the innermost layer
     */
    public final Tensor apply(Tensor x) {
        return applyAll(List.of(x)).getFirst();
    }

    /** The first output of a layer with several inputs. */
    public final Tensor apply(Tensor first, Tensor second, Tensor... more) {
        List<Tensor> inputs = new ArrayList<>(List.of(first, second));
        inputs.addAll(List.of(more));
        return applyAll(inputs).getFirst();
    }

    /** The first output of this layer in a functional model; see {@link Model#of(Wire, Wire...)}. */
    public final Wire apply(Wire first, Wire... more) {
        return Wire.of(this, first, more);
    }

    /** All outputs of a layer, for any number of inputs. */
    public final List<Tensor> applyAll(List<Tensor> inputs) {
        return call(inputs, Context.call().outermost());
    }

    /**
     * The output for sequences of different lengths.
     *
     * @param x (N, T, ...)
     * @param mask truth values (N, T), true for real steps
     */
    public final Tensor applyMasked(Tensor x, Tensor mask) {
        return applyMasked(List.of(x), List.of(Optional.of(mask))).getFirst();
    }

    /** All outputs, for inputs of which each may have a mask. */
    public final List<Tensor> applyMasked(List<Tensor> inputs, List<Optional<Tensor>> masks) {
        Context.Call caller = Context.call().outermost();
        for (int i = 0; i < masks.size(); i++) {
            Tensor x = inputs.get(i);
            masks.get(i).ifPresent(mask -> caller.masks().put(x, mask));
        }
        return call(inputs, caller);
    }

    private List<Tensor> call(List<Tensor> inputs, Context.Call caller) {
        if (parent == null && caller.layer() != null) {
            throw new LaminaException(caller.layer().path() + ": expected its layers to be its children, got a "
                    + typeName() + " that is none; make it with child(\"" + typeName() + "\", ...)");
        }
        try {
            if (inputShapes == null) {
                buildOnce(inputs);
            }
            List<Tensor> outputs = caller.run(this, () -> compute(inputs));
            if (outputShapes == null) {
                outputShapes = outputs.stream().map(Tensor::shape).toList();
            }
            if (passesMask()) {
                caller.masks().pass(inputs.getFirst(), outputs);
            }
            return outputs;
        } catch (LaminaException e) {
            throw located(e, inputs);
        }
    }

    /** Calls {@link #forward(List)}; a model does so in its precision. */
    List<Tensor> compute(List<Tensor> inputs) {
        return forward(inputs);
    }

    private LaminaException located(LaminaException e, List<Tensor> inputs) {
        // An inner layer has put its own path in front, which starts with ours.
        String message = String.valueOf(e.getMessage());
        boolean done = message.startsWith(path() + "/") || message.startsWith(path() + " (input");
        String shapes = inputs.stream().map(x -> x.shape().toString()).collect(Collectors.joining(", "));
        return done ? e : e.at(path() + (inputs.size() == 1 ? " (input " : " (inputs ") + shapes + ")");
    }

    private synchronized void buildOnce(List<Tensor> inputs) {
        if (inputShapes != null) {
            return;
        }
        if (inputs.isEmpty()) {
            throw new LaminaException(typeName() + ": expected one or more inputs, got none; pass a tensor");
        }
        Set<String> before = Set.copyOf(children.keySet());
        List<Shape> shapes = inputs.stream().map(Tensor::shape).toList();
        inputDTypes = inputs.stream().map(Tensor::dtype).toList();
        building = true;
        try {
            build(shapes);
            inputShapes = shapes;
        } finally {
            building = false;
            if (inputShapes == null) {
                // A wrong first input must not leave half a layer behind.
                parameters.clear();
                regularizers.clear();
                states.clear();
                children.keySet().retainAll(before);
            }
        }
    }

    /**
     * Runs a body in which layers behave as in training: dropout drops, batch normalisation uses the batch. Running statistics
     * change together with the next {@link Optimizer#step}, or at the end of the body. Random numbers differ from pass to pass
     * and repeat from run to run; they follow from {@link #seed(long)}.
     *
     * @param body for example one step of a training loop, or the whole loop
     */
    public final void training(Runnable body) {
        training(() -> {
            body.run();
            return this;
        });
    }

    /** Runs a body as {@link #training(Runnable)} does, and returns what it returns. */
    public final <R> R training(Supplier<R> body) {
        Context context =
                Context.training(() -> Random.of(Tensor.scalar(Seeds.mix(seedOrZero(), passes.getAndIncrement()))));
        R result = context.run(body);
        Map<Variable, Tensor> left = context.takeUpdates();
        if (!left.isEmpty()) {
            Variable.assignAll(left, List.of());
        }
        return result;
    }

    /** Sets the number from which first values and, in hand-written loops, random numbers follow. Default 0. */
    public final void seed(long seed) {
        requireNotBuilt("seed");
        this.seed = seed;
    }

    /** Sets the element type of the variables of this layer and of the layers in it. */
    public final void dtype(DType dtype) {
        requireNotBuilt("dtype");
        this.dtype = dtype;
    }

    /** Keeps the parameters of this layer and of the layers in it as they are from now on. */
    public final void freeze() {
        frozen = true;
    }

    /** Lets training change the parameters again. */
    public final void unfreeze() {
        frozen = false;
    }

    /** True when this layer or one above it is frozen. */
    public final boolean isFrozen() {
        return frozen || (parent != null && parent.isFrozen());
    }

    // ---------------------------------------------------------------- parts and variables

    /** Name within the layer above; for the outermost layer the name of its class, such as {@code sequential}. */
    public final String name() {
        return name != null ? name : typeName();
    }

    /** Names from the outermost layer to this one, such as {@code "sequential/dense_1"}. */
    public final String path() {
        return parent == null ? name() : parent.path() + "/" + name();
    }

    /** Layers in this one, by name. */
    public final Map<String, Layer> children() {
        return Collections.unmodifiableMap(children);
    }

    /** What training changes: all parameters here and below that are not frozen. Empty before the first use. */
    public final List<Variable> parameters() {
        return Parts.of(this).stream()
                .filter(entry -> entry.kind() == Parts.Kind.PARAMETER)
                .map(Parts.Entry::variable)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /** Everything that a saved model holds, parameters (frozen ones too) and states, by path within this layer. */
    public final Map<String, Variable> variables() {
        Map<String, Variable> found = new LinkedHashMap<>();
        Parts.of(this).forEach(entry -> found.put(entry.path(), entry.variable()));
        return found;
    }

    /** Number of elements in the parameters here and below, frozen ones too. */
    public final long parameterCount() {
        return Parts.of(this).stream()
                .filter(entry -> entry.kind() != Parts.Kind.STATE)
                .mapToLong(entry -> entry.variable().shape().size())
                .sum();
    }

    /**
     * The sum of the penalties of this layer and the layers in it, for example L2, with those that the last call in this training
     * added; empty when there are none.
     */
    public final Optional<Tensor> penalty() {
        List<Tensor> penalties = new ArrayList<>();
        collectPenalties(new HashSet<>(), penalties);
        return penalties.stream().reduce(Tensor::add);
    }

    private void collectPenalties(Set<Object> seen, List<Tensor> penalties) {
        if (!seen.add(this)) {
            return;
        }
        regularizers.forEach((parameter, regularizer) -> {
            if (regularizer.isActive()) {
                penalties.add(regularizer.of(value(parameter)));
            }
        });
        ownPenalty().ifPresent(penalties::add);
        penalties.addAll(Context.current().penalties(this));
        children.values().forEach(child -> child.collectPenalties(seen, penalties));
    }

    /** True when the variables exist. */
    public final boolean isBuilt() {
        return inputShapes != null;
    }

    /** Shape of the first input, the number of examples included; empty before the first use. */
    public final Optional<Shape> inputShape() {
        return inputShapes().stream().findFirst();
    }

    /** Element type of the first input; empty before the first use. */
    public final Optional<DType> inputDType() {
        return inputDTypes().stream().findFirst();
    }

    /** Shapes of the inputs of the first call; empty before the first use. */
    public final List<Shape> inputShapes() {
        List<Shape> shapes = inputShapes;
        return shapes == null ? List.of() : shapes;
    }

    /** Element types of the inputs of the first call; empty before the first use. */
    public final List<DType> inputDTypes() {
        return inputDTypes;
    }

    /** Shape of the first output, the number of examples included; empty before the first use. */
    public final Optional<Shape> outputShape() {
        return outputShapes().stream().findFirst();
    }

    /** Shapes of the outputs of the first call; empty before the first use. */
    public final List<Shape> outputShapes() {
        List<Shape> shapes = outputShapes;
        return shapes == null ? List.of() : shapes;
    }

    @Override
    public String toString() {
        return path();
    }

    // ---------------------------------------------------------------- inside

    final Map<String, Variable> ownParameters() {
        return parameters;
    }

    final Map<String, Variable> ownStates() {
        return states;
    }

    /** Elements in the parameters of this layer alone. */
    final long ownParameterCount() {
        return parameters.values().stream().mapToLong(v -> v.shape().size()).sum();
    }

    /** What a layer of this kind is called in paths: {@code BatchNorm} is {@code batch_norm}. */
    protected String typeName() {
        String simple = getClass().getSimpleName();
        String snake = simple.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
        return snake.isEmpty() ? "layer" : snake;
    }

    final void seedIfNone(long fallback) {
        if (seed == null && !isBuilt()) {
            seed = fallback;
        }
    }

    final long seedOrZero() {
        return seed == null ? 0 : seed;
    }

    final Layer root() {
        return parent == null ? this : parent.root();
    }

    /** The path without the name of the outermost layer, so that a model of another name starts with the same values. */
    private String pathInRoot() {
        return parent == null ? "" : parent.pathInRoot() + "/" + name();
    }

    private void requireBuilding(String key) {
        if (!building) {
            throw new LaminaException(path() + ": expected the variable '" + key
                    + "' to be created in build(Shape), got it elsewhere; override build and create it there");
        }
    }

    private void claim(String key) {
        if (key.isEmpty() || key.contains("/")) {
            throw new LaminaException(
                    path() + ": expected a name without slash, got '" + key + "'; choose another name");
        }
        if (children.containsKey(key) || parameters.containsKey(key) || states.containsKey(key)) {
            throw new LaminaException(
                    path() + ": expected a new name, got '" + key + "', which is taken; choose another name");
        }
    }
}
