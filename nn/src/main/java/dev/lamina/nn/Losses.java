package dev.lamina.nn;

import dev.lamina.nn.losses.BinaryCrossentropy;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import dev.lamina.nn.losses.Ctc;
import dev.lamina.nn.losses.FormulaLoss;
import dev.lamina.nn.losses.FormulaLoss.Formula;
import dev.lamina.nn.losses.InfoNce;
import dev.lamina.nn.losses.KlDivergence;
import dev.lamina.nn.losses.Overlap;
import dev.lamina.nn.losses.PairLoss;
import dev.lamina.nn.losses.TripletMargin;

/** The ready losses, each under the name users say; import them statically. p is the prediction, t the target. */
public final class Losses {
    private Losses() {}

    // ---------------------------------------------------------------- classes

    /** -log p[label] for scores (N, C) and integer labels (N,). */
    public static CategoricalCrossentropy sparseCategoricalCrossentropy() {
        return new CategoricalCrossentropy(true);
    }

    /** -sum t log p for scores (N, C) and probabilities t (N, C), such as one-hot labels. */
    public static CategoricalCrossentropy categoricalCrossentropy() {
        return new CategoricalCrossentropy(false);
    }

    /** -t log p - (1 - t) log(1 - p) for scores and answers t of one shape. */
    public static BinaryCrossentropy binaryCrossentropy() {
        return new BinaryCrossentropy();
    }

    /** -sum t (1 - p)^2 log p for one-hot t (Lin and others 2017); {@code sparseCategoricalCrossentropy().focal(2)} is that of labels. */
    public static CategoricalCrossentropy categoricalFocalCrossentropy() {
        return categoricalCrossentropy().focal(2);
    }

    /** -t (1 - p)^2 log p - (1 - t) p^2 log(1 - p) (Lin and others 2017). */
    public static BinaryCrossentropy binaryFocalCrossentropy() {
        return binaryCrossentropy().focal(2);
    }

    /** -p[label] for logarithms of probabilities p (N, C), as from logSoftmax, and integer labels (N,). */
    public static CategoricalCrossentropy nll() {
        return sparseCategoricalCrossentropy().fromLogProbabilities();
    }

    /** t log(t / p) for distributions of one shape. */
    public static KlDivergence klDivergence() {
        return new KlDivergence();
    }

    /** -log of the probability of a sequence of labels (N, S) that is spread over T steps, for scores (N, T, C). */
    public static Ctc ctc() {
        return new Ctc();
    }

    // ---------------------------------------------------------------- numbers

    /** (p - t)^2. */
    public static Loss mse() {
        return new FormulaLoss(Formula.MSE);
    }

    /** |p - t|. */
    public static Loss mae() {
        return new FormulaLoss(Formula.MAE);
    }

    /** 100 |p - t| / |t|. */
    public static Loss mape() {
        return new FormulaLoss(Formula.MAPE);
    }

    /** (log(1 + p) - log(1 + t))^2. */
    public static Loss msle() {
        return new FormulaLoss(Formula.MSLE);
    }

    /** d^2 / 2 up to delta, from there on delta (d - delta / 2), d = |p - t|; delta is 1. */
    public static Loss huber() {
        return huber(1);
    }

    /** d^2 / 2 up to delta, from there on delta (d - delta / 2), d = |p - t|. */
    public static Loss huber(double delta) {
        return new FormulaLoss(Formula.HUBER, delta);
    }

    /** d^2 / (2 beta) up to beta, from there on d - beta / 2, d = |p - t|; beta is 1. */
    public static Loss smoothL1() {
        return smoothL1(1);
    }

    /** d^2 / (2 beta) up to beta, from there on d - beta / 2, d = |p - t|. */
    public static Loss smoothL1(double beta) {
        return new FormulaLoss(Formula.SMOOTH_L1, beta);
    }

    /** log(cosh(p - t)). */
    public static Loss logCosh() {
        return new FormulaLoss(Formula.LOG_COSH);
    }

