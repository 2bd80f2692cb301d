package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Convolution of sequences (N, T, C), images (N, H, W, C) or volumes (N, D, H, W, C), plain, depthwise or transposed:
 * y = activation(x * kernel + bias) with {@link Tensor#conv} or {@link Tensor#convTranspose}.
 *
 * <p>Output (N, P..., O), P as there. Variables: {@code kernel} (T..., C / groups, O), of a depthwise layer (T..., 1, C multiplier),
 * of a transposed one (T..., O / groups, C), first Glorot uniform; {@code bias} (O), first 0. Strides are 1 and there is no padding
 * unless said otherwise. {@link #fromOihw} brings kernels of PyTorch into this order; Keras has the same order.
 */
public final class Convolution extends KernelLayer<Convolution> {
    /** What is convolved with what. */
    public enum Kind {
        /** All channels of a group with all outputs of it. */
        PLAIN,
        /** Each channel by itself. */
        DEPTHWISE,
        /** The other way round: from outputs to inputs, to enlarge. */
        TRANSPOSED
    }

    private final Kind kind;
    private final int filters;
    private final int[] window;
    private final String label;
    private Slide slide = Slide.by(1);
    private int channels;

    /**
     * A layer.
     *
     * @param filters number of output channels; of a depthwise layer, how many for each input channel
     * @param axes number of spatial axes
     * @param window extent of the kernel along each axis, or one for all
     */
    public Convolution(Kind kind, int filters, int axes, int... window) {
        this.kind = kind;
        this.filters = filters;
        label = switch (kind) {
            case PLAIN -> "conv" + axes + "d";
            case DEPTHWISE -> "depthwiseConv" + axes + "d";
            case TRANSPOSED -> "convTranspose" + axes + "d";
        };
        this.window = Sliding.each(label, "window", axes, 1, window);
        if (filters < 1) {
            throw new LaminaException(
                    label + ": expected 1 or more filters, got " + filters + "; pass the number of output channels");
        }
    }

    private Convolution slide(String option, UnaryOperator<Slide> change) {
        requireNotBuilt(option);
        slide = change.apply(slide);
        return this;
    }

    /** Steps from window to window, for each axis or for all. */
    public Convolution strides(int... strides) {
        return slide(
                "strides",
                old -> new Slide(
                        Arrays.stream(strides).boxed().toList(),
                        old.dilations(),
                        old.padding(),
                        old.before(),
                        old.after(),
                        old.groups(),
                        old.ceiling(),
                        old.countsPadding(),
                        old.outputPadding()));
    }

    /** Steps from tap to tap, for each axis or for all. */
    public Convolution dilations(int... dilations) {
        return slide("dilations", old -> old.dilations(dilations));
    }

    /** Padding so that the output has ceil(extent / stride) positions. */
    public Convolution same() {
        return slide("same", Slide::same);
    }

    /** Padding in front only, so that no output of a sequence sees what comes later. */
    public Convolution causal() {
        return slide("causal", Slide::causal);
    }

    /** So many zeros on both sides, for each axis or for all. */
    public Convolution padding(int... both) {
        return slide("padding", old -> old.padding(both));
    }

    /** So many zeros in front and behind, for each axis or for all. */
    public Convolution padding(int[] before, int[] after) {
        return slide("padding", old -> old.padding(before, after));
    }

    /** Channels in so many groups, each convolved by itself. */
    public Convolution groups(int groups) {
        if (kind == Kind.DEPTHWISE) {
            throw new LaminaException(label + ": expected no number of groups, got " + groups
                    + "; a depthwise layer has one for each channel");
        }
        return slide("groups", old -> old.groups(groups));
    }

    /** So many positions behind the output of a transposed convolution, less than the stride. */
    public Convolution outputPadding(int... positions) {
        return slide("outputPadding", old -> old.outputPadding(positions));
    }

    @Override
    protected void build(Shape input) {
        Sliding.requireAxes(label, input, window.length);
        channels = input.dim(-1);
        if (kind == Kind.DEPTHWISE) {
            slide = slide.groups(Math.max(channels, 1));
        }
        int groups = slide.groups();
        int outputs = kind == Kind.DEPTHWISE ? filters * channels : filters;
        if (channels % groups != 0 || outputs % groups != 0) {
            throw new LaminaException(label + ": expected channels and filters that are divisible by " + groups
                    + " groups, got " + channels + " channels of " + input + " and " + outputs
                    + " filters; choose a number of groups that divides both");
        }
        int[] dims = Arrays.copyOf(window, window.length + 2);
        boolean transposed = kind == Kind.TRANSPOSED;
        dims[window.length] = (transposed ? outputs : channels) / groups;
        dims[window.length + 1] = transposed ? channels : outputs;
        createKernel(Shape.of(dims), Shape.of(outputs));
    }

    @Override
    protected Tensor forward(Tensor x) {
        Sliding.requireChannels(label, x.shape(), window.length, channels);
        Tensor kernel = kernelValue();
        Tensor real = mask(x).map(mask -> Inputs.zeroed(x, mask)).orElse(x);
        return finish(kind == Kind.TRANSPOSED ? real.convTranspose(kernel, slide) : real.conv(kernel, slide));
    }

    /**
     * A kernel in this library's order from PyTorch's: (O, C / groups, T...) to (T..., C / groups, O); of transposed layers
     * (C, O / groups, T...) to (T..., O / groups, C).
     */
    public static Tensor fromOihw(Tensor weight) {
        if (weight.rank() < 3) {
            throw new LaminaException("fromOihw: expected a weight (O, C, T...), got " + weight.shape()
                    + "; pass the weight of a convolution");
        }
        int[] axes = new int[weight.rank()];
        Arrays.setAll(axes, d -> d < axes.length - 2 ? d + 2 : axes.length - 1 - d);
        return weight.permute(axes);
    }

    @Override
    public Optional<Config> config() {
        Config config = options("convolution")
                .with("kind", kind.name())
                .with("filters", filters)
                .with("window", Sliding.numbers(window));
        // The groups of a depthwise layer follow from its first input.
        return Optional.of(Sliding.into(config, kind == Kind.DEPTHWISE ? slide.groups(1) : slide));
    }

    /** Made again from its description. */
    public static Convolution of(Config config) {
        int[] window = Sliding.integers(config, "window");
        Convolution made =
                new Convolution(Kind.valueOf(config.text("kind")), config.integer("filters"), window.length, window);
        made.slide = Sliding.from(config);
        return made.options(config);
    }
}
