package dev.lamina.nn.layers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/** An activation as a layer of its own. Input and output (...). */
public final class ActivationLayer extends Layer {
    private final Activation activation;

    /** A layer of this function. */
    public ActivationLayer(Activation activation) {
        this.activation = activation;
    }

    @Override
    protected Tensor forward(Tensor x) {
        return activation.of(Inputs.requireFloats("activation", x));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("activation").with("activation", activation));
    }

    /** Made again from its description. */
    public static ActivationLayer of(Config config) {
        return new ActivationLayer(config.activation("activation"));
    }
}
