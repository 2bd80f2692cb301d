package dev.lamina.nn;

import dev.lamina.core.Tensor;
import java.util.Optional;

/**
 * A figure of merit over a data set, computed batch by batch: each batch gives a vector of sums, the vectors are added, and the
 * total gives the value. So a metric is exact whatever the batches are. Ready ones are in {@link Metrics}.
 */
public abstract class Metric {
    /** For subclasses. */
    protected Metric() {}

    /** The name in histories and progress lines, such as {@code "accuracy"}. */
    public abstract String name();

    /**
     * What is added up over batches.
     *
     * @param prediction output of the model
     * @param target what it should be
     * @return a float vector whose length does not depend on the batch
     */
    protected abstract Tensor sums(Tensor prediction, Tensor target);

    /** The value for the added sums; NaN when there was nothing to count. */
    protected abstract double value(double[] sums);

    /** True when larger is better, as for accuracy. */
    public boolean higherIsBetter() {
        return true;
    }

    /** This metric, adapted to the loss of the model: what a prediction means depends on it. */
    public Metric forLoss(Loss loss) {
        return this;
    }

    /** A vector (sum, count), as a mean over examples needs it. */
    protected static Tensor sumAndCount(Tensor sum, Tensor count) {
        return Tensor.stack(0, sum, count.cast(sum.dtype()));
    }

    /** What a saved model needs to make this metric again; empty for classes that only their own code can make. */
    protected Optional<Config> config() {
        return Optional.empty();
    }
}
