package dev.lamina.nn.metrics;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import java.util.Optional;

/**
 * How good predicted probabilities are. Predictions and targets are as for {@link Accuracy}; scores become probabilities as the loss of
 * the model says, without one predictions are probabilities.
 */
public final class Probability extends Weighable {
    /** Which figure. */
    public enum Figure {
        /** Mean of -log of the probability of the truth. */
        LOG_LOSS,
        /** e to the log loss: between how many equal classes the model is undecided. */
        PERPLEXITY,
        /** Mean of (p - t)^2 for answers of yes or no, of its sum over the classes for classes (Brier 1950). */
        BRIER
    }

    private static final double SMALLEST = 1e-15;

    private final Figure figure;
    private final Optional<Loss> loss;

    /** A figure. */
    public Probability(Figure figure) {
        this(figure, Optional.empty());
    }

    private Probability(Figure figure, Optional<Loss> loss) {
        this.figure = figure;
        this.loss = loss;
    }

    @Override
    public Metric forLoss(Loss other) {
        return new Probability(figure, Optional.of(other));
    }

    @Override
    public String name() {
        return switch (figure) {
            case LOG_LOSS -> "logLoss";
            case PERPLEXITY -> "perplexity";
            case BRIER -> "brier";
        };
    }

    @Override
    public boolean higherIsBetter() {
        return false;
    }

    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor each = figure == Figure.BRIER ? squares(cases) : logs(cases).neg();
        return sumAndCount(cases.kept(each).sum(), cases.count(each.dtype()));
    }

    private static Tensor squares(Cases cases) {
        Tensor p = cases.probabilities();
        if (cases.binary()) {
            return p.sub(cases.labels().cast(p.dtype())).square();
        }
        return p.sub(cases.hits().cast(p.dtype())).square().sum(1);
    }

    /** The logarithm of the probability of the truth; from scores directly, so that it is finite where a probability rounds to 0. */
    private Tensor logs(Cases cases) {
        Loss.Expected expected = loss.map(Loss::expected).orElse(Loss.Expected.PROBABILITIES);
        Tensor p = cases.predictions();
        if (cases.binary()) {
            Tensor yes = cases.labels().gt(0);
            return expected == Loss.Expected.SCORES
                    ? yes.where(p, p.neg()).logSigmoid()
                    : yes.where(p, p.rsub(1)).clampMin(SMALLEST).log();
        }
        Tensor logs = switch (expected) {
            case SCORES -> p.logSoftmax(1);
            case LOG_PROBABILITIES -> p;
            // as scikit-learn, which takes out what rounding has added to the sum
            case PROBABILITIES, ANYTHING ->
                p.clampMin(SMALLEST).log().sub(p.sumKeep(1).log());
        };
        return cases.hits().where(logs, logs.zerosLike()).sum(1);
    }

    @Override
    protected double value(double[] sums) {
        double mean = sums[0] / sums[1];
        return figure == Figure.PERPLEXITY ? Math.exp(mean) : mean;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
