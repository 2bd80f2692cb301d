package dev.lamina.nn.metrics;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/** The mean of the values of a loss, for losses that can be read as a figure, such as the absolute error. */
public final class LossMean extends Weighable {
    private final Loss loss;
    private final boolean root;

    /** The mean of all values, or its square root. */
    public LossMean(Loss loss, boolean root) {
        this.loss = loss;
        this.root = root;
    }

    @Override
    public String name() {
        return root ? "r" + loss.name() : loss.name();
    }

    @Override
    public boolean higherIsBetter() {
        return false;
    }

    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Tensor values = loss.values(prediction, target);
        if (weights.isEmpty()) {
            return sumAndCount(values.sum(), Tensor.constant(values.dtype(), (double) values.size()));
        }
        Tensor each = Weights.like(name(), weights.get(), values);
        Tensor kept = Weights.kept(values.flatten(), Optional.of(each.ne(0)), Optional.of(each));
        return sumAndCount(kept.sum(), each.sum());
    }

    @Override
    protected double value(double[] sums) {
        double mean = sums[0] / sums[1];
        return root ? Math.sqrt(mean) : mean;
    }

    @Override
    public Optional<Config> config() {
        return loss.config()
                .map(inner -> Config.of("lossMean").with("loss", inner).with("root", root));
    }
}
