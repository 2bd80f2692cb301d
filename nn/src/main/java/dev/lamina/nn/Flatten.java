package dev.lamina.nn;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import java.util.Optional;

/** All axes of an example in one, in row-major order. Input (N, ...), output (N, product of the other axes). */
public final class Flatten extends Layer {
    Flatten() {}

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() == 0) {
            throw new ShapeException("flatten: expected inputs (N, ...), got a scalar; add an axis of examples");
        }
        return x.rank() == 1 ? x.unsqueeze(1) : x.flatten(1, -1);
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("flatten"));
    }
}
