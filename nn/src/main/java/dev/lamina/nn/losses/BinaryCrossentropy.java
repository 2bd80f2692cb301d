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

    /** For scores, unless {@link #fromProbabilities} is said. */
    public BinaryCrossentropy() {}

    /** The predictions are probabilities, for example from sigmoid. */
    public BinaryCrossentropy fromProbabilities() {
        probabilities = true;
        return this;
    }

    /** The weight of the answer yes, one for all outputs or one for each output (last axis). */
    public BinaryCrossentropy positiveWeight(double... weights) {
        positiveWeights = weights.clone();
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
        Tensor t = target.cast(prediction.dtype());
        Optional<Logits.Source> source = Logits.of(prediction);
        if (!probabilities) {
            Logits.refuse(this, prediction, "sigmoid");
            return fromScores(prediction, t);
        }
        if (source.isPresent() && source.get().activation() == Activation.SIGMOID) {
            return fromScores(source.get().scores(), t);
        }
        double smallest = CategoricalCrossentropy.smallest(prediction.dtype());
        Tensor yes = prediction.maximum(smallest).log().mul(t);
        Tensor no = prediction.rsub(1).maximum(smallest).log().mul(t.rsub(1));
        return weighted(yes).add(no).neg();
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
    protected Optional<Config> config() {
        return Optional.of(Config.of(name())
                .with("reduction", reduction().name())
                .with("probabilities", probabilities)
                .with("positiveWeights", Arrays.stream(positiveWeights).boxed().toList()));
    }

    /** Makes a saved one again. */
    public static BinaryCrossentropy of(Config config) {
        BinaryCrossentropy loss = new BinaryCrossentropy().positiveWeight(config.numbers("positiveWeights"));
        return config.flag("probabilities") ? loss.fromProbabilities() : loss;
    }
}
