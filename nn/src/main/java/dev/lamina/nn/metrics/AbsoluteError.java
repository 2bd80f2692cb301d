package dev.lamina.nn.metrics;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Losses;
import java.util.Arrays;
import java.util.Optional;

/** The median or the largest of |p - t| over all elements. */
public final class AbsoluteError extends Collected {
    /** Which figure. */
    public enum Figure {
        /** The middle value, or the mean of the two in the middle; all values of an epoch are kept. */
        MEDIAN,
        /** The largest value; one number is kept for each batch. */
        MAX
    }

    private final Figure figure;

    /** A figure. */
    public AbsoluteError(Figure figure) {
        this.figure = figure;
    }

    @Override
    public String name() {
        return figure == Figure.MAX ? "maxError" : "medianAbsoluteError";
    }

    @Override
    public boolean higherIsBetter() {
        return false;
    }

    @Override
    protected Tensor sums(Tensor prediction, Tensor target) {
        Tensor errors = Losses.mae().values(prediction, target).flatten();
        return figure == Figure.MAX ? errors.maxKeep(0) : errors;
    }

    @Override
    protected double value(double[] all) {
        if (all.length == 0) {
            return Double.NaN;
        }
        double[] sorted = all.clone();
        Arrays.sort(sorted);
        int last = sorted.length - 1;
        return figure == Figure.MAX ? sorted[last] : (sorted[last / 2] + sorted[sorted.length / 2]) / 2;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
