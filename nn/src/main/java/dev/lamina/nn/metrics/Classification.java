package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import dev.lamina.nn.metrics.ConfusionMatrix.Average;
import java.util.Locale;
import java.util.Optional;

/**
 * A figure of the {@link ConfusionMatrix}, which is what batches add up: C^2 numbers. Predictions and targets are as for {@link
 * Accuracy}.
 *
 * <p>Precision, recall and F-beta are those of class 1 with two classes, and the mean over the classes with more, unless {@link
 * #average} says otherwise.
 */
public final class Classification extends Weighable {
    /** Which figure. */
    public enum Figure {
        /** Of the answers with a class, the share that is right. */
        PRECISION,
        /** Of the examples of a class, the share that was found. */
        RECALL,
        /** (1 + b^2) precision recall / (b^2 precision + recall). */
        F_BETA,
        /** Mean recall of the classes. */
        BALANCED_ACCURACY,
        /** Cohen's kappa: agreement beyond chance. */
        COHEN_KAPPA,
        /** Matthews' correlation of truth and answers. */
        MATTHEWS,
        /** Mean over the classes of intersection / union. */
        MEAN_IOU
    }

    private final Figure figure;
    private final double beta;
    private final Optional<Average> average;
    private final double threshold;
    private final Optional<Loss> loss;

    /** A figure; beta counts for F-beta only. */
    public Classification(Figure figure, double beta) {
        this(figure, beta, Optional.empty(), Double.NaN, Optional.empty());
    }

    private Classification(
            Figure figure, double beta, Optional<Average> average, double threshold, Optional<Loss> loss) {
        this.figure = figure;
        this.beta = beta;
        this.average = average;
        this.threshold = threshold;
        this.loss = loss;
    }

    /** How precision, recall and F-beta of the classes become one number. */
    public Classification average(Average average) {
        return new Classification(figure, beta, Optional.of(average), threshold, loss);
    }

    /** Answers are yes above this prediction. */
    public Classification threshold(double prediction) {
        return new Classification(figure, beta, average, prediction, loss);
    }

    @Override
    public Metric forLoss(Loss other) {
        return new Classification(figure, beta, average, threshold, Optional.of(other));
    }

    @Override
    public String name() {
        String base = switch (figure) {
            case PRECISION -> "precision";
            case RECALL -> "recall";
            case F_BETA -> "f" + (beta == Math.rint(beta) ? Long.toString((long) beta) : Double.toString(beta));
            case BALANCED_ACCURACY -> "balancedAccuracy";
            case COHEN_KAPPA -> "cohenKappa";
            case MATTHEWS -> "matthews";
            case MEAN_IOU -> "meanIou";
        };
        String suffix = average.map(
                        kind -> kind.name().charAt(0) + kind.name().substring(1).toLowerCase(Locale.ROOT))
                .orElse("");
        return base + suffix;
    }

    // Counts as a product of what the truth and what the answers are: whole numbers, exact also with factors of bf16.
    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor answers = Double.isNaN(threshold) ? cases.answers() : cases.answers(threshold);
        Tensor chosen = answers.unsqueeze(1).eq(Tensor.arange(DType.I64, cases.classes()));
        return cases.kept(cases.hits().cast(DType.F32))
                .transpose()
                .matmul(chosen.cast(DType.F32))
                .flatten();
    }

    @Override
    protected double value(double[] sums) {
        ConfusionMatrix matrix = ConfusionMatrix.of(sums);
        Average kind = average.orElse(matrix.classes() == 2 ? Average.BINARY : Average.MACRO);
        return switch (figure) {
            case PRECISION -> matrix.precision(kind);
            case RECALL -> matrix.recall(kind);
            case F_BETA -> matrix.fBeta(beta, kind);
            case BALANCED_ACCURACY -> matrix.balancedAccuracy();
            case COHEN_KAPPA -> matrix.cohenKappa();
            case MATTHEWS -> matrix.matthews();
            case MEAN_IOU -> matrix.meanIou();
        };
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of("classification")
                .with("figure", figure.name())
                .with("beta", beta)
                .with("average", average.map(Enum::name).orElse(""));
        return Optional.of(Double.isNaN(threshold) ? config : config.with("threshold", threshold));
    }

    /** Makes a saved one again. */
    public static Classification of(Config config) {
        Classification metric = new Classification(Figure.valueOf(config.text("figure")), config.number("beta"))
                .threshold(config.number("threshold", Double.NaN));
        String average = config.text("average");
        return average.isEmpty() ? metric : metric.average(Average.valueOf(average));
    }
}
