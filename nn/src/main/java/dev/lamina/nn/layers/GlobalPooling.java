package dev.lamina.nn.layers;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The largest or the mean over all positions: (N, S..., C) to (N, C). Where a sequence (N, T, C) has a mask, only real steps count;
 * without any, the mean is 0 and the largest minus infinity.
 */
public final class GlobalPooling extends Layer {
    private final boolean max;

    /** A layer that takes the largest, or the mean. */
    public GlobalPooling(boolean max) {
        this.max = max;
    }

    @Override
    protected Tensor forward(Tensor x) {
        String label = max ? "globalMaxPool" : "globalAvgPool";
        if (x.rank() < 3) {
            throw new ShapeException(label + ": expected inputs (N, S..., C) with one or more spatial axes, got "
                    + x.shape() + "; leave the layer out");
        }
        int[] axes = IntStream.range(1, x.rank() - 1).toArray();
        Optional<Tensor> mask = mask(x);
        if (mask.isEmpty()) {
            return max ? x.max(axes) : x.mean(axes);
        }
        Tensor real = mask.get().unsqueeze(-1);
        if (max) {
            return real.where(x, Double.NEGATIVE_INFINITY).max(axes);
        }
        Tensor count = real.cast(x.dtype()).sum(axes).maximum(Tensor.constant(x.dtype(), 1));
        return real.where(x, 0.0).sum(axes).div(count);
    }

    @Override
    protected boolean passesMask() {
        return false;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("globalPooling").with("max", max));
    }

    /** Made again from its description. */
    public static GlobalPooling of(Config config) {
        return new GlobalPooling(config.flag("max"));
    }
}
