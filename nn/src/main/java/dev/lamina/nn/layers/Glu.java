package dev.lamina.nn.layers;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/**
 * One half of the last axis decides how much of the other half passes: y = a f(b) for x = (a, b) (Dauphin and others 2016). The
 * gate f is sigmoid (GLU), or silu (SwiGLU), gelu (GEGLU) and relu (ReGLU) of Shazeer 2020.
 *
 * <p>Input (..., 2 D), output (..., D).
 */
public final class Glu extends Layer {
    private final Activation gate;

    /** A layer with this gate. */
    public Glu(Activation gate) {
        this.gate = gate;
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() == 0 || x.dim(-1) % 2 != 0) {
            throw new ShapeException("glu: expected inputs (..., 2 D), got " + x.shape()
                    + "; give the layer before an even number of units");
        }
        int half = x.dim(-1) / 2;
        return x.narrow(-1, 0, half).mul(gate.of(x.narrow(-1, half, half)));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("glu").with("gate", gate));
    }

    /** Made again from its description. */
    public static Glu of(Config config) {
        return new Glu(config.activation("gate"));
    }
}
