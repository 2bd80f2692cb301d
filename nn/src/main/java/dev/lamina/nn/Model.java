package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A layer that can be trained, measured, used and saved.
 *
 * {@snippet :
 * var model = Sequential.of(dense(128).relu(), dropout(0.2), dense(10));
 * model.compile(adam(1e-3), sparseCategoricalCrossentropy(), accuracy());
 * History history = model.fit(Digits.train(), epochs(20).batchSize(64).validation(Digits.test()));
 * Evaluation result = model.evaluate(Digits.test());
 * Tensor scores = model.predict(x);
 * model.save(Path.of("digits.safetensors"));
 * }
 *
 * <p>A model of your own extends this class as it would extend {@link Layer}. Any number of threads may predict, also while
 * another trains: each prediction sees the parameters of a whole step. One thread trains at a time.
 */
public abstract class Model extends Layer {
    private static final int EVALUATION_BATCH = 256;

    private final StampedLock lock = new StampedLock();
    private volatile Predictor predictor = new Predictor();
    private @Nullable Precision precision;
    private @Nullable Compiled compiled;
    private final AtomicBoolean fitting = new AtomicBoolean();
    private int trainedEpochs;
    /** Those of the training that is running, whose states are saved. */
    private List<Callback> callbacks = List.of();

    /** States of callbacks from a file, for the next training. */
    private Map<String, Map<String, Tensor>> resumed = Map.of();

    /** The last is set when predictions have been found to suit the losses. */
    private record Compiled(
            Optimizer optimizer, List<Objective> objectives, List<Measure> measures, AtomicBoolean suited) {}

    /** For subclasses. */
    protected Model() {}

    /**
     * A functional model of what lies between an input and outputs.
     *
     * {@snippet :
     * Wire x = input("features", 64);
     * Wire hidden = x.then(dense(64).relu());
     * Model model = Model.of(x, add().apply(hidden, hidden.then(dense(64).relu())).then(dense(10)));
     * }
     */
    public static Network of(Wire input, Wire... outputs) {
        return of(List.of(input), List.of(outputs));
    }

    /** A functional model of several inputs and outputs, with names to tell them apart. */
    public static Network of(List<Wire> inputs, List<Wire> outputs) {
        return new Network(inputs, outputs);
    }

    /**
     * Names of the inputs of {@link #forward(List)}, in order: with several, fields of data sets go to the inputs by name. A
     * model of your own with several inputs overrides this.
     */
    public List<String> inputNames() {
        return List.of("input");
    }

    /** Names of the outputs of {@link #forward(List)}, in order; a model of your own with several outputs overrides this. */
    public List<String> outputNames() {
        return List.of("output");
    }

    // ---------------------------------------------------------------- training

    /**
     * Says how the model is trained and measured. Compiling again starts with an optimizer of no steps and with epoch 1; the
     * parameters stay.
     *
     * @return this model
     */
    public final Model compile(Optimizer optimizer, Loss loss, Metric... metrics) {
        return compile(optimizer, Objective.of(outputNames().getFirst(), loss).metrics(metrics));
    }

    /**
     * The same for several outputs: the loss is the sum of the objectives' weighted losses. Histories have the loss of each
     * output and its metrics under the output's name, such as {@code urgent_loss} and {@code urgent_accuracy}.
     *
     * @return this model
     */
    public final Model compile(Optimizer optimizer, Objective... objectives) {
        if (objectives.length == 0) {
            throw new LaminaException("compile: expected a loss, got none; pass for example mse()");
        }
        Set<String> outputs = new HashSet<>();
        for (Objective objective : objectives) {
            if (!outputNames().contains(objective.output()) || !outputs.add(objective.output())) {
                throw new LaminaException("compile: expected one objective for each of the outputs " + outputNames()
                        + " or some of them, got '" + objective.output() + "'; use these names, each once");
            }
        }
        List<Objective> adapted =
                Arrays.stream(objectives).map(Objective::adapted).toList();
        compiled = new Compiled(optimizer, adapted, Measure.of(adapted), new AtomicBoolean());
        trainedEpochs = 0;
        resumed = Map.of();
        return this;
    }

    /**
     * Says how the matrix products of this model are computed, in training with their gradients, and in use; f32 unless said otherwise.
     * Variables stay f32, and a saved model keeps the choice.
     *
     * @return this model
     */
    public final Model precision(Precision precision) {
        this.precision = precision;
        predictor = new Predictor();
        return this;
    }

