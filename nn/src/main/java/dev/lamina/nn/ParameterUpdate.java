package dev.lamina.nn;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Scatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an {@link Optimizer} knows when it computes the next value of one parameter. */
public final class ParameterUpdate {
    private final Optimizer optimizer;
    private final Variable variable;
    private final Tensor gradient;
    private final double weightDecay;
    private final List<Tensor> scalars;
    private final Map<Variable, Tensor> next;

    ParameterUpdate(
            Optimizer optimizer,
            Variable variable,
            Tensor gradient,
            double weightDecay,
            List<Tensor> scalars,
            Map<Variable, Tensor> next) {
        this.optimizer = optimizer;
        this.variable = variable;
        this.gradient = gradient;
        this.weightDecay = weightDecay;
        this.scalars = scalars;
        this.next = next;
    }

    /** The parameter. */
    public Variable variable() {
        return variable;
    }

    /** Its present value. */
    public Tensor value() {
        return variable.value();
    }

    /** Its gradient, clipped if the optimizer clips; with a weight decay that is not decoupled, plus that times the value. */
    public Tensor gradient() {
        return gradient;
    }

    /**
     * The rows of the gradient that are not 0, where it comes from reads by index alone, as that of an embedding does: a rule that moves
     * nothing where the gradient is 0 then need not touch the other rows. Empty for all other gradients; also with a penalty or a clip that
     * looks at all of it.
     */
    public Optional<GradientRows> gradientRows() {
        Node node = gradient.node();
        boolean rows = node.op() instanceof Scatter.Rows scatter
                && scatter.kind() == Scatter.Kind.ADD
                && node.input(0).op() instanceof Leaf.Constant zeros
                && zeros.value() == 0;
        return rows
                ? Optional.of(new GradientRows(Tensor.of(node.input(1)), Tensor.of(node.input(2))))
                : Optional.empty();
    }

    /**
     * A gradient (R, W) that is 0 but for some rows.
     *
     * @param index which rows (N,), i64; one may be there several times
     * @param values what is added up in them (N, W)
     */
    public record GradientRows(Tensor index, Tensor values) {}

    /** The weight decay of this parameter: its group's, or the optimizer's. */
    public double weightDecay() {
        return weightDecay;
    }

    /** The learning rate in force for this parameter, as a scalar of its dtype. */
    public Tensor learningRate() {
        return scalars.get(0).cast(variable.dtype());
    }

    /** One of the numbers of {@link Optimizer#scalars}, as a scalar of the parameter's dtype. */
    public Tensor scalar(int index) {
        return scalars.get(1 + index).cast(variable.dtype());
    }

    /**
     * A value that the optimizer keeps for this parameter from step to step, in the parameter's shape and dtype.
     *
     * @param name unique within the optimizer
     * @param initial its value before the first step, everywhere
     */
    public Tensor slot(String name, double initial) {
        return slot(name, variable.shape(), initial);
    }

    /** The same in a shape of its own. */
    public Tensor slot(String name, Shape shape, double initial) {
        return optimizer.slot(variable, name, shape, initial).value();
    }

    /**
     * Keeps a value for the next step.
     *
     * @return the value
     */
    public Tensor keep(String name, Tensor value) {
        next.put(optimizer.slot(variable, name, value.shape(), 0), value);
        return value;
    }

    /**
     * Keeps a value that shrinks by a factor in each step without a gradient. What no longer matters becomes 0: it would end
     * as a subnormal number and never get away from there, and arithmetic on those takes ten times as long.
     */
    public Tensor keepShrinking(String name, Tensor value) {
        double least = switch (variable.dtype()) {
            case F64 -> 1e-300;
            case F32, BF16 -> 1e-30;
            case F16, I64, I32, I8, U8, BOOL -> 0;
        };
        return keep(name, least == 0 ? value : value.maskedFill(value.abs().lt(least), 0));
    }
}
