package dev.lamina.nn.metrics;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Losses;
import java.util.Arrays;
import java.util.Optional;

/** The median or the largest of |p - t| over all elements; of weights it only matters which are 0. */
public final class AbsoluteError extends Collected {
    /** Which figure. */
    public enum Figure {
        /** The middle value, or the mean of the two in the middle; all values of an epoch are kept. */
        MEDIAN,
        /** The largest value; one number is kept for each batch. */
        MAX
    }

    /** In place of the error of a masked element. */
    private static final double LEFT_OUT = -1;

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
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Tensor values = Losses.mae().values(prediction, target);
        Tensor all = values.flatten();
        Tensor errors = weights.map(
                        each -> Weights.like(name(), each, values).ne(0).where(all, LEFT_OUT))
                .orElse(all);
        return figure == Figure.MAX ? errors.maxKeep(0) : errors;
    }

    @Override
    protected double value(double[] all) {
        double[] sorted =
                Arrays.stream(all).filter(error -> error != LEFT_OUT).sorted().toArray();
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int last = sorted.length - 1;
        return figure == Figure.MAX ? sorted[last] : (sorted[last / 2] + sorted[sorted.length / 2]) / 2;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
