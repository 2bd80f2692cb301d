package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Constraint;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.ParameterOptions;
import dev.lamina.nn.Regularizer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * x for x above 0, else alpha x, with a trained alpha for each channel (He and others 2015).
 *
 * <p>Input and output (N, ..., C). Variable: {@code alpha} (C,), or (1,) when {@link #shared()}; first 0.25.
 */
public final class Prelu extends Layer {
    private boolean shared;
    private ParameterOptions options = ParameterOptions.of(Initializers.constant(0.25));
    private @Nullable Variable alpha;

    /** A layer with an alpha for each channel. */
    public Prelu() {}

    /** One alpha for all channels. */
    public Prelu shared() {
        requireNotBuilt("shared");
        shared = true;
        return this;
    }

    private Prelu options(ParameterOptions options) {
        requireNotBuilt("options of alpha");
        this.options = options;
        return this;
    }

    /** The rule for the first alpha. */
    public Prelu initializer(Initializer initializer) {
        return options(options.with(initializer));
    }

    /** Adds a penalty of alpha to the loss. */
    public Prelu regularizer(Regularizer regularizer) {
        return options(options.with(regularizer));
    }

    /** Keeps alpha where it shall be, after each step of an optimizer. */
    public Prelu constraint(Constraint constraint) {
        return options(options.with(constraint));
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() == 0) {
            throw new ShapeException("prelu: expected inputs (..., C), got a scalar; reshape it to (1,)");
        }
        alpha = parameter("alpha", Shape.of(shared ? 1 : input.dim(-1)), options);
    }

    @Override
    protected Tensor forward(Tensor x) {
        Variable slope = built(alpha);
        if (!shared && (x.rank() == 0 || x.dim(-1) != slope.shape().dim(0))) {
            throw new ShapeException("prelu: expected inputs (..., "
                    + slope.shape().dim(0) + "), got " + x.shape() + "; feed examples like those of the first use");
        }
        return x.gt(0).where(x, x.mul(value(slope)));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options.into(Config.of("prelu").with("shared", shared), "alpha"));
    }

    /** Made again from its description. */
    public static Prelu of(Config config) {
        Prelu prelu = new Prelu();
        prelu.shared = config.flag("shared");
        return prelu.options(prelu.options.from(config, "alpha"));
    }
}
