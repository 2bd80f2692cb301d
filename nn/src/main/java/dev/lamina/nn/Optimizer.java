package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
 * numbers, so changing them compiles nothing. One optimizer serves one training at a time.
 */
public abstract class Optimizer {
    private final Map<Variable, Map<String, Variable>> slots = new LinkedHashMap<>();
    private double learningRate;
    private long steps;
    private GradientClip clip = GradientClip.NONE;

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
        return new double[] {learningRate};
    }

    /** What a saved model needs to make this optimizer again; empty for classes that only their own code can make. */
    protected Optional<Config> config() {
        return Optional.empty();
    }

    // ---------------------------------------------------------------- options

    /** Scales all gradients down together when their common norm is above this; see {@link GradientClip#norm(double)}. */
    public Optimizer clipNorm(double norm) {
        return clip(GradientClip.norm(norm));
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

    /** What is done to gradients before they are used. */
    public final GradientClip clip() {
        return clip;
    }

    /** The learning rate in force. */
    public final double learningRate() {
        return learningRate;
    }

    /** Changes the learning rate from the next step on; compiles nothing. */
    public final void learningRate(double learningRate) {
        this.learningRate = checked(learningRate);
    }

    /** Steps taken. */
    public final long steps() {
        return steps;
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
     * The values that the next step would give to the parameters and to this optimizer's own variables. Nothing is stored.
     *
     * @param gradients by parameter
     */
    public final Map<Variable, Tensor> updates(Map<Variable, Tensor> gradients) {
        DType dtype = scalarType(gradients.keySet());
        List<Tensor> scalars = new ArrayList<>();
        for (double scalar : nextScalars()) {
            scalars.add(dtype == DType.F64 ? Tensor.scalar(scalar) : Tensor.scalar((float) scalar));
        }
        return updates(gradients, scalars);
    }

    /** The same with the numbers of {@link #scalars} as tensors, for a plan that is fed with them. */
    final Map<Variable, Tensor> updates(Map<Variable, Tensor> gradients, List<Tensor> scalars) {
        Map<Variable, Tensor> next = new LinkedHashMap<>();
        for (Map.Entry<Variable, Tensor> entry : clip.of(gradients).entrySet()) {
            Variable variable = entry.getKey();
            ParameterUpdate parameter = new ParameterUpdate(this, variable, entry.getValue(), scalars, next);
            next.put(variable, variable.constrained(next(parameter).cast(variable.dtype())));
        }
        return next;
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

    /** The numbers of the next step. */
    final double[] nextScalars() {
        return scalars(steps + 1, learningRate);
    }

    /** Counts a step that a plan has done. */
    final void stepped() {
        steps++;
    }

    /** Goes on from a saved state: steps taken, and the variables of each parameter. */
    final void restore(long taken, Map<Variable, Map<String, Variable>> saved) {
        steps = taken;
        slots.clear();
        slots.putAll(saved);
    }

    // ---------------------------------------------------------------- state

    final Variable slot(Variable parameter, String name, double initial) {
        slots.putIfAbsent(parameter, new LinkedHashMap<>());
        Map<String, Variable> own = slots.get(parameter);
        Variable slot = own.get(name);
        if (slot == null) {
            slot = Variable.of(
                    parameter.name() + "/" + name, Tensor.full(parameter.dtype(), initial, parameter.shape()));
            own.put(name, slot);
        }
        return slot;
    }

    /** This optimizer's own variables, by name, of a parameter; empty before its first step. */
    public final Map<String, Variable> slots(Variable parameter) {
        return Collections.unmodifiableMap(slots.getOrDefault(parameter, Map.of()));
    }
}
