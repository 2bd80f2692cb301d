package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Layers with a way around them: y = shortcut(x) + body(x) (He and others 2016). The shortcut is x itself unless {@link #shortcut}
 * says otherwise.
 *
 * <p>Input (N, ...), output that of the layers; without a shortcut layer it has the shape of the input.
 */
public final class Residual extends Layer {
    private final List<Layer> body = new ArrayList<>();
    private @Nullable Layer shortcut;

    /** The layers that are gone around, one after the other. */
    public Residual(Layer... layers) {
        if (layers.length == 0) {
            throw new LaminaException("residual: expected one or more layers, got none; pass for example dense(10)");
        }
        for (Layer layer : layers) {
            body.add(child("layer_" + (body.size() + 1), layer));
        }
    }

    /** A layer on the way around, for example a dense one where the number of features changes. */
    public Residual shortcut(Layer layer) {
        requireNotBuilt("shortcut");
        shortcut = child("shortcut", layer);
        return this;
    }

    @Override
    protected Tensor forward(Tensor x) {
        Tensor y = x;
        for (Layer layer : body) {
            y = layer.apply(y);
        }
        Tensor around = shortcut == null ? x : shortcut.apply(x);
        if (!y.shape().equals(around.shape())) {
            throw new ShapeException("residual: expected layers that give the shape of the way around " + around.shape()
                    + ", got " + y.shape() + "; add a shortcut(...) layer, or change the last layer");
        }
        return around.add(y);
    }

    @Override
    public Optional<Config> config() {
        List<Config> layers =
                body.stream().flatMap(layer -> layer.config().stream()).toList();
        Config config = Config.of("residual").with("layers", layers);
        if (layers.size() < body.size()) {
            return Optional.empty();
        }
        return shortcut == null
                ? Optional.of(config)
                : shortcut.config().map(around -> config.with("shortcut", around));
    }

    /** Made again from its description. */
    public static Residual of(Config config) {
        Residual residual = new Residual(config.layers("layers").toArray(Layer[]::new));
        return config.has("shortcut") ? residual.shortcut(config.layer("shortcut")) : residual;
    }
}
