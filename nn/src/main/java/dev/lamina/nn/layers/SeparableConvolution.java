package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Constraint;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.ParameterOptions;
import dev.lamina.nn.Regularizer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution, then a pointwise one (Chollet 2017): y = activation((x * depthwise) kernel + bias). Needs about as many
 * times fewer multiplications than a plain layer as the window has positions.
 *
 * <p>Input (N, S..., C), output (N, P..., O). Variables: {@code depthwise} (T..., 1, C multiplier), first Glorot uniform;
 * {@code kernel} (1..., C multiplier, O), {@code bias} (O).
 */
public final class SeparableConvolution extends KernelLayer<SeparableConvolution> {
    private final int filters;
    private final int[] window;
    private final String label;
    private int multiplier = 1;
    private Slide slide = Slide.by(1);
    private ParameterOptions depthwiseOptions = ParameterOptions.of(Initializers.glorotUniform());
    private @Nullable Variable depthwise;

    /**
     * A layer.
     *
     * @param filters number of output channels
     * @param axes number of spatial axes
     * @param window extent of the depthwise kernel along each axis, or one for all
     */
    public SeparableConvolution(int filters, int axes, int... window) {
        label = "separableConv" + axes + "d";
        this.filters = filters;
        this.window = Sliding.each(label, "window", axes, 1, window);
        if (filters < 1) {
            throw new LaminaException(
                    label + ": expected 1 or more filters, got " + filters + "; pass the number of output channels");
        }
    }

    /** How the depthwise windows slide: strides, dilations, padding. */
    public SeparableConvolution slide(Slide slide) {
        requireNotBuilt("slide");
        this.slide = slide;
        return this;
    }

    /** Padding so that the output has ceil(extent / stride) positions. */
    public SeparableConvolution same() {
        return slide(slide.same());
    }

    /** Depthwise results for each channel; 1 unless said otherwise. */
    public SeparableConvolution multiplier(int multiplier) {
        requireNotBuilt("multiplier");
        if (multiplier < 1) {
            throw new LaminaException(
                    label + ": expected a multiplier of 1 or more, got " + multiplier + "; 1 is usual");
        }
        this.multiplier = multiplier;
        return this;
    }

    private SeparableConvolution depthwiseOptions(ParameterOptions options) {
        requireNotBuilt("options of the depthwise kernel");
        depthwiseOptions = options;
        return this;
    }

    /** The rule for the first depthwise kernel. */
    public SeparableConvolution depthwiseInitializer(Initializer initializer) {
        return depthwiseOptions(depthwiseOptions.with(initializer));
    }

    /** Adds a penalty of the depthwise kernel to the loss. */
    public SeparableConvolution depthwiseRegularizer(Regularizer regularizer) {
        return depthwiseOptions(depthwiseOptions.with(regularizer));
    }

    /** Keeps the depthwise kernel where it shall be, after each step of an optimizer. */
    public SeparableConvolution depthwiseConstraint(Constraint constraint) {
        return depthwiseOptions(depthwiseOptions.with(constraint));
    }

    /** The depthwise kernel. */
    public Variable depthwise() {
        return built(depthwise);
    }

    @Override
    protected void build(Shape input) {
        Sliding.requireAxes(label, input, window.length);
        int channels = input.dim(-1);
        int[] deep = Arrays.copyOf(window, window.length + 2);
        deep[window.length] = 1;
        deep[window.length + 1] = channels * multiplier;
        depthwise = parameter("depthwise", Shape.of(deep), depthwiseOptions);
        int[] point = new int[window.length + 2];
        Arrays.fill(point, 1);
        point[window.length] = channels * multiplier;
        point[window.length + 1] = filters;
        createKernel(Shape.of(point), Shape.of(filters));
    }

    @Override
    protected Tensor forward(Tensor x) {
        Variable deep = built(depthwise);
        int channels = deep.shape().dim(-1) / multiplier;
        Sliding.requireChannels(label, x.shape(), window.length, channels);
        Tensor real = mask(x).map(mask -> Inputs.zeroed(x, mask)).orElse(x);
        Tensor each = real.conv(value(deep), slide.groups(Math.max(channels, 1)));
        Shape rows = kernel().shape().range(window.length, window.length + 2);
        return finish(each.matmul(kernelValue().reshape(rows)));
    }

    @Override
    public Optional<Config> config() {
        Config config = options("separableConvolution")
                .with("filters", filters)
                .with("window", Sliding.numbers(window))
                .with("multiplier", multiplier);
        return Optional.of(Sliding.into(depthwiseOptions.into(config, "depthwise"), slide));
    }

    /** Made again from its description. */
    public static SeparableConvolution of(Config config) {
        int[] window = Sliding.integers(config, "window");
        SeparableConvolution layer = new SeparableConvolution(config.integer("filters"), window.length, window);
        return layer.depthwiseOptions(layer.depthwiseOptions.from(config, "depthwise"))
                .multiplier(config.integer("multiplier"))
                .slide(Sliding.from(config))
                .options(config);
    }
}
