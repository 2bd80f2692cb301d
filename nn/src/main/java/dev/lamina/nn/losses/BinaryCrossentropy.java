package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Arrays;
import java.util.Optional;

/**
 * Cross-entropy of answers of yes or no: -w t log p - (1 - t) log(1 - p), p = sigmoid(score), w the weight of yes.
 *
 * <p>Prediction (...) scores, or probabilities with {@link #fromProbabilities}, which suits {@code dense(1).sigmoid()}. Target
 * of the same shape, 0 or 1 or between. Result before reduction (...).
 */
public final class BinaryCrossentropy extends Loss {
    private boolean probabilities;
    private double[] positiveWeights = {};
    private double smoothing;
    private double gamma;
    private double alpha = Double.NaN;

    /** For scores, unless {@link #fromProbabilities} is said. */
    public BinaryCrossentropy() {}

    /** The predictions are probabilities, for example from sigmoid. */
    public BinaryCrossentropy fromProbabilities() {
        probabilities = true;
        return this;
    }

    /** The weight of the answer yes, one for all outputs or one for each output (last axis). */
    public BinaryCrossentropy positiveWeight(double... weights) {
        for (double weight : weights) {
            Checks.notNegative(name(), "weight", weight);
        }
        positiveWeights = weights.clone();
        return this;
    }

    /** Moves this share of each target to one half; 0 unless said otherwise. */
    public BinaryCrossentropy labelSmoothing(double share) {
        smoothing = Checks.share(name(), share);
        return this;
    }

    /**
     * Multiplies by (1 - q)^gamma, q = p t + (1 - p)(1 - t) the probability of the truth, so that what is easy counts less (Lin and
     * others 2017); 2 is usual, 0 unless said otherwise.
     */
    public BinaryCrossentropy focal(double gamma) {
        this.gamma = Checks.notNegative(name(), "gamma", gamma);
        return this;
    }

    /** Multiplies by alpha where the truth is yes and by 1 - alpha where it is no; 0.25 is usual with {@link #focal}. */
    public BinaryCrossentropy alpha(double alpha) {
        this.alpha = Checks.share(name(), alpha);
        return this;
    }

    @Override
    public BinaryCrossentropy reduction(Reduction reduction) {
        super.reduction(reduction);
        return this;
    }

    @Override
    public String name() {
        return "binaryCrossentropy";
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        requireSameShape(prediction, target);
        Tensor truth = target.cast(prediction.dtype());
        Tensor t = smoothing == 0 ? truth : truth.mul(1 - smoothing).add(smoothing / 2);
        Optional<Logits.Source> source = Logits.of(prediction);
        Tensor loss;
        if (!probabilities) {
            Logits.refuse(this, prediction, "sigmoid");
            loss = fromScores(prediction, t);
        } else if (source.isPresent() && source.get().activation() == Activation.SIGMOID) {
            loss = fromScores(source.get().scores(), t);
        } else {
            double smallest = CategoricalCrossentropy.smallest(prediction.dtype());
            Tensor yes = prediction.maximum(smallest).log().mul(t);
            Tensor no = prediction.rsub(1).maximum(smallest).log().mul(t.rsub(1));
            loss = weighted(yes).add(no).neg();
        }
        return focused(prediction, t, loss);
    }

    private Tensor focused(Tensor prediction, Tensor t, Tensor loss) {
        Tensor focused = loss;
        if (gamma > 0) {
            Tensor yes = probabilities ? prediction : prediction.sigmoid();
            Tensor no = probabilities ? prediction.rsub(1) : prediction.neg().sigmoid();
            Tensor missed = yes.mul(t.rsub(1)).add(no.mul(t)).clampMin(1e-12);
            focused = loss.mul(missed.pow(gamma));
        }
        return Double.isNaN(alpha) ? focused : focused.mul(t.mul(2 * alpha - 1).add(1 - alpha));
    }

    // log(1 - sigmoid(x)) = logSigmoid(x) - x, so one logarithm is enough, and it never overflows.
    private Tensor fromScores(Tensor x, Tensor t) {
        Tensor weight = positiveWeights.length == 0 ? t.onesLike() : weighted(t).add(t.rsub(1));
        return t.rsub(1).mul(x).sub(weight.mul(x.logSigmoid()));
    }

    private Tensor weighted(Tensor yes) {
        if (positiveWeights.length == 0) {
            return yes;
        }
        if (positiveWeights.length == 1) {
            return yes.mul(positiveWeights[0]);
        }
        if (yes.rank() == 0 || yes.dim(-1) != positiveWeights.length) {
            throw new ShapeException(name() + ": expected predictions (..., " + positiveWeights.length
                    + ") for as many weights, got " + yes.shape() + "; give one weight for each output");
        }
        return yes.mul(Tensor.of(positiveWeights).cast(yes.dtype()));
    }

    @Override
    public double threshold() {
        return probabilities ? 0.5 : 0;
    }

    @Override
    public boolean isBinary() {
        return true;
    }

    @Override
    public Expected expected() {
        return probabilities ? Expected.PROBABILITIES : Expected.SCORES;
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of(name())
                .with("reduction", reduction().name())
                .with("probabilities", probabilities)
                .with("labelSmoothing", smoothing)
                .with("gamma", gamma)
                .with("positiveWeights", Arrays.stream(positiveWeights).boxed().toList());
        return Optional.of(Double.isNaN(alpha) ? config : config.with("alpha", alpha));
    }

    /** Makes a saved one again. */
    public static BinaryCrossentropy of(Config config) {
        BinaryCrossentropy loss = new BinaryCrossentropy()
                .positiveWeight(config.numbers("positiveWeights"))
                .labelSmoothing(config.number("labelSmoothing", 0))
                .focal(config.number("gamma", 0));
        loss.alpha = config.number("alpha", Double.NaN);
        return config.flag("probabilities") ? loss.fromProbabilities() : loss;
    }
}
