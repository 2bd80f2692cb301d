package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Layers one after the other: each gets the output of the one before. They are named {@code dense_1}, {@code dense_2} ... */
public final class Sequential extends Model {
    private final List<Layer> layers = new ArrayList<>();

    private Sequential() {}

    /** A model of these layers, in order. */
    public static Sequential of(Layer... layers) {
        if (layers.length == 0) {
            throw new LaminaException("sequential: expected one or more layers, got none; pass for example dense(10)");
        }
        Sequential model = new Sequential();
        Map<String, Integer> counts = new HashMap<>();
        for (Layer layer : layers) {
            int number = counts.merge(layer.typeName(), 1, Integer::sum);
            model.layers.add(model.child(layer.typeName() + "_" + number, layer));
        }
        return model;
    }

    /** The layers in order. */
    public List<Layer> layers() {
        return List.copyOf(layers);
    }

    @Override
    protected Tensor forward(Tensor x) {
        Tensor y = x;
        for (Layer layer : layers) {
            y = layer.apply(y);
        }
        return y;
    }

    @Override
    public Optional<Config> config() {
        List<Config> configs = new ArrayList<>();
        for (Layer layer : layers) {
            Optional<Config> config = layer.config();
            if (config.isEmpty()) {
                return Optional.empty();
            }
            configs.add(config.get());
        }
        return Optional.of(Config.of("sequential").with("layers", configs));
    }

    static Sequential of(Config config) {
        return of(config.layers("layers").toArray(Layer[]::new));
    }
}
