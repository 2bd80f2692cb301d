package dev.lamina.nn;

import dev.lamina.nn.metrics.AbsoluteError;
import dev.lamina.nn.metrics.Accuracy;
import dev.lamina.nn.metrics.AreaUnderCurve;
import dev.lamina.nn.metrics.Bleu;
import dev.lamina.nn.metrics.Calibration;
import dev.lamina.nn.metrics.Classification;
import dev.lamina.nn.metrics.Classification.Figure;
import dev.lamina.nn.metrics.ErrorRate;
import dev.lamina.nn.metrics.LossMean;
import dev.lamina.nn.metrics.Probability;
import dev.lamina.nn.metrics.Regression;
import dev.lamina.nn.metrics.Rouge;

/**
 * The ready metrics, each under the name users say; import them statically. Those of texts are fed by hand, as predictions have to be
 * made into words first.
 */
public final class Metrics {
    private Metrics() {}

    // ---------------------------------------------------------------- classes

    /** right / all, for labels, one-hot targets and answers of yes or no; the loss and the shapes say which. */
    public static Accuracy accuracy() {
        return new Accuracy();
    }

    /** right / all, right if the label is among the k classes with the largest values. */
    public static Accuracy topKAccuracy(int k) {
        return new Accuracy().top(k);
    }

    /** TP / (TP + FP): of the answers with a class, the share that is right. */
    public static Classification precision() {
        return new Classification(Figure.PRECISION, 1);
    }

    /** TP / (TP + FN): of the examples of a class, the share that was found. */
    public static Classification recall() {
        return new Classification(Figure.RECALL, 1);
    }

    /** 2 precision recall / (precision + recall). */
    public static Classification f1() {
        return fBeta(1);
    }

    /** (1 + b^2) precision recall / (b^2 precision + recall). */
    public static Classification fBeta(double beta) {
        return new Classification(Figure.F_BETA, beta);
    }

    /** Mean over the classes of TP / (TP + FN). */
    public static Classification balancedAccuracy() {
        return new Classification(Figure.BALANCED_ACCURACY, 1);
    }

    /** (p - e) / (1 - e), p the share of right answers, e that of chance with these counts (Cohen 1960). */
    public static Classification cohenKappa() {
        return new Classification(Figure.COHEN_KAPPA, 1);
    }

    /** (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)), and what that is for more classes (Gorodkin 2004). */
    public static Classification matthews() {
        return new Classification(Figure.MATTHEWS, 1);
    }

    /** Mean over the classes of TP / (TP + FP + FN), for segmentations. */
    public static Classification meanIou() {
        return new Classification(Figure.MEAN_IOU, 1);
    }

    /** Area under the ROC curve: the share of pairs of a yes and a no in which the yes has the larger score; ties count half. */
    public static AreaUnderCurve rocAuc() {
        return new AreaUnderCurve(AreaUnderCurve.Curve.ROC);
    }

    /** Average precision, the area under the precision-recall curve: sum of (recall_i - recall_(i-1)) precision_i. */
    public static AreaUnderCurve prAuc() {
        return new AreaUnderCurve(AreaUnderCurve.Curve.PRECISION_RECALL);
    }

    // ---------------------------------------------------------------- probabilities

    /** Mean of -log p[truth]. */
    public static Probability logLoss() {
        return new Probability(Probability.Figure.LOG_LOSS);
    }

    /** e^(mean of -log p[truth]). */
    public static Probability perplexity() {
        return new Probability(Probability.Figure.PERPLEXITY);
    }

    /** Mean of (p - t)^2 for probabilities p of yes; summed over the classes where there are several. */
    public static Probability brier() {
        return new Probability(Probability.Figure.BRIER);
    }

    /** ECE, sum over 10 bins of |right - confidence| of the bin / cases; {@link Calibration#table} is the reliability table. */
    public static Calibration calibrationError() {
        return calibrationError(10);
    }

    /** The expected calibration error in so many bins. */
    public static Calibration calibrationError(int bins) {
        return new Calibration(bins);
    }

    // ---------------------------------------------------------------- numbers

    /** Mean of (p - t)^2. */
    public static Metric meanSquaredError() {
        return new LossMean(Losses.mse(), false);
    }

    /** Square root of the mean of (p - t)^2. */
    public static Metric rootMeanSquaredError() {
        return new LossMean(Losses.mse(), true);
    }

    /** Mean of |p - t|. */
    public static Metric meanAbsoluteError() {
        return new LossMean(Losses.mae(), false);
    }

    /** Mean of 100 |p - t| / |t|. */
    public static Metric meanAbsolutePercentageError() {
        return new LossMean(Losses.mape(), false);
    }

    /** Mean of the values of any loss. */
    public static Metric mean(Loss loss) {
        return new LossMean(loss, false);
    }

    /** The median of |p - t|. */
    public static Metric medianAbsoluteError() {
        return new AbsoluteError(AbsoluteError.Figure.MEDIAN);
    }

    /** The largest |p - t|. */
    public static Metric maxError() {
        return new AbsoluteError(AbsoluteError.Figure.MAX);
    }

    /** 1 - sum (t - p)^2 / sum (t - mean t)^2. */
    public static Metric r2() {
        return new Regression(Regression.Figure.R2);
    }

    /** 1 - variance of t - p / variance of t. */
    public static Metric explainedVariance() {
        return new Regression(Regression.Figure.EXPLAINED_VARIANCE);
    }

    /**
     * A metric in which examples count as often as the field {@code weights} of the data set says; its name begins with {@code weighted_}.
     * Other metrics count all examples alike.
     */
    public static Metric weighted(Metric metric) {
        return new WeightedMetric(metric);
    }

    // ---------------------------------------------------------------- texts

    /** min(1, e^(1 - r / c)) (p_1 p_2 p_3 p_4)^(1/4), p_n the share of n-grams found, c and r the lengths (Papineni and others 2002). */
    public static Bleu bleu() {
        return new Bleu(4);
    }

    /** F of the n-grams that two texts share (ROUGE-N, Lin 2004). */
    public static Rouge rouge(int n) {
        return Rouge.n(n);
    }

    /** F of the longest common subsequence (ROUGE-L, Lin 2004). */
    public static Rouge rougeL() {
        return Rouge.longest();
    }

    /** (substitutions + deletions + insertions) / words of the reference (WER). */
    public static ErrorRate wordErrorRate() {
        return ErrorRate.words();
    }

    /** (substitutions + deletions + insertions) / characters of the reference (CER). */
    public static ErrorRate characterErrorRate() {
        return ErrorRate.characters();
    }

    // ---------------------------------------------------------------- files

    static Metric of(Config config) {
        return switch (config.type()) {
            case "accuracy" -> Accuracy.of(config);
            case "classification" -> Classification.of(config);
            case "calibrationError" -> calibrationError(config.integer("bins"));
            case "lossMean" -> new LossMean(Losses.of(config.config("loss")), config.flag("root"));
            case "weighted" -> weighted(of(config.config("metric")));
            case "rocAuc" -> rocAuc();
            case "prAuc" -> prAuc();
            case "logLoss" -> logLoss();
            case "perplexity" -> perplexity();
            case "brier" -> brier();
            case "medianAbsoluteError" -> medianAbsoluteError();
            case "maxError" -> maxError();
            case "r2" -> r2();
            case "explainedVariance" -> explainedVariance();
            case "mse" -> meanSquaredError();
            case "mae" -> meanAbsoluteError();
            default -> throw Catalogue.unknown("metric", config.type());
        };
    }
}
