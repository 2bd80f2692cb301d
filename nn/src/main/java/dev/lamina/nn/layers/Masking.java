package dev.lamina.nn.layers;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/**
 * Masks the steps whose features all have one value, such as 0 for padding; layers behind leave them out.
 *
 * <p>Input and output (N, T, C); masked steps are 0 in the output.
 */
public final class Masking extends Layer {
    private final double padding;

    /** A layer for this padding. */
    public Masking(double padding) {
        this.padding = padding;
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() < 3) {
            throw new ShapeException("masking: expected inputs (N, T, C), got " + x.shape()
                    + "; for indices use embedding(...).maskPadding()");
        }
        Tensor some = x.ne(padding);
        while (some.rank() > 2) {
            some = some.any(-1);
        }
        Tensor real = mask(x).map(some::logicalAnd).orElse(some);
        return masked(Inputs.zeroed(x, real), real);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("masking").with("padding", padding));
    }

    /** Made again from its description. */
    public static Masking of(Config config) {
        return new Masking(config.number("padding"));
    }
}
