package dev.lamina.nn.layers;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Arrays;
import java.util.Optional;

/** Zeros around the spatial axes of (N, S..., C), or so many positions cut off: (N, S +- before +- after..., C). */
public final class Border extends Layer {
    private final boolean crops;
    private final int[] before;
    private final int[] after;
    private final String label;

    /**
     * A layer.
     *
     * @param crops whether positions are cut off rather than added
     * @param axes number of spatial axes
     * @param before positions in front, for each axis or one for all
     * @param after positions behind, for each axis or one for all
     */
    public Border(boolean crops, int axes, int[] before, int[] after) {
        this.crops = crops;
        label = (crops ? "cropping" : "zeroPadding") + axes + "d";
        this.before = Sliding.each(label, "border", axes, 0, before);
        this.after = Sliding.each(label, "border", axes, 0, after);
    }

    @Override
    protected Tensor forward(Tensor x) {
        Sliding.requireAxes(label, x.shape(), before.length);
        Tensor result = x;
        if (crops) {
            for (int i = 0; i < before.length; i++) {
                int left = x.dim(i + 1) - before[i] - after[i];
                if (left < 1) {
                    throw new ShapeException(label + ": expected more than " + (before[i] + after[i])
                            + " positions on axis " + (i + 1) + ", got " + x.shape() + "; crop less");
                }
                result = result.narrow(i + 1, before[i], left);
            }
            return result;
        }
        int[] front = new int[x.rank()];
        int[] behind = new int[x.rank()];
        System.arraycopy(before, 0, front, 1, before.length);
        System.arraycopy(after, 0, behind, 1, after.length);
        return x.pad(front, behind, 0);
    }

    @Override
    protected boolean passesMask() {
        return Arrays.stream(before).sum() + Arrays.stream(after).sum() == 0;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("border")
                .with("crops", crops)
                .with("before", Sliding.numbers(before))
                .with("after", Sliding.numbers(after)));
    }

    /** Made again from its description. */
    public static Border of(Config config) {
        int[] before = Sliding.integers(config, "before");
        return new Border(config.flag("crops"), before.length, before, Sliding.integers(config, "after"));
    }
}
