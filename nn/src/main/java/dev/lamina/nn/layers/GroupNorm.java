package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.Optional;

/**
 * Normalises each example over groups of its channels and all positions: y = gamma (x - mean) / sqrt(variance + epsilon) + beta,
 * with the biased variance (Wu and He 2018). With as many groups as channels it is instance normalisation (Ulyanov and others
 * 2016), which {@code instanceNorm()} makes. Masked steps of a sequence do not count. Epsilon is 1e-5 unless said otherwise.
 *
 * <p>Input and output (N, ..., C), or with the channels on another axis. Variables: {@code gamma}, {@code beta} (C,).
 */
public final class GroupNorm extends Normalization<GroupNorm> {
    private static final int ALL = 0;

    private final int groups;
    private int axis = -1;
    private int channels;

    private GroupNorm(int groups, boolean checked) {
        super(1e-5, true);
        if (checked && groups < 1) {
            throw new LaminaException("groupNorm: expected 1 or more groups, got " + groups + "; 32 is usual");
        }
        this.groups = groups;
    }

    /** A layer of so many groups of neighbouring channels. */
    public GroupNorm(int groups) {
        this(groups, true);
    }

    /** A layer in which each channel is a group. */
    public static GroupNorm instance() {
        return new GroupNorm(ALL, false);
    }

    /** The axis of the channels; -1, the last, unless said otherwise. Pass 1 for channels-first images. */
    public GroupNorm axis(int axis) {
        requireNotBuilt("axis");
        this.axis = axis;
        return this;
    }

    @Override
    protected String typeName() {
        return groups == ALL ? "instance_norm" : "group_norm";
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() < 2 || input.axis(axis) == 0) {
            throw new ShapeException(
                    typeName() + ": expected inputs (N, ..., C), got " + input + "; add an axis of examples");
        }
        channels = input.dim(axis);
        if (groups != ALL && channels % groups != 0) {
            throw new ShapeException(typeName() + ": expected channels in " + groups + " equal groups, got " + channels
                    + " channels in " + input + "; choose a divisor of " + channels);
        }
        createScale(Shape.of(channels));
    }

    @Override
    protected Tensor forward(Tensor x) {
        int channel = x.rank() < 2 ? 0 : x.shape().axis(axis);
        if (channel == 0 || x.dim(channel) != channels) {
            throw new ShapeException(typeName() + ": expected inputs with " + channels + " channels on axis " + axis
                    + ", got " + x.shape() + "; feed examples like those of the first use");
        }
        // The channels come second, so that a group is one run of elements.
        Tensor first = x.moveAxis(channel, 1);
        int count = groups == ALL ? channels : groups;
        int size = Math.toIntExact(x.shape().range(1, x.rank()).size() / count);
        Tensor grouped = first.reshape(x.dim(0), count, size);
        Optional<Tensor> real = mask(x).filter(mask -> mask.rank() <= channel)
                .map(mask -> Inputs.wide(mask, x)
                        .expand(x.shape().dims())
                        .moveAxis(channel, 1)
                        .reshape(x.dim(0), count, size));
        Tensor centred = grouped.sub(mean(grouped, real));
        Tensor y = centred.mul(mean(centred.square(), real).add(epsilon()).rsqrt());
        int[] dims = new int[x.rank()];
        Arrays.fill(dims, 1);
        dims[channel] = channels;
        return scaled(y.reshape(first.shape().dims()).moveAxis(1, channel), dims);
    }

    /** Over the elements of a group, or over those that count. */
    private static Tensor mean(Tensor x, Optional<Tensor> real) {
        return real.map(some -> some.where(x, x.zerosLike())
                        .sumKeep(-1)
                        .div(some.cast(x.dtype()).sumKeep(-1).clampMin(1)))
                .orElseGet(() -> x.meanKeep(-1));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("groupNorm").with("groups", groups).with("axis", axis));
    }

    /** Made again from its description. */
    public static GroupNorm of(Config config) {
        return new GroupNorm(config.integer("groups"), false)
                .axis(config.integer("axis"))
                .options(config);
    }
}
