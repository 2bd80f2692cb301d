package dev.lamina.nn;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How far predictions are from targets. Ready ones are in {@link Losses}; a loss of your own writes {@link #each}.
 *
 * <p>The result is a scalar, the mean over all values, unless {@link #reduction} says otherwise.
 */
public abstract class Loss {
    /** What becomes of the values of single examples. */
    public enum Reduction {
        /** Their sum divided by their number, or by the sum of their class weights. */
        MEAN,
        /** Their sum. */
        SUM,
        /** They stay as they are. */
        NONE,
        /** Their sum divided by the number of examples, the first axis. */
        BATCH_MEAN
    }

    private Reduction reduction = Reduction.MEAN;

    /** For subclasses. */
    protected Loss() {}

    /** The name in messages, such as {@code "mse"}. */
    public abstract String name();

    /**
     * The loss of each example or element.
     *
     * @param prediction output of the model
     * @param target what it should be
     */
    protected abstract Tensor each(Tensor prediction, Tensor target);

    /**
     * The mean of the values of {@link #each}: their sum divided by the sum of {@link #counts} unless a subclass says otherwise.
     *
     * @param values what {@code each} returned, weighted if weights were given
     * @return a scalar
     */
    protected Tensor mean(Tensor prediction, Tensor target, Tensor values) {
        return counts(prediction, target)
                .map(counts -> values.sum().div(counts.sum()))
                .orElseGet(() -> values.sum().div((double) values.size()));
    }

    /**
     * How much each value of {@link #each} counts in the mean, for example the weight of its class; of the shape of the values. Empty where
     * all count alike, as they do unless a subclass says otherwise.
     */
    protected Optional<Tensor> counts(Tensor prediction, Tensor target) {
        return Optional.empty();
    }

    /** What a saved model needs to make this loss again; empty for classes that only their own code can make. */
    public Optional<Config> config() {
        return Optional.empty();
    }

    /** Sets what becomes of the values of single examples; {@link Reduction#MEAN} unless said otherwise. */
    public Loss reduction(Reduction reduction) {
        this.reduction = reduction;
        return this;
    }

    /** What becomes of the values of single examples. */
    public Reduction reduction() {
        return reduction;
    }

    /**
     * The loss.
     *
     * @throws ShapeException when prediction and target do not fit; nothing is broadcast
     */
    public final Tensor of(Tensor prediction, Tensor target) {
        return reduced(prediction, target, each(prediction, target));
    }

    /**
     * The loss with a weight for each value of {@link #each}; the mean still divides as without weights.
     *
     * @param weights of the shape of the unreduced loss, or of its first axes: one weight for each example
     */
    public final Tensor of(Tensor prediction, Tensor target, Tensor weights) {
        Tensor values = each(prediction, target);
        return reduced(prediction, target, weighted(values, weights));
    }

    private Tensor weighted(Tensor values, Tensor weights) {
        if (!Masks.leads(weights, values)) {
            throw new ShapeException(name() + ": expected weights of shape " + values.shape() + ", got "
                    + weights.shape() + "; give one weight for each value of the loss, or one for each example");
        }
        return values.mul(Masks.wide(weights.cast(values.dtype()), values));
    }

    /**
     * The loss and by what its mean divides, a scalar too; that is empty where it is the number of examples times a constant.
     *
     * @param value the loss
     * @param divisor of the mean
     */
    record Part(Tensor value, Optional<Tensor> divisor) {}

    /**
     * The loss where only some steps count: the mean divides by those; it is 0 where nothing counts.
     *
     * @param mask truth values in the leading axes of the values, true for what counts
     * @param weights as for {@link #of(Tensor, Tensor, Tensor)}
     */
    final Part part(Tensor prediction, Tensor target, Optional<Tensor> mask, Optional<Tensor> weights) {
        Tensor all = each(prediction, target);
        Tensor some = mask.map(steps -> Masks.wide(steps, all).where(all, all.zerosLike()))
                .orElse(all);
        Tensor values = weights.map(each -> weighted(some, each)).orElse(some);
        boolean mean = reduction == Reduction.MEAN;
        Optional<Tensor> counts = mean ? counts(prediction, target) : Optional.empty();
        if (!mean || (mask.isEmpty() && counts.isEmpty())) {
            return new Part(reduced(prediction, target, values), Optional.empty());
        }
        Tensor ones = counts.orElseGet(() -> Tensor.full(all.dtype(), 1, all.shape()));
        Tensor divisor = mask.map(steps -> Masks.wide(steps, all).where(ones, ones.zerosLike()))
                .orElse(ones)
                .sum();
        return new Part(values.sum().div(divisor.clampMin(1e-9)), Optional.of(divisor));
    }

    /** What the {@link #reduction()} makes of the values of {@link #each}. */
    protected final Tensor reduced(Tensor prediction, Tensor target, Tensor values) {
        return switch (reduction) {
            case MEAN -> mean(prediction, target, values);
            case SUM -> values.sum();
            case NONE -> values;
            case BATCH_MEAN -> values.sum().div(values.rank() == 0 ? 1 : (double) values.dim(0));
        };
    }

    /** Number of classes that integer targets choose from, for a prediction of this shape; empty for other targets. */
    public OptionalInt classes(Shape prediction) {
        return OptionalInt.empty();
    }

    /** True for a label that is left out. */
    public boolean isIgnored(long label) {
        return ignored().isPresent() && ignored().get() == label;
    }

    /** The label that does not count, if there is one. */
    public Optional<Long> ignored() {
        return Optional.empty();
    }

    /**
     * The loss of each example or element, as without a reduction.
     *
     * @throws ShapeException when prediction and target do not fit
     */
    public final Tensor values(Tensor prediction, Tensor target) {
        return each(prediction, target);
    }

    /** Above which prediction a yes-or-no answer is yes. */
    public double threshold() {
        return 0.5;
    }

    /** The axis of the classes. */
    public int classAxis() {
        return -1;
    }

    /** True when the loss takes answers of yes or no. */
    public boolean isBinary() {
        return false;
    }

    /** What the predictions must look like. */
    public Expected expected() {
        return Expected.ANYTHING;
    }

    /** What targets must look like that are no labels of classes: probabilities where the predictions stand for some. */
    public Expected targets() {
        return switch (expected()) {
            case SCORES, PROBABILITIES -> Expected.PROBABILITIES;
            case ANYTHING, LOG_PROBABILITIES -> Expected.ANYTHING;
        };
    }

    /** What predictions are. */
    public enum Expected {
        /** Any numbers. */
        ANYTHING,
        /** Scores (logits), from which the loss computes probabilities. */
        SCORES,
        /** Probabilities, from 0 to 1. */
        PROBABILITIES,
        /** Logarithms of probabilities. */
        LOG_PROBABILITIES
    }

    /** Refuses shapes that differ: broadcasting (N, 1) against (N,) would compare every pair. */
    protected final void requireSameShape(Tensor prediction, Tensor target) {
        if (!prediction.shape().equals(target.shape())) {
            boolean deeper = prediction.rank() == target.rank() + 1;
            boolean column = deeper && prediction.dim(-1) == 1;
            String other = deeper && target.dtype().isInteger()
                    ? "for labels use sparseCategoricalCrossentropy(), or oneHot(" + prediction.dim(-1) + ")"
                    : "reshape one of them";
            throw new ShapeException(name() + ": expected targets of the shape of the predictions " + prediction.shape()
                    + ", got " + target.shape() + "; "
                    + (column
                            ? "add the last axis to the targets with unsqueeze(-1), or end the model in reshape()"
                            : other));
        }
    }
}
