package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Normalises each example over its trailing axes: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the biased
 * variance (Ba and others 2016).
 *
 * <p>Input and output (..., D), D the normalised axes. Variables: {@code gamma}, first 1, and {@code beta}, first 0, both (D).
 */
public final class LayerNorm extends Layer {
    private int axes = 1;
    private double epsilon = 1e-5;
    private boolean affine = true;
    private @Nullable Variable gamma;
    private @Nullable Variable beta;

    /** A layer that normalises the last axis. */
    public LayerNorm() {}

    /** How many trailing axes are normalised together; 1 unless said otherwise. */
    public LayerNorm axes(int axes) {
        requireNotBuilt("axes");
        if (axes < 1) {
            throw new LaminaException("layerNorm: expected 1 or more axes, got " + axes + "; 1 is usual");
        }
        this.axes = axes;
        return this;
    }

    /** What is added to the variance; 1e-5 unless said otherwise. */
    public LayerNorm epsilon(double epsilon) {
        requireNotBuilt("epsilon");
        this.epsilon = epsilon;
        return this;
    }

    /** Leaves gamma and beta out. */
    public LayerNorm noAffine() {
        requireNotBuilt("noAffine");
        affine = false;
        return this;
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() < axes) {
            throw new ShapeException("layerNorm: expected inputs with " + axes + " or more axes, got " + input
                    + "; normalise fewer axes");
        }
        if (affine) {
            Shape normalised = input.range(input.rank() - axes, input.rank());
            gamma = parameter("gamma", normalised, Initializers.ones());
            beta = parameter("beta", normalised, Initializers.zeros());
        }
    }

    @Override
    protected Tensor forward(Tensor x) {
        int[] last = IntStream.rangeClosed(1, axes).map(i -> -i).toArray();
        Tensor centred = x.sub(x.meanKeep(last));
        Tensor y = centred.mul(centred.square().meanKeep(last).add(epsilon).rsqrt());
        if (gamma == null || beta == null) {
            return y;
        }
        if (!x.shape().range(Math.max(0, x.rank() - axes), x.rank()).equals(gamma.shape())) {
            throw new ShapeException("layerNorm: expected inputs that end in " + gamma.shape() + ", got " + x.shape()
                    + "; feed examples like those of the first use");
        }
        return y.mul(value(gamma)).add(value(beta));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("layerNorm")
                .with("axes", axes)
                .with("epsilon", epsilon)
                .with("affine", affine));
    }

    /** Made again from its description. */
    public static LayerNorm of(Config config) {
        LayerNorm norm = new LayerNorm().axes(config.integer("axes")).epsilon(config.number("epsilon"));
        norm.affine = config.flag("affine");
        return norm;
    }
}
