package dev.lamina.nn.layers;

import dev.lamina.core.Tensor;
import dev.lamina.core.Windows.Interpolation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/**
 * Enlarges the spatial axes by whole factors: (N, S..., C) to (N, S factor..., C), each element repeated, or with {@link #linear} by
 * interpolation between the centres ({@link Tensor#interpolate}).
 */
public final class UpSampling extends Layer {
    private final int[] factors;
    private final String label;
    private Interpolation interpolation = Interpolation.NEAREST;

    /**
     * A layer.
     *
     * @param axes number of spatial axes
     * @param factors for each axis, or one for all
     */
    public UpSampling(int axes, int... factors) {
        label = "upSampling" + axes + "d";
        this.factors = Sliding.each(label, "factor", axes, 1, factors);
    }

    /** Interpolates between positions (bilinear, for images). */
    public UpSampling linear() {
        interpolation = Interpolation.LINEAR;
        return this;
    }

    @Override
    protected Tensor forward(Tensor x) {
        Sliding.requireAxes(label, x.shape(), factors.length);
        int[] size = factors.clone();
        for (int i = 0; i < size.length; i++) {
            size[i] = Math.multiplyExact(size[i], x.dim(i + 1));
        }
        return x.interpolate(interpolation, size);
    }

    @Override
    protected boolean passesMask() {
        return false;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("upSampling")
                .with("factors", Sliding.numbers(factors))
                .with("linear", interpolation == Interpolation.LINEAR));
    }

    /** Made again from its description. */
    public static UpSampling of(Config config) {
        int[] factors = Sliding.integers(config, "factors");
        UpSampling made = new UpSampling(factors.length, factors);
        return config.flag("linear") ? made.linear() : made;
    }
}
