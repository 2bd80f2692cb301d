package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import java.util.Optional;

/**
 * The share of right answers.
 *
 * <p>Integer labels (N, ...) for predictions (N, ..., C): the largest class is the answer. Targets of the shape of the
 * predictions: with a binary loss or one output each element is an answer of yes or no, else the largest class is compared with
 * the largest target. Of equal values the first counts.
 */
public final class Accuracy extends Metric {
    private final double threshold;
    private final int axis;
    private final Optional<Loss> loss;

    /** With answers of yes above 0.5, until a loss says otherwise. */
    public Accuracy() {
        this(0.5, -1, Optional.empty());
    }

    private Accuracy(double threshold, int axis, Optional<Loss> loss) {
        this.threshold = threshold;
        this.axis = axis;
        this.loss = loss;
    }

    @Override
    public Metric forLoss(Loss other) {
        return new Accuracy(other.threshold(), other.classAxis(), Optional.of(other));
    }

    @Override
    public String name() {
        return "accuracy";
    }

    @Override
    protected Tensor sums(Tensor prediction, Tensor target) {
        boolean binary = loss.map(Loss::isBinary).orElse(false) || prediction.rank() == 0 || prediction.dim(axis) == 1;
        if (prediction.shape().equals(target.shape())) {
            return binary
                    ? shares(prediction.gt(threshold).eq(target.cast(DType.F32).gt(0.5)))
                    : shares(prediction.argmax(axis).eq(target.argmax(axis)));
        }
        if (prediction.rank() == 0 || !prediction.shape().remove(axis).equals(target.shape())) {
            throw new ShapeException("accuracy: expected labels or targets for predictions " + prediction.shape()
                    + ", got " + target.shape() + "; give one label for each row, or targets of the same shape");
        }
        Tensor right = prediction.argmax(axis).eq(target.cast(DType.I64));
        Optional<Long> ignored = loss.flatMap(Accuracy::ignored);
        if (ignored.isEmpty()) {
            return shares(right);
        }
        Tensor counted = target.ne((double) ignored.get());
        return sumAndCount(
                right.logicalAnd(counted).cast(DType.F32).sum(),
                counted.cast(DType.F32).sum());
    }

    private static Optional<Long> ignored(Loss loss) {
        return loss instanceof CategoricalCrossentropy entropy ? entropy.ignored() : Optional.empty();
    }

    private static Tensor shares(Tensor right) {
        return sumAndCount(right.cast(DType.F32).sum(), Tensor.full(DType.F32, (double) right.size(), Shape.of()));
    }

    @Override
    protected double value(double[] sums) {
        return sums[0] / sums[1];
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("accuracy"));
    }
}
