package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
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
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network: a function of a tensor with variables of its own.
 *
 * <p>A layer of your own writes only {@link #forward}:
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
 * (not trained). A layer whose variables depend on the input creates them in {@link #build}, which runs once, before the first
 * call of {@code forward}. All of them are named by their path, such as {@code "encoder/dense_1/kernel"}.
 *
 * <p>Applying a layer is safe in many threads at once.
 */
public abstract class Layer {
    private final Map<String, Layer> children = new LinkedHashMap<>();
    private final Map<String, Variable> parameters = new LinkedHashMap<>();
    private final Map<String, Variable> states = new LinkedHashMap<>();
    private final AtomicLong passes = new AtomicLong();
    private @Nullable Layer parent;
    private @Nullable String name;
    private @Nullable DType dtype;
    private @Nullable Long seed;
    private volatile @Nullable Shape inputShape;
    private volatile @Nullable DType inputDType;
    private volatile @Nullable Shape outputShape;
    private boolean building;
    private boolean frozen;

    /** For subclasses. */
    protected Layer() {}

    // ---------------------------------------------------------------- to be written by subclasses

    /**
     * The computation of this layer.
     *
     * @param x the input; its first axis counts examples
     * @return the output
     */
    protected abstract Tensor forward(Tensor x);

    /**
     * Creates the variables that depend on the shape of the input. It runs once, before the first {@code forward}.
     *
     * @param input shape of the first input
     */
    protected void build(Shape input) {}

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
        claim(name);
        requireBuilding(name);
        Random random = Random.seed(Seeds.mix(root().seedOrZero(), Seeds.of(pathInRoot() + "/" + name)));
        Variable variable = Variable.of(path() + "/" + name, initializer.create(dtype(), shape, random));
        parameters.put(name, variable);
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

    /** The value of a state variable, with the updates of this training pass. */
    protected final Tensor value(Variable state) {
        return Context.current().value(state);
    }

    /** Gives a state variable a new value, stored together with the next optimizer step. Ignored outside training. */
    protected final void update(Variable state, Tensor value) {
        Context.current().update(state, value);
    }

    /**
     * What this layer alone adds to the loss, for example an L2 penalty of its weights.
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
        return inputDType == DType.F64 ? DType.F64 : DType.F32;
    }

    /** A variable that {@link #build} made; an error that says so where it has not run or made none. */
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
        Context.Call caller = Context.call();
        if (parent == null && caller.layer() != null) {
            throw new LaminaException(caller.layer().path() + ": expected its layers to be its children, got a "
                    + typeName() + " that is none; make it with child(\"" + typeName() + "\", ...)");
        }
        try {
            if (inputShape == null) {
                buildOnce(x);
            }
            Tensor y = caller.context().run(this, () -> compute(x));
            if (outputShape == null) {
                outputShape = y.shape();
            }
            return y;
        } catch (LaminaException e) {
            throw located(e, x);
        }
    }

    /** Calls {@link #forward}; a model does so in its precision. */
    Tensor compute(Tensor x) {
        return forward(x);
    }

    private LaminaException located(LaminaException e, Tensor x) {
        // An inner layer has put its own path in front, which starts with ours.
        String message = String.valueOf(e.getMessage());
        boolean done = message.startsWith(path() + "/") || message.startsWith(path() + " (input");
        return done ? e : e.at(path() + " (input " + x.shape() + ")");
    }

    private synchronized void buildOnce(Tensor x) {
        if (inputShape != null) {
            return;
        }
        Set<String> before = Set.copyOf(children.keySet());
        inputDType = x.dtype();
        building = true;
        try {
            build(x.shape());
            inputShape = x.shape();
        } finally {
            building = false;
            if (inputShape == null) {
                // A wrong first input must not leave half a layer behind.
                parameters.clear();
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
        List<Variable> found = new ArrayList<>();
        visit("", isFrozen(), newSet(), (path, entry) -> {
            if (entry.kind == Kind.PARAMETER) {
                found.add(entry.variable);
            }
        });
        return found;
    }

    /** Everything that a saved model holds, parameters (frozen ones too) and states, by path within this layer. */
    public final Map<String, Variable> variables() {
        Map<String, Variable> found = new LinkedHashMap<>();
        visit("", false, newSet(), (path, entry) -> found.put(path, entry.variable));
        return found;
    }

    /** Number of elements in the parameters here and below, frozen ones too. */
    public final long parameterCount() {
        long[] count = new long[1];
        visit("", false, newSet(), (path, entry) -> {
            if (entry.kind != Kind.STATE) {
                count[0] += entry.variable.shape().size();
            }
        });
        return count[0];
    }

    /** The sum of the penalties of this layer and the layers in it, for example L2; empty when there are none. */
    public final Optional<Tensor> penalty() {
        return penalty(newSet());
    }

    private Optional<Tensor> penalty(Set<Object> seen) {
        if (!seen.add(this)) {
            return Optional.empty();
        }
        Optional<Tensor> sum = ownPenalty();
        for (Layer child : children.values()) {
            Optional<Tensor> other = child.penalty(seen);
            if (other.isPresent()) {
                sum = Optional.of(sum.map(tensor -> tensor.add(other.get())).orElse(other.get()));
            }
        }
        return sum;
    }

    /** True when the variables exist. */
    public final boolean isBuilt() {
        return inputShape != null;
    }

    /** Shape of the first input, the number of examples included; empty before the first use. */
    public final Optional<Shape> inputShape() {
        return Optional.ofNullable(inputShape);
    }

    /** Element type of the first input; empty before the first use. */
    public final Optional<DType> inputDType() {
        return Optional.ofNullable(inputDType);
    }

    /** Shape of the first output, the number of examples included; empty before the first use. */
    public final Optional<Shape> outputShape() {
        return Optional.ofNullable(outputShape);
    }

    @Override
    public String toString() {
        return path();
    }

    // ---------------------------------------------------------------- inside

    enum Kind {
        PARAMETER,
        FROZEN,
        STATE
    }

    record Entry(Kind kind, Variable variable) {}

    /** Walks the variables, layer by layer; shared layers are met once. */
    final void visit(String prefix, boolean frozenAbove, Set<Object> seen, BiConsumer<String, Entry> visitor) {
        if (!seen.add(this)) {
            return;
        }
        boolean fixed = frozenAbove || frozen;
        Kind kind = fixed ? Kind.FROZEN : Kind.PARAMETER;
        for (Map.Entry<String, Variable> entry : parameters.entrySet()) {
            visitor.accept(prefix + entry.getKey(), new Entry(kind, entry.getValue()));
        }
        for (Map.Entry<String, Variable> entry : states.entrySet()) {
            visitor.accept(prefix + entry.getKey(), new Entry(Kind.STATE, entry.getValue()));
        }
        for (Map.Entry<String, Layer> entry : children.entrySet()) {
            entry.getValue().visit(prefix + entry.getKey() + "/", fixed, seen, visitor);
        }
    }

    /** Elements in the parameters of this layer alone. */
    final long ownParameterCount() {
        return parameters.values().stream().mapToLong(v -> v.shape().size()).sum();
    }

    static Set<Object> newSet() {
        return new HashSet<>();
    }

    /** {@code BatchNorm} is {@code batch_norm}. */
    final String typeName() {
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

    private Layer root() {
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
