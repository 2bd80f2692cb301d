package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import java.util.Optional;

/**
 * The share of right answers.
 *
 * <p>Integer labels (N, ...) for predictions (N, ..., C): the largest class is the answer. Targets of the shape of the
 * predictions: with a binary loss or one output each element is an answer of yes or no, else the largest class is compared with
 * the largest target. Of equal values the first counts.
 */
public final class Accuracy extends Weighable {
    private final int first;
    private final double threshold;
    private final Optional<Loss> loss;

    /** With answers of yes above 0.5, until a loss says otherwise. */
    public Accuracy() {
        this(1, Double.NaN, Optional.empty());
    }

    private Accuracy(int first, double threshold, Optional<Loss> loss) {
        this.first = first;
        this.threshold = threshold;
        this.loss = loss;
    }

    /** The label shall be among the k classes with the largest values. */
    public Accuracy top(int k) {
        if (k < 1) {
            throw new LaminaException("accuracy: expected 1 or more classes, got " + k + "; top(5) is usual");
        }
        return new Accuracy(k, threshold, loss);
    }

    /** Answers are yes above this prediction. */
    public Accuracy threshold(double prediction) {
        return new Accuracy(first, prediction, loss);
    }

    @Override
    public Metric forLoss(Loss other) {
        return new Accuracy(first, threshold, Optional.of(other));
    }

    @Override
    public String name() {
        return first == 1 ? "accuracy" : "top" + first + "Accuracy";
    }

    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor right = first > 1 && !cases.binary()
                ? among(cases)
                : (Double.isNaN(threshold) ? cases.answers() : cases.answers(threshold)).eq(cases.labels());
        return sumAndCount(cases.kept(right.cast(DType.F32)).sum(), cases.count(DType.F32));
    }

    /** Fewer than k classes come before the label: larger ones, and equal ones with a smaller number. */
    private Tensor among(Cases cases) {
        if (first > cases.classes()) {
            throw new ShapeException(name() + ": expected predictions of " + first + " or more classes, got "
                    + cases.predictions().shape() + "; ask for fewer, every label is among these");
        }
        Tensor p = cases.predictions();
        Tensor own = cases.hits().where(p, p.zerosLike()).sumKeep(1);
        Tensor earlier =
                Tensor.arange(DType.I64, cases.classes()).lt(cases.labels().unsqueeze(1));
        Tensor before = p.gt(own).logicalOr(p.eq(own).logicalAnd(earlier));
        return before.cast(DType.F32).sum(1).lt(first);
    }

    @Override
    protected double value(double[] sums) {
        return sums[0] / sums[1];
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of("accuracy").with("top", first);
        return Optional.of(Double.isNaN(threshold) ? config : config.with("threshold", threshold));
    }

    /** Makes a saved one again. */
    public static Accuracy of(Config config) {
        return new Accuracy().top((int) config.number("top", 1)).threshold(config.number("threshold", Double.NaN));
    }
}
