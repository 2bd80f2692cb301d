package dev.lamina.nn;

import dev.lamina.core.DataException;
import dev.lamina.nn.layers.ActivationLayer;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Dropout;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.Flatten;
import dev.lamina.nn.layers.LayerNorm;
import java.util.Arrays;

/** Makes the ready layers from their descriptions. */
final class Catalogue {
    private Catalogue() {}

    static Layer layer(Config config) {
        return switch (config.type()) {
            case "dense" -> Dense.of(config);
            case "dropout" -> Dropout.of(config);
            case "flatten" -> new Flatten();
            case "activation" -> ActivationLayer.of(config);
            case "batchNorm" -> BatchNorm.of(config);
            case "layerNorm" -> LayerNorm.of(config);
            case "embedding" -> Embedding.of(config);
            case "network" -> Network.of(config);
            case "sequential" -> Sequential.of(config);
            default -> throw unknown("layer", config.type());
        };
    }

    static Activation activation(String label) {
        return Arrays.stream(Activation.values())
                .filter(activation -> activation.label().equals(label))
                .findFirst()
                .orElseThrow(() -> unknown("activation", label));
    }

    static DataException unknown(String what, String name) {
        return new DataException("model file: expected a known " + what + ", got '" + name
                + "'; make the model in code and call loadWeights, or use a newer release");
    }
}
