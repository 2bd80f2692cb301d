package dev.lamina.nn;

import dev.lamina.core.DType;
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
    /** Which rows this is about; empty for the whole parameter. */
    private final Optional<Tensor> index;

    private final Tensor gradient;
    private final double weightDecay;
    private final List<Tensor> scalars;
    private final Map<Variable, Tensor> next;

    ParameterUpdate(
            Optimizer optimizer,
            Variable variable,
            Optional<Tensor> index,
            Tensor gradient,
            double weightDecay,
            List<Tensor> scalars,
            Map<Variable, Tensor> next) {
        this.optimizer = optimizer;
        this.variable = variable;
        this.index = index;
        this.gradient = gradient;
        this.weightDecay = weightDecay;
        this.scalars = scalars;
        this.next = next;
    }

    /** The parameter. */
    public Variable variable() {
        return variable;
    }

    /** Its present value; for a rule that moves rows alone that of the rows with a gradient. */
    public Tensor value() {
        return some(variable);
    }

    private Tensor some(Variable all) {
        return index.map(all.value()::take).orElseGet(all::value);
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
        return index.isPresent() ? Optional.empty() : rows(gradient);
    }

    static Optional<GradientRows> rows(Tensor gradient) {
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
    public record GradientRows(Tensor index, Tensor values) {
        /** In the order of their rows, and each with the sum of its row, also where that is there several times. */
        GradientRows summed() {
            int others = Math.max(index.dim(0) - 1, 0);
            Tensor order = index.argsort(0, false);
            Tensor sorted = index.take(order);
            Tensor begins = sorted.narrow(0, index.dim(0) - others, others)
                    .ne(sorted.narrow(0, 0, others))
                    .cast(DType.I64);
            Tensor group = begins.pad(new int[] {index.dim(0) - others}, new int[] {0}, 0)
                    .cumsum(0);
            Tensor sums = Tensor.zeros(values.dtype(), values.shape())
                    .scatterRows(Scatter.Kind.ADD, group, values.take(order));
            return new GradientRows(sorted, sums.take(group));
        }
    }

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
        return some(optimizer.slot(variable, name, shape, initial));
    }

    /**
     * Keeps a value for the next step.
     *
     * @return the value
     */
    public Tensor keep(String name, Tensor value) {
        Variable slot = optimizer.slot(variable, name, index.isPresent() ? variable.shape() : value.shape(), 0);
        next.put(
                slot,
                index.map(some -> slot.value().scatterRows(Scatter.Kind.SET, some, value))
                        .orElse(value));
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
