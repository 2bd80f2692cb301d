package dev.lamina.nn.losses;

import dev.lamina.core.DType;
import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Cross-entropy between predicted and true classes: -sum over classes of t log p, p = softmax(scores).
 *
 * <p>Prediction (N, ..., C) scores, unless {@link #fromProbabilities} or {@link #fromLogProbabilities} is said. Target: sparse,
 * integer labels (N, ...); else probabilities t of the shape of the prediction. Result before reduction (N, ...). The mean of the
 * sparse form divides by the sum of the class weights of the labels that count, as PyTorch does.
 *
 * <p>A label that is neither ignored nor from 0 to C - 1 gives NaN; {@link dev.lamina.nn.Model#fit} finds it before training.
 */
public final class CategoricalCrossentropy extends Loss {
    private final boolean sparse;
    private Expected expected = Expected.SCORES;
    private int axis = -1;
    private double smoothing;
    private double[] classWeights = {};
    private double gamma;
    private boolean ignoring;
    private long ignoreIndex;

    /** For integer labels, or for probabilities. */
    public CategoricalCrossentropy(boolean sparse) {
        this.sparse = sparse;
    }

    /** The predictions are probabilities, for example from softmax. */
    public CategoricalCrossentropy fromProbabilities() {
        expected = Expected.PROBABILITIES;
        return this;
    }

    /** The predictions are logarithms of probabilities, for example from logSoftmax. */
    public CategoricalCrossentropy fromLogProbabilities() {
        expected = Expected.LOG_PROBABILITIES;
        return this;
    }

    /** The axis of the classes; -1, the last, unless said otherwise. */
    public CategoricalCrossentropy axis(int axis) {
        this.axis = axis;
        return this;
    }

    /** Moves this share of each target to all classes alike (Szegedy and others 2016); 0 unless said otherwise. */
    public CategoricalCrossentropy labelSmoothing(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new LaminaException(name() + ": expected a share from 0 to 1, got " + share + "; 0.1 is usual");
        }
        smoothing = share;
        return this;
    }

    /** The weight of each class. */
    public CategoricalCrossentropy classWeights(double... weights) {
        for (double weight : weights) {
            Checks.notNegative(name(), "class weight", weight);
        }
        classWeights = weights.clone();
        return this;
    }

    /**
     * Multiplies the term of each class by (1 - p)^gamma, so that what is easy counts less (Lin and others 2017); class weights
     * are their alpha. 0, which is plain cross-entropy, unless said otherwise. The mean divides by the number of labels that count.
     */
    public CategoricalCrossentropy focal(double gamma) {
        this.gamma = Checks.notNegative(name(), "gamma", gamma);
        return this;
    }

    /** Examples with this label do not count. Sparse labels only. */
    public CategoricalCrossentropy ignoreIndex(long label) {
        if (!sparse) {
            throw new LaminaException(
                    name() + ": expected no ignoreIndex with probabilities, got " + label + "; use the sparse form");
        }
        ignoring = true;
        ignoreIndex = label;
        return this;
    }

    @Override
    public CategoricalCrossentropy reduction(Reduction reduction) {
        super.reduction(reduction);
        return this;
    }

    @Override
    public String name() {
        return sparse && expected == Expected.LOG_PROBABILITIES ? "nll" : type();
    }

    private String type() {
        return sparse ? "sparseCategoricalCrossentropy" : "categoricalCrossentropy";
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        if (prediction.rank() == 0) {
            throw new ShapeException(name() + ": expected predictions (N, C), got a scalar; keep the axis of classes");
        }
        Tensor logs = logProbabilities(prediction);
        Tensor focused =
                gamma == 0 ? logs : logs.mul(logs.expm1().neg().clampMin(1e-12).pow(gamma));
        Tensor weighted = classWeights.length == 0 ? focused : focused.mul(weights(prediction));
        return sparse ? sparse(weighted, target) : soft(weighted, target);
    }

    private Tensor logProbabilities(Tensor prediction) {
        Optional<Logits.Source> source = Logits.of(prediction);
        return switch (expected) {
            case SCORES, ANYTHING -> {
                Logits.refuse(this, prediction, "softmax");
                yield prediction.logSoftmax(axis);
            }
            case LOG_PROBABILITIES -> prediction;
            case PROBABILITIES -> {
                if (source.isPresent()
                        && source.get().axis() == prediction.shape().axis(axis)) {
                    yield source.get().scores().logSoftmax(axis);
                }
                yield prediction.maximum(smallest(prediction.dtype())).log();
            }
        };
    }

    /** Probabilities below this count as this much, so that the loss stays finite. */
    static double smallest(DType dtype) {
        return dtype == DType.F64 ? 1e-15 : 1e-7;
    }

    /** The class weights, laid along the axis of the classes. */
    private Tensor weights(Tensor prediction) {
        int classes = prediction.dim(axis);
        if (classWeights.length != classes) {
            throw new ShapeException(name() + ": expected " + classes + " class weights for predictions "
                    + prediction.shape() + ", got " + classWeights.length + "; give one for each class");
        }
        return Tensor.of(classWeights).cast(prediction.dtype()).reshape(alongClasses(prediction));
    }

    private int[] alongClasses(Tensor prediction) {
        int[] dims = new int[prediction.rank()];
        Arrays.fill(dims, 1);
        dims[prediction.shape().axis(axis)] = prediction.dim(axis);
        return dims;
    }

    /** True at (example, class) where the class is the label and the label counts. */
    private Tensor hits(Tensor prediction, Tensor target) {
        Tensor classes = Tensor.arange(target.dtype(), prediction.dim(axis)).reshape(alongClasses(prediction));
        Tensor hits = target.unsqueeze(prediction.shape().axis(axis)).eq(classes);
        return ignoring
                ? hits.logicalAnd(counted(target).unsqueeze(prediction.shape().axis(axis)))
                : hits;
    }

    private Tensor counted(Tensor target) {
        return target.ne((double) ignoreIndex);
    }

    // Compare and sum along the row instead of gather: it fuses with the softmax, and its gradient needs no scatter.
    private Tensor sparse(Tensor weighted, Tensor target) {
        requireLabels(weighted, target);
        int classes = weighted.dim(axis);
        Tensor loss = hits(weighted, target)
                .where(weighted, weighted.zerosLike())
                .sum(axis)
                .neg();
        if (smoothing > 0) {
            loss = loss.mul(1 - smoothing).sub(weighted.sum(axis).mul(smoothing / classes));
        }
        Tensor valid = target.ge(0).logicalAnd(target.lt(classes));
        Tensor checked = valid.where(loss, Tensor.full(loss.dtype(), Double.NaN, loss.shape()));
        return ignoring ? counted(target).where(checked, loss.zerosLike()) : checked;
    }

    private Tensor soft(Tensor weighted, Tensor target) {
        requireSameShape(weighted, target);
        Tensor truth = target.cast(weighted.dtype());
        if (smoothing > 0) {
            truth = truth.mul(1 - smoothing).add(smoothing / weighted.dim(axis));
        }
        return weighted.mul(truth).sum(axis).neg();
    }

    @Override
    protected Optional<Tensor> counts(Tensor prediction, Tensor target) {
        boolean weighing = classWeights.length > 0 && gamma == 0;
        if (!sparse || (!weighing && !ignoring)) {
            return Optional.empty();
        }
        if (!weighing) {
            return Optional.of(counted(target).cast(prediction.dtype()));
        }
        Tensor weights = weights(prediction).expandTo(prediction.shape());
        return Optional.of(
                hits(prediction, target).where(weights, weights.zerosLike()).sum(axis));
    }

    private void requireLabels(Tensor prediction, Tensor target) {
        Shape wanted = prediction.shape().remove(axis);
        if (!target.dtype().isInteger()) {
            throw new DTypeException(name() + ": expected integer labels " + wanted + ", got " + target.dtype() + " "
                    + target.shape() + "; cast them to DType.I64, or use categoricalCrossentropy() for probabilities");
        }
        if (!target.shape().equals(wanted)) {
            boolean column = target.rank() == wanted.rank() + 1 && target.dim(-1) == 1;
            boolean oneHot = target.shape().equals(prediction.shape());
            throw new ShapeException(name() + ": expected labels " + wanted + " for predictions " + prediction.shape()
                    + ", got " + target.shape() + "; "
                    + (column
                            ? "drop the last axis of the labels, for example with squeeze(-1)"
                            : oneHot
                                    ? "use categoricalCrossentropy() for one-hot labels"
                                    : "give one label for each row"));
        }
    }

    @Override
    public OptionalInt classes(Shape prediction) {
        return sparse && prediction.rank() > 0 ? OptionalInt.of(prediction.dim(axis)) : OptionalInt.empty();
    }

    @Override
    public Optional<Long> ignored() {
        return ignoring ? Optional.of(ignoreIndex) : Optional.empty();
    }

    @Override
    public int classAxis() {
        return axis;
    }

    @Override
    public Expected expected() {
        return expected;
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of(type())
                .with("reduction", reduction().name())
                .with("expected", expected.name())
                .with("axis", axis)
                .with("labelSmoothing", smoothing)
                .with("gamma", gamma)
                .with("classWeights", Arrays.stream(classWeights).boxed().toList());
        return Optional.of(ignoring ? config.with("ignoreIndex", (double) ignoreIndex) : config);
    }

    /** Makes a saved one again. */
    public static CategoricalCrossentropy of(Config config) {
        CategoricalCrossentropy loss = new CategoricalCrossentropy(
                        config.type().equals("sparseCategoricalCrossentropy"))
                .axis(config.integer("axis"))
                .labelSmoothing(config.number("labelSmoothing"))
                .focal(config.number("gamma", 0))
                .classWeights(config.numbers("classWeights"));
        loss.expected = Expected.valueOf(config.text("expected"));
        return config.has("ignoreIndex") ? loss.ignoreIndex(config.integer("ignoreIndex")) : loss;
    }
}
