package dev.lamina.nn.layers;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/** All axes of an example in one, in row-major order. Input (N, ...), output (N, product of the other axes). */
public final class Flatten extends Layer {
    /** The layer. */
    public Flatten() {}

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() == 0) {
            throw new ShapeException("flatten: expected inputs (N, ...), got a scalar; add an axis of examples");
        }
        return x.rank() == 1 ? x.unsqueeze(1) : x.flatten(1, -1);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("flatten"));
    }
}