    /** How matrix products are computed, if that was said; else as around the call. */
    public final Optional<Precision> precision() {
        return Optional.ofNullable(precision);
    }

    @Override
    final List<Tensor> compute(List<Tensor> inputs) {
        Precision own = precision;
        return own == null ? forward(inputs) : own.call(() -> forward(inputs));
    }

    /**
     * Trains for a number of epochs, and goes on where the last training ended: epochs count on, the optimizer keeps its state,
     * so that two trainings of 2 epochs give the same bits as one of 4.
     *
     * @param data features and labels
     * @param options epochs and what else is to be said
     * @return what was measured
     * @throws DataException for NaN in the data or labels out of range, before the first step
     * @throws LaminaException when the loss is no longer finite; the message names epoch, batch and variable
     */
    public final History fit(Dataset data, FitOptions options) {
        compiled();
        if (!fitting.compareAndSet(false, true)) {
            throw new LaminaException(
                    path() + ": expected one training at a time, got a second fit while one is running;"
                            + " wait for it, or train a model of its own");
        }
        try {
            return new Trainer(this, data, options).run();
        } finally {
            callbacks = List.of();
            fitting.set(false);
        }
    }

    /** Loss and metrics over a data set. */
    public final Evaluation evaluate(Dataset data) {
        return evaluate(data, EVALUATION_BATCH);
    }

    /** Loss and metrics over a data set, in batches of a size; the result does not depend on it but for rounding. */
    public final Evaluation evaluate(Dataset data, int batchSize) {
        compiled();
        Examples.check(this, data, "evaluate");
        Evaluator evaluator = new Evaluator(this, data, batchSize);
        evaluator.run();
        return evaluator.result();
    }

    /**
     * Runs a body, for example an evaluation or predictions, with the averages of the parameters that the optimizer keeps; without averages as
     * ever. Other threads that predict meanwhile use them too. {@link #fit} measures validations this way.
     */
    public final <R> R averaged(Supplier<R> body) {
        exchangeAverages();
        try {
            return body.get();
        } finally {
            exchangeAverages();
        }
    }

    /** Gives the parameters the values of their averages for good, at the end of a training. */
    public final void takeAverages() {
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        compiled().optimizer.averages().forEach((parameter, average) -> values.put(parameter, average.value()));
        exclusively(() -> Variable.assignAll(values, List.of()));
    }

    /**
     * The same, and then {@link #refreshStatistics}: what stochastic weight averaging needs where the model has batch normalization.
     *
     * @param data those of the training
     * @param batchSize that of the training
     */
    public final void takeAverages(Dataset data, int batchSize) {
        takeAverages();
        refreshStatistics(data, batchSize);
    }

    /**
     * Computes the running statistics of batch normalization anew for the present parameters: the means over the batches of one pass over data
     * (Izmailov and others 2018), in which nothing else changes. A last batch that is smaller than the others is left out. Frozen layers keep
     * theirs.
     */
    public final void refreshStatistics(Dataset data, int batchSize) {
        Examples.requireSome(data, "refreshStatistics");
        initialize(data);
        Statistics.refresh(this, data, batchSize);
    }

    private void exchangeAverages() {
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        compiled().optimizer.averages().forEach((parameter, average) -> {
            values.put(parameter, average.value());
            values.put(average, parameter.value());
        });
        if (!values.isEmpty()) {
            exclusively(() -> Variable.assignAll(values, List.of()));
        }
    }

    // ---------------------------------------------------------------- use

    /**
     * The output for a batch of examples; of a model with several outputs the first one.
     *
     * @param x (N, ...)
     * @return (N, ...)
     */
    public final Tensor predict(Tensor x) {
        return predictor.predict(this, List.of(x)).getFirst();
    }

    /** All outputs for inputs in the order of {@link #inputNames()}. */
    public final List<Tensor> predictAll(List<Tensor> inputs) {
        return predictor.predict(this, inputs);
    }

    /** All outputs by name, for inputs by name. */
    public final Map<String, Tensor> predict(Map<String, Tensor> inputs) {
        if (!inputs.keySet().equals(Set.copyOf(inputNames()))) {
            throw new LaminaException(path() + ": expected the inputs " + inputNames() + ", got " + inputs.keySet()
                    + "; pass a tensor for each of these names");
        }
        return named(predictAll(inputNames().stream().map(inputs::get).toList()));
    }

