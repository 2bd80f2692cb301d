package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Changes values at random in training, and nothing in inference. Input and output (N, ...). */
public final class Noise extends Layer {
    /** The limit of selu far below 0. */
    private static final double SELU_FLOOR = -1.7580993408473766;

    /** What is done to the values. */
    public enum Kind {
        /** x + e, e normal with mean 0 and this deviation. */
        GAUSSIAN_NOISE("gaussianNoise"),
        /** x e, e normal with mean 1 and deviation sqrt(p / (1 - p)) (Srivastava and others 2014). */
        GAUSSIAN_DROPOUT("gaussianDropout"),
        /**
         * Sets elements to the lower limit of selu with probability p, then scales and shifts so that mean 0 and variance 1
         * stay (Klambauer and others 2017).
         */
        ALPHA_DROPOUT("alphaDropout"),
        /** Sets whole channels, the last axis, to 0 with probability p and scales the others (Tompson and others 2015). */
        SPATIAL_DROPOUT("spatialDropout");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private final Kind kind;
    private final double amount;

    /** A layer of a kind, with a deviation or a probability. */
    public Noise(Kind kind, double amount) {
        if (!(amount >= 0 && (amount < 1 || (kind == Kind.GAUSSIAN_NOISE && amount < Double.POSITIVE_INFINITY)))) {
            throw new LaminaException(kind.label + ": expected "
                    + (kind == Kind.GAUSSIAN_NOISE ? "a deviation of 0 or more" : "a probability from 0 to below 1")
                    + ", got " + amount + "; pass for example 0.1");
        }
        this.kind = kind;
        this.amount = amount;
    }

    @Override
    protected String typeName() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (kind == Kind.SPATIAL_DROPOUT && x.rank() < 3) {
            throw new ShapeException(
                    "spatialDropout: expected inputs (N, ..., C), got " + x.shape() + "; use dropout for vectors");
        }
        Inputs.requireFloats(kind.label, x);
        if (!training() || amount == 0) {
            return x;
        }
        Random random = random();
        double kept = 1 - amount;
        return switch (kind) {
            case GAUSSIAN_NOISE -> x.add(random.normal(x.dtype(), x.shape(), 0, amount));
            case GAUSSIAN_DROPOUT -> x.mul(random.normal(x.dtype(), x.shape(), 1, Math.sqrt(amount / kept)));
            case ALPHA_DROPOUT -> {
                double scale = 1 / Math.sqrt(kept + SELU_FLOOR * SELU_FLOOR * kept * amount);
                Tensor dropped = random.bernoulli(kept, x.shape()).where(x, SELU_FLOOR);
                yield dropped.mul(scale).add(-scale * SELU_FLOOR * amount);
            }
            case SPATIAL_DROPOUT -> {
                int[] dims = new int[x.rank()];
                Arrays.fill(dims, 1);
                dims[0] = x.dim(0);
                dims[x.rank() - 1] = x.dim(-1);
                Tensor channels = random.bernoulli(kept, Shape.of(dims));
                yield channels.where(x.mul(1 / kept), x.zerosLike());
            }
        };
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(kind.label).with("amount", amount));
    }

    /** Made again from its description. */
    public static Noise of(Config config) {
        return new Noise(config.oneOf(Kind.values(), kind -> kind.label).orElseThrow(), config.number("amount"));
    }
}
