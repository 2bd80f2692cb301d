package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Normalises each example over its trailing axes: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the biased
 * variance (Ba and others 2016). Epsilon is 1e-5 unless said otherwise.
 *
 * <p>Input and output (..., D), D the normalised axes. Variables: {@code gamma}, first 1, and {@code beta}, first 0, both (D).
 */
public final class LayerNorm extends Normalization<LayerNorm> {
    private int axes = 1;
    private Shape normalised = Shape.of();

    /** A layer that normalises the last axis. */
    public LayerNorm() {
        super(1e-5, true);
    }

    /** How many trailing axes are normalised together; 1 unless said otherwise. */
    public LayerNorm axes(int axes) {
        requireNotBuilt("axes");
        if (axes < 1) {
            throw new LaminaException("layerNorm: expected 1 or more axes, got " + axes + "; 1 is usual");
        }
        this.axes = axes;
        return this;
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() < axes) {
            throw new ShapeException("layerNorm: expected inputs with " + axes + " or more axes, got " + input
                    + "; normalise fewer axes");
        }
        normalised = input.range(input.rank() - axes, input.rank());
        createScale(normalised);
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (!x.shape().range(Math.max(0, x.rank() - axes), x.rank()).equals(normalised)) {
            throw new ShapeException("layerNorm: expected inputs that end in " + normalised + ", got " + x.shape()
                    + "; feed examples like those of the first use");
        }
        int[] last = IntStream.rangeClosed(1, axes).map(i -> -i).toArray();
        Tensor centred = x.sub(x.meanKeep(last));
        return scaled(centred.mul(centred.square().meanKeep(last).add(epsilon()).rsqrt()));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("layerNorm").with("axes", axes));
    }

    /** Made again from its description. */
    public static LayerNorm of(Config config) {
        return new LayerNorm().axes(config.integer("axes")).options(config);
    }
}
