package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.op.Scatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rule that changes parameters by their gradients. Ready ones are in {@link Optimizers}; a rule of your own writes
 * {@link #next}:
 *
 * {@snippet :
 * final class SignDescent extends Optimizer {
 *     SignDescent(double learningRate) {
 *         super(learningRate);
 *     }
 *
 *     protected Tensor next(ParameterUpdate p) {
 *         return p.value().sub(p.gradient().sign().mul(p.learningRate()));
 *     }
 * }
 * }
 *
 * <p>The learning rate and everything else that changes with time alone are computed in Java and handed to the compiled step as
 * numbers, so changing them compiles nothing. All parameters, the optimizer's own variables and averages change in the same pass.
 * One optimizer serves one training at a time.
 */
public abstract class Optimizer {
    private static final String AVERAGE = "average";

    private final Map<Variable, Map<String, Variable>> slots = new LinkedHashMap<>();
    private double learningRate;
    private long steps;
    private long epochs;
    private double weightDecay;
    private boolean decoupled;
    private GradientClip clip = GradientClip.NONE;
    private List<ParameterGroup> groups = List.of();
    private Averaging averaging = Averaging.NONE;
    private @Nullable Schedule schedule;
    private boolean perEpoch;
    private double[] scheduleState = {};

    /** Starts with a learning rate, 0 or more. */
    protected Optimizer(double learningRate) {
        this.learningRate = checked(learningRate);
    }

    private static double checked(double learningRate) {
        if (!(learningRate >= 0) || Double.isInfinite(learningRate)) {
            throw new LaminaException("optimizer: expected a learning rate of 0 or more, got " + learningRate
                    + "; 1e-3 is a usual start");
        }
        return learningRate;
    }

    static void checkDecay(double decay) {
        if (!(decay >= 0) || Double.isInfinite(decay)) {
            throw new LaminaException(
                    "optimizer: expected a weight decay of 0 or more, got " + decay + "; 0.01 is usual");
        }
    }

    // ---------------------------------------------------------------- to be written by subclasses

    /** The next value of a parameter, in the parameter's shape and dtype. */
    protected abstract Tensor next(ParameterUpdate parameter);

    /**
     * Numbers that depend on the step alone, such as bias corrections. {@link ParameterUpdate#scalar} gives them to
     * {@link #next}; their count must not change.
     *
     * @param step counts from 1
     * @param learningRate the rate in force
     */
    protected double[] scalars(long step, double learningRate) {
        return new double[0];
    }

    /** True for a rule that applies {@link ParameterUpdate#weightDecay} itself. */
    protected boolean appliesWeightDecay() {
        return false;
    }

    /**
     * True where a step leaves the rows of a table as they are that no gradient reaches, as most of an embedding's: {@link #next} then gets the
     * other rows alone, and what it keeps for them, so it must compute each element by itself. False unless a rule says otherwise.
     *
     * @param weightDecay that of the parameter
     */
    protected boolean movesRowsAlone(double weightDecay) {
        return false;
    }

    /** What a saved model needs to make this optimizer again; empty for classes that only their own code can make. */
    protected Optional<Config> config() {
        return Optional.empty();
    }

    /** The momentum that the schedule asks for now, else the rule's own: for {@link #scalars}. */
    protected final double scheduledMomentum(double own) {
        return schedule == null ? own : schedule.momentum(position()).orElse(own);
    }

    // ---------------------------------------------------------------- options

    /**
     * Pulls parameters towards 0: adds this times the parameter to its gradient (the gradient of an L2 penalty); for rules that
     * decay apart from the gradient (AdamW, Lion, LAMB, Adafactor, Muon) as {@link #decoupledWeightDecay}.
     */
    public Optimizer weightDecay(double decay) {
        checkDecay(decay);
        weightDecay = decay;
        return this;
    }

    /** Takes rate times this times the parameter from the parameter, apart from the gradient (Loshchilov and Hutter 2019). */
    public Optimizer decoupledWeightDecay(double decay) {
        decoupled = true;
        return weightDecay(decay);
    }

    /** Scales all gradients down together when their common norm is above this; see {@link GradientClip#norm(double)}. */
    public Optimizer clipNorm(double norm) {
        return clip(GradientClip.norm(norm));
    }

    /** Scales the gradient of each parameter down when its own norm is above this. */
    public Optimizer clipEachNorm(double norm) {
        return clip(GradientClip.eachNorm(norm));
    }

    /** Cuts each element of a gradient to plus or minus this. */
    public Optimizer clipValue(double value) {
        return clip(GradientClip.value(value));
    }

    /** Changes gradients before they are used. */
    public Optimizer clip(GradientClip clip) {
        this.clip = clip;
        return this;
    }

    /** Treats some parameters in their own way. */
    public Optimizer groups(ParameterGroup... groups) {
        this.groups = List.of(groups);
        return this;
    }

    /** Changes the learning rate from step to step; a schedule's position is the number of steps taken. */
    public Optimizer schedule(Schedule schedule) {
        return schedule(schedule, false);
    }

    /** Changes the learning rate from epoch to epoch; a schedule's position is the number of epochs done. */
    public Optimizer schedulePerEpoch(Schedule schedule) {
        return schedule(schedule, true);
    }

    final Optimizer schedule(Schedule schedule, boolean perEpoch) {
        this.schedule = schedule;
        this.perEpoch = perEpoch;
        scheduleState = schedule.start();
        return this;
    }

    /** Keeps an average of the parameters; see {@link Averaging}. */
    public Optimizer average(Averaging averaging) {
        this.averaging = averaging;
        return this;
    }

    /** What is done to gradients before they are used. */
    public final GradientClip clip() {
        return clip;
    }

    /** Which average of the parameters is kept. */
    public final Averaging averaging() {
        return averaging;
    }

    /** The learning rate in force for the next step: that of the optimizer times the schedule's factor. */
    public final double learningRate() {
        return schedule == null ? learningRate : learningRate * schedule.factor(position(), scheduleState);
    }

    /** Changes the optimizer's learning rate from the next step on; compiles nothing. A schedule multiplies it. */
    public final void learningRate(double learningRate) {
        this.learningRate = checked(learningRate);
    }

    /** The optimizer's learning rate, without the schedule's factor. */
    public final double baseLearningRate() {
        return learningRate;
    }

    /** Steps taken. */
    public final long steps() {
        return steps;
    }

    /** Epochs done. */
    public final long epochs() {
        return epochs;
    }

    private long position() {
        return perEpoch ? epochs : steps;
    }

    // ---------------------------------------------------------------- use

    /**
     * Changes the parameters by their gradients. Forward, backward and update run as one compiled plan, which also computes the
     * loss, so that reading it afterwards costs nothing. State variables of layers change with it.
     *
     * @param gradients of the loss with respect to the parameters
     */
    public final void step(Gradients gradients) {
        step(gradients.asMap(), List.of(gradients.loss()));
    }

    /** Changes parameters by given gradients. */
    public final void step(Map<Variable, Tensor> gradients) {
        step(gradients, List.of());
    }

    private void step(Map<Variable, Tensor> gradients, List<Tensor> also) {
        Map<Variable, Tensor> next = new LinkedHashMap<>(updates(gradients));
        next.putAll(Context.current().takeUpdates());
        Variable.assignAll(next, also);
        steps++;
    }

    /**
     * Counts an epoch in a hand-written loop: schedules by epoch and averages of epochs go on. {@link Model#fit} does it by itself.
     */
    public final void epochEnded() {
        epochEnded(Double.NaN);
    }

    /**
     * The same with a measured value for a schedule that observes one.
     *
     * @param value for example the loss of a validation
     */
    public final void epochEnded(double value) {
        epochs++;
        if (schedule != null) {
            scheduleState = schedule.observed(scheduleState, value);
        }
        if (averaging.kind() == Averaging.Kind.EQUAL && epochs >= averaging.from()) {
            double share = 1.0 / (epochs - Math.max(averaging.from(), 1) + 1);
            Map<Variable, Tensor> next = new LinkedHashMap<>();
            for (Variable parameter : List.copyOf(slots.keySet())) {
                Variable average = slot(parameter, AVERAGE, parameter.shape(), 0);
                next.put(average, mixed(average.value(), parameter.value(), Tensor.scalar(share)));
            }
            Variable.assignAll(next, List.of());
        }
    }

    private static Tensor mixed(Tensor average, Tensor value, Tensor share) {
        return average.add(value.sub(average).mul(share.cast(value.dtype())));
    }

    /**
     * The values that the next step would give to the parameters and to this optimizer's own variables. Nothing is stored.
     *
     * @param gradients by parameter
     */
    public final Map<Variable, Tensor> updates(Map<Variable, Tensor> gradients) {
        DType dtype = scalarType(gradients.keySet());
        List<Tensor> scalars = new ArrayList<>();
        for (double scalar : nextScalars(gradients.keySet())) {
            scalars.add(dtype == DType.F64 ? Tensor.scalar(scalar) : Tensor.scalar((float) scalar));
        }
        return updates(gradients, scalars);
    }

    /** The same with the numbers of {@link #nextScalars} as tensors, for a plan that is fed with them. */
    final Map<Variable, Tensor> updates(Map<Variable, Tensor> gradients, List<Tensor> scalars) {
        double[] rates = rates(gradients.keySet());
        int each = (scalars.size() - 1) / rates.length;
        Map<Variable, Tensor> next = new LinkedHashMap<>();
        for (Map.Entry<Variable, Tensor> entry : clip.of(gradients).entrySet()) {
            Variable variable = entry.getKey();
            int at = 1 + each * Arrays.binarySearch(rates, rate(variable));
            Tensor value = next(variable, entry.getValue(), scalars.subList(at, at + each), next);
            next.put(variable, value);
            if (averaging.kind() == Averaging.Kind.EXPONENTIAL) {
                Variable average = slot(variable, AVERAGE, variable.shape(), 0);
                next.put(average, mixed(average.value(), value, scalars.get(0)));
            } else {
                slots.putIfAbsent(variable, new LinkedHashMap<>());
            }
        }
        return next;
    }

    private Tensor next(Variable variable, Tensor gradient, List<Tensor> scalars, Map<Variable, Tensor> next) {
        double decay = weightDecay(variable);
        boolean decays = decay != 0 && !appliesWeightDecay();
        Optional<ParameterUpdate.GradientRows> rows =
                movesRowsAlone(decay) ? ParameterUpdate.rows(gradient) : Optional.empty();
        Optional<ParameterUpdate.GradientRows> summed = rows.map(ParameterUpdate.GradientRows::summed);
        Optional<Tensor> index = summed.map(ParameterUpdate.GradientRows::index);
        Tensor g = summed.map(ParameterUpdate.GradientRows::values).orElse(gradient);
        Tensor before = index.map(variable.value()::take).orElseGet(variable::value);
        Tensor whole = decays && !decoupled ? g.add(before.mul(decay)) : g;
        ParameterUpdate parameter = new ParameterUpdate(this, variable, index, whole, decay, scalars, next);
        Tensor value = next(parameter);
        if (decays && decoupled) {
            value = value.sub(before.mul(parameter.learningRate().mul(decay)));
        }
        Tensor after = value.cast(variable.dtype());
        return variable.constrained(index.map(some -> variable.value().scatterRows(Scatter.Kind.SET, some, after))
                .orElse(after));
    }

    private double weightDecay(Variable parameter) {
        double decay = weightDecay;
        for (ParameterGroup group : groups) {
            decay = group.weightDecay().isPresent() && group.has(parameter)
                    ? group.weightDecay().getAsDouble()
                    : decay;
        }
        return decay;
    }

    private double rate(Variable parameter) {
        double rate = 1;
        for (ParameterGroup group : groups) {
            rate *= group.rate() != 1 && group.has(parameter) ? group.rate() : 1;
        }
        return rate;
    }

    /** The different rates of parameters, as shares of the optimizer's, ascending. */
    final double[] rates(Collection<Variable> parameters) {
        double[] rates =
                parameters.stream().mapToDouble(this::rate).sorted().distinct().toArray();
        return rates.length == 0 ? new double[] {1} : rates;
    }

    /** Refuses groups without parameters: their pattern is probably wrong. */
    final void checkGroups(Collection<Variable> parameters) {
        for (ParameterGroup group : groups) {
            if (parameters.stream().noneMatch(group::has)) {
                throw new LaminaException("optimizer: expected parameters in the group " + group + ", got none of "
                        + parameters.stream().map(Variable::name).toList()
                        + "; write a pattern such as path(\"**/bias\"), or leave the group out");
            }
        }
    }

    /** f64 when all parameters are, so that f64 models are exact; else f32. */
    static DType scalarType(Iterable<Variable> variables) {
        boolean doubles = false;
        for (Variable variable : variables) {
            if (variable.dtype() != DType.F64) {
                return DType.F32;
            }
            doubles = true;
        }
        return doubles ? DType.F64 : DType.F32;
    }

    private double[] nextScalars(Collection<Variable> parameters) {
        return nextScalars(rates(parameters));
    }

    /** The numbers of the next step: the share of the average, and for each of the rates the rate and the rule's own. */
    final double[] nextScalars(double[] rates) {
        double rate = learningRate();
        double[] all = {};
        for (int i = 0; i < rates.length; i++) {
            double[] own = scalars(steps + 1, rate * rates[i]);
            if (i == 0) {
                all = new double[1 + rates.length * (1 + own.length)];
                all[0] = averaging.share(steps + 1);
            }
            int at = 1 + i * (1 + own.length);
            all[at] = rate * rates[i];
            System.arraycopy(own, 0, all, at + 1, own.length);
        }
        return all;
    }

    /** Counts a step that a plan has done. */
    final void stepped() {
        steps++;
    }

    // ---------------------------------------------------------------- state

    /** What all optimizers have, in a description of this one. */
    final Optional<Config> withCommon(Config own) {
        Config config = own.with("learningRate", learningRate)
                .with("weightDecay", weightDecay)
                .with("decoupled", decoupled)
                .with("clip", clip.kind().name())
                .with("clipLimit", clip.limit())
                .with("clipOrder", clip.order());
        if (averaging.kind() != Averaging.Kind.NONE) {
            config = config.with("average", averaging.kind().name())
                    .with("averageDecay", averaging.decay())
                    .with("averageFrom", averaging.from());
        }
        List<Config> described =
                groups.stream().flatMap(group -> group.config().stream()).toList();
        Optional<Config> rate = schedule == null ? Optional.empty() : schedule.config();
        if (described.size() < groups.size() || (schedule != null && rate.isEmpty())) {
            return Optional.empty();
        }
        config = groups.isEmpty() ? config : config.with("groups", described);
        return Optional.of(
                rate.isEmpty()
                        ? config
                        : config.with("schedule", List.of(rate.get())).with("perEpoch", perEpoch));
    }

    /** Takes over what all optimizers have; files of older releases have less. */
    final Optimizer common(Config config) {
        weightDecay(config.has("weightDecay") ? config.number("weightDecay") : 0);
        decoupled = config.has("decoupled") ? config.flag("decoupled") : decoupled;
        clip(new GradientClip(
                GradientClip.Kind.valueOf(config.text("clip")),
                config.number("clipLimit"),
                config.number("clipOrder")));
        if (config.has("average")) {
            Averaging.Kind kind = Averaging.Kind.valueOf(config.text("average"));
            average(new Averaging(kind, config.number("averageDecay"), config.integer("averageFrom")));
        }
        if (config.has("groups")) {
            groups(config.configs("groups").stream().map(ParameterGroup::of).toArray(ParameterGroup[]::new));
        }
        if (config.has("schedule")) {
            schedule(Schedules.of(config.configs("schedule").get(0)), config.flag("perEpoch"));
        }
        return this;
    }

    /** What is saved beside the variables. */
    final Config state() {
        return Config.of("optimizer")
                .with("steps", (double) steps)
                .with("epochs", (double) epochs)
                .with("schedule", Arrays.stream(scheduleState).boxed().toList());
    }

    /** Goes on from a saved {@link #state}, with the variables of each parameter. */
    final void restore(Config state, Map<Variable, Map<String, Variable>> saved) {
        steps = (long) state.number("steps");
        epochs = (long) state.number("epochs");
        double[] kept = state.numbers("schedule");
        int expected = schedule == null ? 0 : schedule.start().length;
        scheduleState = kept.length == expected ? kept : schedule == null ? kept : schedule.start();
        slots.clear();
        slots.putAll(saved);
    }

    /** Runs a body without schedule, and forgets afterwards what it did: rate, steps, new variables. The old ones keep their values. */
    final void exploring(Runnable body) {
        Config before = state();
        double rate = learningRate;
        Schedule own = schedule;
        Map<Variable, Map<String, Variable>> kept = new LinkedHashMap<>();
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        slots.forEach((parameter, variables) -> {
            kept.put(parameter, new LinkedHashMap<>(variables));
            variables.values().forEach(slot -> values.put(slot, copy(slot)));
        });
        schedule = null;
        try {
            body.run();
        } finally {
            schedule = own;
            learningRate = rate;
            restore(before, kept);
            Variable.assignAll(values, List.of());
        }
    }

    static Tensor copy(Variable variable) {
        return Tensor.of(variable.segment(), variable.dtype(), variable.shape());
    }

    final Variable slot(Variable parameter, String name, Shape shape, double initial) {
        slots.putIfAbsent(parameter, new LinkedHashMap<>());
        Map<String, Variable> own = slots.get(parameter);
        Variable slot = own.get(name);
        if (slot == null) {
            slot = Variable.of(parameter.name() + "/" + name, Tensor.full(parameter.dtype(), initial, shape));
            own.put(name, slot);
        } else if (!slot.shape().equals(shape)) {
            throw new LaminaException("optimizer: expected " + slot.name() + " of shape " + shape + ", got "
                    + slot.shape() + " from an earlier step or a file; compile the model again to start anew");
        }
        return slot;
    }

    /** This optimizer's own variables, by name, of a parameter; empty before its first step. */
    public final Map<String, Variable> slots(Variable parameter) {
        return Collections.unmodifiableMap(slots.getOrDefault(parameter, Map.of()));
    }

    /** Which value the schedule observes. */
    final Optional<String> monitor() {
        return schedule == null ? Optional.empty() : schedule.monitor();
    }

    /** The averages kept, by parameter; empty before the first. */
    public final Map<Variable, Variable> averages() {
        Map<Variable, Variable> averages = new LinkedHashMap<>();
        slots.forEach((parameter, own) -> {
            Variable average = own.get(AVERAGE);
            if (average != null) {
                averages.put(parameter, average);
            }
        });
        return averages;
    }
}
