package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Normalises each channel: y = gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe and Szegedy 2015).
 *
 * <p>In training mean and variance are those of the batch, over all axes but that of the channels, and the running values move:
 * running = (1 - momentum) running + momentum batch. The batch is normalised with its biased variance (divided by n); the
 * running variance takes the unbiased one (divided by n - 1). Masked steps of a sequence do not count. In inference, and when the layer is frozen, the running values are
 * used. Momentum is that of PyTorch: 0.1 here is 0.9 in Keras. Epsilon is
 * 1e-5 unless said otherwise.
 *
 * <p>Input and output (N, ..., C), or with the channels on another axis. Variables: {@code gamma}, {@code beta}, {@code
 * running_mean}, {@code running_variance} (C,), {@code batches} ().
 */
public final class BatchNorm extends Normalization<BatchNorm> {
    private int axis = -1;
    private double momentum = 0.1;
    private boolean cumulative;
    private boolean restarts;
    private @Nullable Variable runningMean;
    private @Nullable Variable runningVariance;
    private @Nullable Variable batches;

    /** A layer that normalises the last axis' channels. */
    public BatchNorm() {
        super(1e-5, true);
    }

    /** The axis of the channels; -1, the last, unless said otherwise. Pass 1 for channels-first images. */
    public BatchNorm axis(int axis) {
        requireNotBuilt("axis");
        this.axis = axis;
        return this;
    }

    /** The share of the newest batch in the running values; 0.1 unless said otherwise. */
    public BatchNorm momentum(double momentum) {
        requireNotBuilt("momentum");
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new LaminaException("batchNorm: expected a momentum from 0 to 1, got " + momentum + "; 0.1 is usual");
        }
        this.momentum = momentum;
        return this;
    }

    /** Running values are the plain average of all batches so far, instead of one with momentum. */
    public BatchNorm cumulative() {
        requireNotBuilt("cumulative");
        cumulative = true;
        return this;
    }

    /**
     * Begins a pass that computes the running values anew, in which all batches count alike; see {@link
     * dev.lamina.nn.Model#refreshStatistics}.
     *
     * @return the values to begin with
     */
    public Map<Variable, Tensor> restart() {
        restarts = true;
        Variable mean = built(runningMean);
        Variable variance = built(runningVariance);
        Variable count = built(batches);
        return Map.of(
                mean, mean.value().zerosLike(),
                variance, variance.value().onesLike(),
                count, count.value().zerosLike());
    }

    /** Ends that pass. */
    public void restarted() {
        restarts = false;
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() < 2) {
            throw new ShapeException(
                    "batchNorm: expected inputs (N, ..., C), got " + input + "; add an axis of examples");
        }
        Shape channels = Shape.of(input.dim(axis));
        createScale(channels);
        runningMean = state("running_mean", Tensor.zeros(dtype(), channels));
        runningVariance = state("running_variance", Tensor.ones(dtype(), channels));
        batches = state("batches", Tensor.zeros(DType.I64, Shape.of()));
    }

    @Override
    protected Tensor forward(Tensor x) {
        Variable means = built(runningMean);
        Variable variances = built(runningVariance);
        int channel = x.shape().axis(axis);
        if (x.rank() < 2 || x.dim(channel) != means.shape().dim(0)) {
            throw new ShapeException(
                    "batchNorm: expected inputs with " + means.shape().dim(0) + " channels on axis " + axis + ", got "
                            + x.shape() + "; feed examples like those of the first use");
        }
        if (!training() || isFrozen()) {
            return normalise(x, channel, value(means), value(variances));
        }
        long count = x.size() / Math.max(x.dim(channel), 1);
        if (count < 2) {
            throw new ShapeException("batchNorm: expected 2 or more values for each channel in training, got " + count
                    + "; use larger batches, or dropLast() where only the last one is that small");
        }
        int[] others = IntStream.range(0, x.rank()).filter(i -> i != channel).toArray();
        Moments batch = mask(x).filter(mask -> mask.rank() <= channel)
                .map(mask -> moments(x, Inputs.wide(mask, x), count, others))
                .orElseGet(() -> {
                    Tensor variance = x.var(0, others);
                    return new Moments(x.mean(others), variance, variance.mul((double) count / (count - 1)));
                });
        updateRunning(batch.mean.stopGradient(), batch.unbiased.stopGradient());
        return normalise(x, channel, batch.mean, batch.variance);
    }

    /** Of a batch, for each channel. */
    private record Moments(Tensor mean, Tensor variance, Tensor unbiased) {}

    /** Those of the steps that count; {@code all} counts all. */
    private static Moments moments(Tensor x, Tensor real, long all, int... others) {
        Tensor count = real.cast(x.dtype()).sum().mul((double) all / real.size());
        Tensor some = count.clampMin(1);
        Tensor mean = real.where(x, x.zerosLike()).sumKeep(others).div(some);
        Tensor squares = real.where(x.sub(mean).square(), x.zerosLike()).sum(others);
        return new Moments(
                mean.squeeze(others),
                squares.div(some),
                squares.div(count.sub(1).clampMin(1)));
    }

    private Tensor normalise(Tensor x, int channel, Tensor mean, Tensor variance) {
        int[] dims = new int[x.rank()];
        Arrays.fill(dims, 1);
        dims[channel] = x.dim(channel);
        Tensor y = x.sub(mean.reshape(dims)).mul(variance.add(epsilon()).rsqrt().reshape(dims));
        return scaled(y, dims);
    }

    private void updateRunning(Tensor mean, Tensor unbiased) {
        Variable counter = built(batches);
        Tensor seen = value(counter).add(1);
        update(counter, seen);
        updateRunning(built(runningMean), mean, seen);
        updateRunning(built(runningVariance), unbiased, seen);
    }

    private void updateRunning(Variable running, Tensor batch, Tensor seen) {
        Tensor before = value(running);
        Tensor after = cumulative || restarts
                ? before.add(batch.sub(before).div(seen.cast(running.dtype())))
                : before.mul(1 - momentum).add(batch.mul(momentum));
        update(running, after);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("batchNorm")
                .with("axis", axis)
                .with("momentum", momentum)
                .with("cumulative", cumulative));
    }

    /** Made again from its description. */
    public static BatchNorm of(Config config) {
        BatchNorm norm = new BatchNorm()
                .axis(config.integer("axis"))
                .momentum(config.number("momentum"))
                .options(config);
        norm.cumulative = config.flag("cumulative");
        return norm;
    }
}
