package dev.lamina.nn.layers;

import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Optional;

/**
 * The largest or the mean of each window of sequences (N, T, C), images (N, H, W, C) or volumes (N, D, H, W, C), or of each of so many
 * parts. Output (N, P..., C), P as of {@link Tensor#maxPool(Slide, int...)} and {@link Tensor#adaptiveMaxPool}. Windows lie next to each
 * other unless {@link #slide} says otherwise.
 */
public final class Pooling extends Layer {
    /** What becomes of a window. */
    public enum Kind {
        /** The largest. */
        MAX,
        /** The mean. */
        AVERAGE,
        /** The largest of each of so many parts. */
        ADAPTIVE_MAX,
        /** The mean of each of so many parts. */
        ADAPTIVE_AVERAGE
    }

    private final Kind kind;
    private final int[] window;
    private final String label;
    private Slide slide;

    /**
     * A layer.
     *
     * @param axes number of spatial axes
     * @param window extent of windows, or number of parts, along each axis or for all
     */
    public Pooling(Kind kind, int axes, int... window) {
        this.kind = kind;
        String name = switch (kind) {
            case MAX -> "maxPool";
            case AVERAGE -> "avgPool";
            case ADAPTIVE_MAX -> "adaptiveMaxPool";
            case ADAPTIVE_AVERAGE -> "adaptiveAvgPool";
        };
        label = name + axes + "d";
        this.window = Sliding.each(label, "window", axes, 1, window);
        slide = Slide.by(this.window);
    }

    /** How windows slide: strides, dilations, padding. Not for adaptive pooling. */
    public Pooling slide(Slide slide) {
        this.slide = slide;
        return this;
    }

    /** Windows next to each other, padded so that the output has ceil(extent / stride) positions. */
    public Pooling same() {
        return slide(slide.same());
    }

    @Override
    protected Tensor forward(Tensor x) {
        Sliding.requireAxes(label, x.shape(), window.length);
        return switch (kind) {
            case MAX -> x.maxPool(slide, window);
            case AVERAGE -> x.avgPool(slide, window);
            case ADAPTIVE_MAX -> x.adaptiveMaxPool(window);
            case ADAPTIVE_AVERAGE -> x.adaptiveAvgPool(window);
        };
    }

    @Override
    protected boolean passesMask() {
        return false;
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of("pooling").with("kind", kind.name()).with("window", Sliding.numbers(window));
        return Optional.of(Sliding.into(config, slide));
    }

    /** Made again from its description. */
    public static Pooling of(Config config) {
        int[] window = Sliding.integers(config, "window");
        return new Pooling(Kind.valueOf(config.text("kind")), window.length, window).slide(Sliding.from(config));
    }
}
