package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * A figure of merit over a data set, computed batch by batch: each batch gives a vector of sums, the vectors are added, and the
 * total gives the value. So a metric is exact whatever the batches are. Ready ones are in {@link Metrics}.
 *
 * <p>In {@code fit} and {@code evaluate} the vectors are computed in the compiled step. In a loop of your own:
 *
 * {@snippet :
 * Metric.Total total = accuracy().total();
 * for (Batch batch : batches) {
 *     total.add(model.predict(batch.x()), batch.labels());
 * }
 * double accuracy = total.value();
 * }
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
     * @return a vector of numbers whose length does not depend on the batch, unless {@link #tally} says otherwise
     */
    protected abstract Tensor sums(Tensor prediction, Tensor target);

    /**
     * The same where not all cases count alike, as in sequences with a mask; a metric of your own that is used so writes it too.
     *
     * @param weights how much a case counts, 0 for one that is left out: of the leading axes of the target, such as (N,) or (N, T)
     */
    protected Tensor sums(Tensor prediction, Tensor target, Tensor weights) {
        throw new LaminaException(
                name() + ": expected a metric that can leave out masked steps or weigh examples, got one that"
                        + " writes sums(prediction, target) only; write sums(prediction, target, weights) as well");
    }

    /** The value for the added sums; NaN when there was nothing to count. */
    protected abstract double value(double[] sums);

    /** Where the vectors of batches go: they are added, unless a metric keeps them, or joins them in another way. */
    protected Tally tally() {
        return new Sums();
    }

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
    public Optional<Config> config() {
        return Optional.empty();
    }

    /** The value for predictions and targets that are there as a whole. */
    public final double of(Tensor prediction, Tensor target) {
        return total().add(prediction, target).value();
    }

    /** The value over batches that come one after the other. */
    public final Total total() {
        return new Total(this);
    }

    /** Takes the vectors of batches, one after the other. */
    public interface Tally {
        /**
         * Takes the vector of a batch.
         *
         * @param values is used again by the caller
         * @param count how many of the values count
         */
        void add(double[] values, int count);

        /** The metric over the batches so far. */
        double value();

        /** Forgets all batches. */
        void clear();

        /** What came together so far; empty for one that does not tell. */
        default double[] sums() {
            return new double[0];
        }
    }

    /** A metric over batches that come one after the other. */
    public static final class Total {
        private final Metric metric;
        private final Tally tally;

        private Total(Metric metric) {
            this.metric = metric;
            tally = metric.tally();
        }

        /** Takes a batch. */
        public Total add(Tensor prediction, Tensor target) {
            double[] values = metric.sums(prediction, target).toDoubleArray();
            tally.add(values, values.length);
            return this;
        }

        /**
         * Takes a batch whose cases do not count alike.
         *
         * @param weights (N,) or (N, T), 0 for what is left out
         */
        public Total add(Tensor prediction, Tensor target, Tensor weights) {
            double[] values = metric.sums(prediction, target, weights).toDoubleArray();
            tally.add(values, values.length);
            return this;
        }

        /** The metric over the batches so far. */
        public double value() {
            return tally.value();
        }

        /** What was added up or kept, for tables of it such as a confusion matrix or a curve; empty before the first batch. */
        public double[] sums() {
            return tally.sums();
        }
    }

    private final class Sums implements Tally {
        private double[] sums = {};

        @Override
        public void add(double[] values, int count) {
            if (sums.length == 0) {
                sums = new double[count];
            }
            for (int i = 0; i < count; i++) {
                sums[i] += values[i];
            }
        }

        @Override
        public double value() {
            return sums.length == 0 ? Double.NaN : Metric.this.value(sums);
        }

        @Override
        public void clear() {
            Arrays.fill(sums, 0);
        }

        @Override
        public double[] sums() {
            return sums.clone();
        }
    }
}