    /** p - t log p, for counts t and rates p. */
    public static Loss poisson() {
        return new FormulaLoss(Formula.POISSON);
    }

    /** e^p - t p, for counts t and logarithms of rates p. */
    public static Loss poissonNll() {
        return new FormulaLoss(Formula.POISSON_NLL);
    }

    // ---------------------------------------------------------------- margins

    /** max(0, 1 - s p), s = 1 where t is above 0, else -1. */
    public static Loss hinge() {
        return new FormulaLoss(Formula.HINGE);
    }

    /** max(0, 1 - s p)^2, s = 1 where t is above 0, else -1. */
    public static Loss squaredHinge() {
        return new FormulaLoss(Formula.SQUARED_HINGE);
    }

    /** max(0, 1 + largest score of a wrong class - score of the right one), for one-hot t (N, C). */
    public static Loss categoricalHinge() {
        return new FormulaLoss(Formula.CATEGORICAL_HINGE);
    }

    /** For distances p: p where t is above 0, else max(0, margin - p). */
    public static Loss hingeEmbedding(double margin) {
        return new FormulaLoss(Formula.HINGE_EMBEDDING, margin);
    }

    /** max(0, margin - (a - b)) where a shall rank before b (t above 0), else with a and b exchanged. */
    public static PairLoss marginRanking(double margin) {
        return new PairLoss(PairLoss.Formula.MARGIN_RANKING, margin);
    }

    // ---------------------------------------------------------------- directions and distances

    /** -cos of the angle between p and t along the last axis. */
    public static Loss cosineSimilarity() {
        return new FormulaLoss(Formula.COSINE_SIMILARITY);
    }

    /** 1 - cos(a, b) for alike, max(0, cos(a, b) - margin) for different. */
    public static PairLoss cosineEmbedding(double margin) {
        return new PairLoss(PairLoss.Formula.COSINE_EMBEDDING, margin);
    }

    /** d^2 for alike, max(0, margin - d)^2 for different, d = |a - b|. */
    public static PairLoss contrastive(double margin) {
        return new PairLoss(PairLoss.Formula.CONTRASTIVE, margin);
    }

    /** max(0, d(anchor, positive) - d(anchor, negative) + margin). */
    public static TripletMargin tripletMargin(double margin) {
        return new TripletMargin(margin);
    }

    /** -log of softmax over the keys k_j of a batch of cos(q_i, k_j) / temperature, at j = i: each query shall find its key. */
    public static InfoNce infoNce(double temperature) {
        return new InfoNce(temperature);
    }

    // ---------------------------------------------------------------- areas

    /** 1 - 2 |both| / (|p| + |t|), for probabilities and true areas of one shape. */
    public static Overlap dice() {
        return new Overlap("dice", 0.5, 0.5);
    }

    /** 1 - |both| / (|p| + |t| - |both|), for probabilities and true areas of one shape. */
    public static Overlap iou() {
        return new Overlap("iou", 1, 1);
    }

    /** 1 - hits / (hits + a false positives + b misses). */
    public static Overlap tversky(double falsePositives, double misses) {
        return new Overlap("tversky", falsePositives, misses);
    }

    // ---------------------------------------------------------------- files

    static Loss of(Config config) {
        Loss loss = switch (config.type()) {
            case "sparseCategoricalCrossentropy", "categoricalCrossentropy" -> CategoricalCrossentropy.of(config);
            case "binaryCrossentropy" -> BinaryCrossentropy.of(config);
            case "klDivergence" -> KlDivergence.of(config);
            case "ctc" -> Ctc.of(config);
            case "tripletMargin" -> TripletMargin.of(config);
            case "infoNce" -> InfoNce.of(config);
            case "overlap" -> Overlap.of(config);
            default ->
                FormulaLoss.of(config)
                        .or(() -> PairLoss.of(config))
                        .orElseThrow(() -> Catalogue.unknown("loss", config.type()));
        };
        return loss.reduction(Loss.Reduction.valueOf(config.text("reduction")));
    }
}
