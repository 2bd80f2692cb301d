package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;
import java.util.stream.IntStream;

/** A layer applied to each step of a sequence: input (N, T, ...), output (N, T, ...). It has one set of variables. */
public final class TimeDistributed extends Layer {
    private final Layer inner;

    /** The layer for each step. */
    public TimeDistributed(Layer inner) {
        this.inner = child("inner", inner);
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() < 3) {
            throw new ShapeException("timeDistributed: expected inputs (N, T, ...), got " + x.shape()
                    + "; apply the layer inside itself");
        }
        Shape step = x.shape().range(2, x.rank());
        Tensor y = inner.apply(x.reshape(joined(IntStream.of(Math.multiplyExact(x.dim(0), x.dim(1))), step)));
        Tensor steps =
                y.reshape(joined(IntStream.of(x.dim(0), x.dim(1)), y.shape().range(1, y.rank())));
        return mask(x).map(mask -> masked(steps, mask)).orElse(steps);
    }

    private static int[] joined(IntStream first, Shape rest) {
        return IntStream.concat(first, IntStream.of(rest.dims())).toArray();
    }

    @Override
    public Optional<Config> config() {
        return inner.config().map(config -> Config.of("timeDistributed").with("layer", config));
    }

    /** Made again from its description. */
    public static TimeDistributed of(Config config) {
        return new TimeDistributed(config.layer("layer"));
    }
}
