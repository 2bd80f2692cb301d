package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Optional;

/**
 * Scales each vector of the last axis to a root mean square of 1: y = gamma x / sqrt(mean(x^2) + epsilon) (Zhang and Sennrich
 * 2019). Epsilon is 1e-6 unless said otherwise.
 *
 * <p>Input and output (..., D). Variable: {@code gamma} (D), first 1.
 */
public final class RmsNorm extends Normalization<RmsNorm> {
    private int width;

    /** A layer that normalises the last axis. */
    public RmsNorm() {
        super(1e-6, false);
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() == 0) {
            throw new ShapeException("rmsNorm: expected inputs (..., D), got a scalar; reshape it to (1,)");
        }
        width = input.dim(-1);
        createScale(Shape.of(width));
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() == 0 || x.dim(-1) != width) {
            throw new ShapeException("rmsNorm: expected inputs (..., " + width + "), got " + x.shape()
                    + "; feed examples like those of the first use");
        }
        return scaled(x.mul(x.square().meanKeep(-1).add(epsilon()).rsqrt()));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("rmsNorm"));
    }

    /** Made again from its description. */
    public static RmsNorm of(Config config) {
        return new RmsNorm().options(config);
    }
}
