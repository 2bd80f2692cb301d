package dev.lamina.nn;

import dev.lamina.core.Tensor;
import java.util.Optional;

/** A metric in which examples count as often as the data set's weights say. */
final class WeightedMetric extends Metric {
    private final Metric inner;

    WeightedMetric(Metric inner) {
        this.inner = inner;
    }

    @Override
    public Metric forLoss(Loss loss) {
        return new WeightedMetric(inner.forLoss(loss));
    }

    @Override
    public String name() {
        return "weighted_" + inner.name();
    }

    @Override
    public boolean higherIsBetter() {
        return inner.higherIsBetter();
    }

    @Override
    protected Tensor sums(Tensor prediction, Tensor target) {
        return inner.sums(prediction, target);
    }

    @Override
    protected Tensor sums(Tensor prediction, Tensor target, Tensor weights) {
        return inner.sums(prediction, target, weights);
    }

    @Override
    protected Tally tally() {
        return inner.tally();
    }

    @Override
    protected double value(double[] sums) {
        return inner.value(sums);
    }

    @Override
    public Optional<Config> config() {
        return inner.config().map(config -> Config.of("weighted").with("metric", config));
    }
}