    private Map<String, Tensor> named(List<Tensor> outputs) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            named.put(outputNames().get(i), outputs.get(i));
        }
        return named;
    }

    /** The outputs for all examples of a data set, (N, ...), in their order; with several outputs the first one. */
    public final Tensor predict(Dataset data) {
        return predictAll(data).values().iterator().next();
    }

    /** All outputs by name for all examples of a data set, each (N, ...), in their order. */
    public final Map<String, Tensor> predictAll(Dataset data) {
        Examples.requireSome(data, "predict");
        int[] fields = Examples.inputs(this, data);
        int[] rows = IntStream.range(0, (int) data.size()).toArray();
        List<List<Tensor>> parts = new ArrayList<>();
        for (int from = 0; from < rows.length; from += EVALUATION_BATCH) {
            int start = from;
            int count = Math.min(EVALUATION_BATCH, rows.length - from);
            parts.add(predictor.run(
                    this,
                    Examples.types(data, fields, count),
                    (i, input) -> data.copy(rows, start, count, fields[i], input),
                    Predictor::outputs));
        }
        return named(IntStream.range(0, parts.getFirst().size())
                .mapToObj(i -> Tensor.concat(
                                0, parts.stream().map(part -> part.get(i)).toList())
                        .evaluate())
                .toList());
    }

    /** The output for one example of a model of f32 vectors, (in,) to (out,). */
    public final float[] predict(float... example) {
        return predictor.run(
                this,
                Predictor.types(DType.F32, Shape.of(1, example.length)),
                (i, input) -> MemorySegment.copy(example, 0, input, ValueLayout.JAVA_FLOAT, 0, example.length),
                (execution, outputs) -> execution.output(0).toArray(ValueLayout.JAVA_FLOAT));
    }

    /** The outputs for examples of a model of f32 vectors, (N, in) to (N, out). */
    public final float[][] predict(float[][] examples) {
        if (examples.length == 0) {
            return new float[0][];
        }
        int width = examples[0].length;
        for (int i = 0; i < examples.length; i++) {
            if (examples[i].length != width) {
                throw new ShapeException("predict: expected examples of " + width + " numbers, got "
                        + examples[i].length + " in row " + i + "; give each example the same length");
            }
        }
        float[] flat = predictor.run(
                this,
                Predictor.types(DType.F32, Shape.of(examples.length, width)),
                (k, input) -> IntStream.range(0, examples.length)
                        .forEach(i -> MemorySegment.copy(
                                examples[i], 0, input, ValueLayout.JAVA_FLOAT, (long) i * width * Float.BYTES, width)),
                (execution, outputs) -> execution.output(0).toArray(ValueLayout.JAVA_FLOAT));
        int out = flat.length / examples.length;
        return IntStream.range(0, examples.length)
                .mapToObj(i -> Arrays.copyOfRange(flat, i * out, (i + 1) * out))
                .toArray(float[][]::new);
    }

    /**
     * Creates the variables for f32 examples of a shape, without data. A model of wires whose inputs have shapes needs none here; one with
     * integer inputs is made for a data set, {@link #initialize(Dataset)}.
     *
     * @param example shape of one example, for instance 784
     * @return this model
     */
    public final Model initialize(int... example) {
        if (example.length == 0 && this instanceof Network network) {
            return initialize(network.examples());
        }
        return initialize(DType.F32, Shape.of(example));
    }

    /** Creates the variables for examples of a type and shape, without data. */
    public final Model initialize(DType dtype, Shape example) {
        return initialize(List.of(new Dataset.Field("", dtype, example)));
    }

    /** Creates the variables for the examples of a data set, without looking at them. */
    public final Model initialize(Dataset data) {
        return initialize(Arrays.stream(Examples.inputs(this, data))
                .mapToObj(data.fields()::get)
                .toList());
    }

    final Model initialize(List<Dataset.Field> inputs) {
        if (!isBuilt()) {
            Context.INFERENCE.run(() -> applyAll(inputs.stream()
                    .map(type -> Tensor.input(type.dtype(), type.shape().insert(0, 1)))
                    .toList()));
        }
        return this;
    }

    /** A table of the layers with output shapes and parameter counts. */
    public final String summary() {
        return Summary.of(this);
    }

    // ---------------------------------------------------------------- files

    /**
     * Saves variables, architecture, and if the model is compiled the state of its training, to one safetensors file. The file
     * is complete or not there: an old one stays when something fails.
     */
    public final void save(Path file) {
        long stamp = lock.readLock();
        try {
            Checkpoint.save(this, file);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * Makes a saved model again, with the state of its training. For models of ready layers; make others in code and call {@link
     * #resume} or {@link #loadWeights}.
     *
     * @throws DataException when the file is damaged or needs classes of its own
     */
    public static Model load(Path file) {
        return Checkpoint.load(file);
    }

    /**
     * Reads the variables of a saved model of equal architecture.
     *
     * @throws DataException when names, shapes or dtypes differ; the message names all differences, and nothing is changed
     */
    public final void loadWeights(Path file) {
        exclusively(() -> Checkpoint.loadWeights(this, file));
    }

    /**
     * Reads the variables and the state of the training of a saved model of equal architecture, compiled with an equal
     * optimizer: the next {@link #fit} goes on with the same bits as if there had been no break.
     *
     * @throws DataException when something differs; the message names all differences, and nothing is changed
     */
    public final void resume(Path file) {
        compiled();
        exclusively(() -> Checkpoint.resume(this, file));
    }

    // ---------------------------------------------------------------- state of the training

    /** Epochs trained since the model was compiled. */
    public final int trainedEpochs() {
        return trainedEpochs;
    }

    /** The optimizer of {@link #compile(Optimizer, Loss, Metric...)}. */
    public final Optimizer optimizer() {
        return compiled().optimizer;
    }

    /** The loss of {@link #compile(Optimizer, Loss, Metric...)}; with several objectives that of the first one. */
    public final Loss loss() {
        return compiled().objectives.getFirst().loss();
    }

    /** The metrics of {@link #compile(Optimizer, Loss, Metric...)}, adapted to their losses. */
    public final List<Metric> metrics() {
        return objectives().stream()
                .flatMap(objective -> objective.metrics().stream())
                .toList();
    }

    /** What {@link #compile(Optimizer, Loss, Metric...)} said of each output that is trained. */
    public final List<Objective> objectives() {
        return compiled().objectives;
    }

    /** Whether predictions have been found to suit the losses: a network that ends in a softmax does so for all data. */
    final AtomicBoolean suited() {
        return compiled().suited;
    }

    final List<Measure> measures() {
        return compiled().measures;
    }

    /** The states of the callbacks of the training that is running, by their names. */
    final Map<String, Map<String, Tensor>> callbackStates() {
        Map<String, Map<String, Tensor>> states = new LinkedHashMap<>();
        for (Callback callback : callbacks) {
            Map<String, Tensor> state = callback.state();
            if (!state.isEmpty() && states.put(callback.stateName(), state) != null) {
                throw new LaminaException("save: expected callbacks with states of different names, got '"
                        + callback.stateName() + "' twice; give one of them another stateName()");
            }
        }
        return states;
    }

    /** Keeps what a file says of callbacks for the training that comes next. */
    final void resumeCallbacks(Map<String, Map<String, Tensor>> states) {
        resumed = states;
    }

    /** Says which callbacks the training that begins has; they take their saved states. */
    final void callbacks(List<Callback> running) {
        callbacks = running;
        running.forEach(callback -> {
            Map<String, Tensor> state = resumed.get(callback.stateName());
            if (state != null && !callback.state().isEmpty()) {
                callback.restore(state);
            }
        });
        resumed = Map.of();
    }

    /** True after {@link #compile(Optimizer, Loss, Metric...)}. */
    public final boolean isCompiled() {
        return compiled != null;
    }

    private Compiled compiled() {
        Compiled current = compiled;
        if (current == null) {
            throw new LaminaException(
                    path() + ": expected a compiled model, got one that is not; call compile(optimizer,"
                            + " loss, metrics...) first");
        }
        return current;
    }

    final StampedLock lock() {
        return lock;
    }

    /** Runs a change of variables while nobody predicts. */
    final void exclusively(Runnable change) {
        long stamp = lock.writeLock();
        try {
            change.run();
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    final void epochTrained() {
        trainedEpochs++;
    }

    final void trainedEpochs(int count) {
        trainedEpochs = count;
    }
}
