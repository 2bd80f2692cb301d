package dev.lamina.nn;

import dev.lamina.core.Tensor;
import java.util.Optional;

/** An activation as a layer of its own. Input and output (...). */
public final class ActivationLayer extends Layer {
    private final Activation activation;

    ActivationLayer(Activation activation) {
        this.activation = activation;
    }

    @Override
    protected Tensor forward(Tensor x) {
        return activation.of(x);
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("activation").with("activation", activation.label()));
    }

    static ActivationLayer of(Config config) {
        return new ActivationLayer(Catalogue.activation(config.text("activation")));
    }
}
