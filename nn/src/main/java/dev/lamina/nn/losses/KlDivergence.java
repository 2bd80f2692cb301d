package dev.lamina.nn.losses;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/**
 * The Kullback-Leibler divergence of predicted from true distributions: t log(t / p) for each element, 0 where t is 0.
 *
 * <p>Prediction (N, ..., C) probabilities p, or their logarithms with {@link #fromLogProbabilities}; target of the same shape.
 * Result before reduction (N, ..., C). The usual reduction here is {@link Loss.Reduction#BATCH_MEAN}, the divergence of an example, as
 * in Keras; PyTorch's default divides by the number of elements.
 */
public final class KlDivergence extends Loss {
    private boolean logProbabilities;
    private boolean logTargets;

    /** For probabilities. */
    public KlDivergence() {
        reduction(Reduction.BATCH_MEAN);
    }

    /** The predictions are logarithms of probabilities, for example from logSoftmax. */
    public KlDivergence fromLogProbabilities() {
        logProbabilities = true;
        return this;
    }

    /** The targets are logarithms of probabilities. */
    public KlDivergence logTargets() {
        logTargets = true;
        return this;
    }

    @Override
    public String name() {
        return "klDivergence";
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        requireSameShape(prediction, target);
        Tensor t = target.cast(prediction.dtype());
        Tensor logs = logProbabilities
                ? prediction
                : prediction
                        .maximum(CategoricalCrossentropy.smallest(prediction.dtype()))
                        .log();
        if (logTargets) {
            return t.exp().mul(t.sub(logs));
        }
        Tensor some = t.gt(0);
        return t.mul(some.where(t, 1).log().sub(logs));
    }

    @Override
    public Expected expected() {
        return logProbabilities ? Expected.LOG_PROBABILITIES : Expected.PROBABILITIES;
    }

    @Override
    public Expected targets() {
        return logTargets ? Expected.LOG_PROBABILITIES : Expected.PROBABILITIES;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name())
                .with("reduction", reduction().name())
                .with("logProbabilities", logProbabilities)
                .with("logTargets", logTargets));
    }

    /** Makes a saved one again. */
    public static KlDivergence of(Config config) {
        KlDivergence loss = new KlDivergence();
        loss.logProbabilities = config.flag("logProbabilities");
        loss.logTargets = config.flag("logTargets");
        return loss;
    }
}
