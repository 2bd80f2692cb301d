package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/**
 * In training, sets each element to 0 with a given probability and scales the others by 1 / (1 - probability), so that the
 * expected value stays; in inference it does nothing (Srivastava and others 2014). Input and output (...).
 */
public final class Dropout extends Layer {
    private final double probability;

    /** A layer that drops with this probability. */
    public Dropout(double probability) {
        if (!(probability >= 0 && probability < 1)) {
            throw new LaminaException(
                    "dropout: expected a probability from 0 to below 1, got " + probability + "; pass for example 0.2");
        }
        this.probability = probability;
    }

    /** The probability. */
    public double probability() {
        return probability;
    }

    @Override
    protected Tensor forward(Tensor x) {
        Inputs.requireFloats("dropout", x);
        if (!training() || probability == 0) {
            return x;
        }
        Tensor kept = random().bernoulli(1 - probability, x.shape());
        return kept.where(x.mul(1 / (1 - probability)), x.zerosLike());
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("dropout").with("probability", probability));
    }

    /** Made again from its description. */
    public static Dropout of(Config config) {
        return new Dropout(config.number("probability"));
    }
}
