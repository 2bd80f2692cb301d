package dev.lamina.nn.metrics;

import dev.lamina.core.DataException;
import dev.lamina.nn.Metric;
import java.util.Arrays;

/** Cases of yes and no in the order of their scores: curves and the areas under them. Equal scores are one threshold. */
public final class Ranking {
    /** Distinct scores, ascending, and how many cases of yes and no have each. */
    private final double[] scores;

    private final double[] yes;
    private final double[] no;

    private Ranking(double[] scores) {
        this.scores = scores;
        yes = new double[scores.length];
        no = new double[scores.length];
    }

    /**
     * The points of a curve, from the largest threshold to the smallest.
     *
     * @param thresholds distinct scores; cases with this score or a larger one are answered yes
     * @param truePositives how many of them are yes
     * @param falsePositives how many of them are no
     */
    public record Points(double[] thresholds, double[] truePositives, double[] falsePositives) {
        /** True positive rates: the share of all yes that is found; NaN without a yes. */
        public double[] recalls() {
            return shares(truePositives);
        }

        /** The share of all no that is answered yes; NaN without a no. Against {@link #recalls} this is the ROC curve, which begins at (0, 0). */
        public double[] falsePositiveRates() {
            return shares(falsePositives);
        }

        /** The share of the answers yes that is right. Against {@link #recalls} this is the precision-recall curve. */
        public double[] precisions() {
            double[] shares = new double[thresholds.length];
            Arrays.setAll(shares, i -> truePositives[i] / (truePositives[i] + falsePositives[i]));
            return shares;
        }

        private static double[] shares(double[] counts) {
            return Arrays.stream(counts)
                    .map(count -> count / counts[counts.length - 1])
                    .toArray();
        }
    }

    /**
     * The cases that {@code rocAuc()} or {@code prAuc()} has taken over the batches so far.
     *
     * @param total of such a metric, for two classes
     */
    public static Ranking of(Metric.Total total) {
        return of(total, 0);
    }

    /**
     * The same for one class against all others.
     *
     * @param total of such a metric, for more than two classes
     * @param ofClass the class that counts as yes
     */
    public static Ranking of(Metric.Total total, int ofClass) {
        return AreaUnderCurve.ranking(total.sums(), ofClass);
    }

    /**
     * Sorts cases.
     *
     * @param scores larger ones for yes
     * @param answers the truth, as many
     */
    public static Ranking of(double[] scores, boolean[] answers) {
        double[] alike = new double[scores.length];
        Arrays.fill(alike, 1);
        return of(scores, answers, alike);
    }

    /** The same where a case counts as much as its weight. */
    public static Ranking of(double[] scores, boolean[] answers, double[] weights) {
        if (scores.length != answers.length || scores.length != weights.length) {
            throw new DataException("ranking: expected as many answers and weights as scores, got " + answers.length
                    + " and " + weights.length + " for " + scores.length + "; give one for each score");
        }
        Ranking ranking = new Ranking(Arrays.stream(scores).sorted().distinct().toArray());
        for (int i = 0; i < scores.length; i++) {
            int place = Arrays.binarySearch(ranking.scores, scores[i]);
            (answers[i] ? ranking.yes : ranking.no)[place] += weights[i];
        }
        return ranking;
    }

    /** All distinct thresholds. */
    public Points points() {
        int count = scores.length;
        Points points = new Points(new double[count], new double[count], new double[count]);
        double found = 0;
        double wrong = 0;
        for (int i = 0; i < count; i++) {
            found += yes[count - 1 - i];
            wrong += no[count - 1 - i];
            points.thresholds[i] = scores[count - 1 - i];
            points.truePositives[i] = found;
            points.falsePositives[i] = wrong;
        }
        return points;
    }

    /** The probability that a yes has a larger score than a no, equal ones counting half; NaN without one of both. */
    public double rocAuc() {
        double twice = 0;
        double below = 0;
        for (int i = 0; i < scores.length; i++) {
            twice += yes[i] * (2 * below + no[i]);
            below += no[i];
        }
        return hasNan() ? Double.NaN : twice / (2 * Arrays.stream(yes).sum() * below);
    }

    /** Sum over the thresholds of precision * (recall - recall before); NaN without a yes. */
    public double averagePrecision() {
        Points points = points();
        double sum = 0;
        double before = 0;
        for (int i = 0; i < scores.length; i++) {
            double found = points.truePositives[i];
            sum += found == before ? 0 : found / (found + points.falsePositives[i]) * (found - before);
            before = found;
        }
        return hasNan() ? Double.NaN : sum / before;
    }

    private boolean hasNan() {
        return scores.length > 0 && Double.isNaN(scores[scores.length - 1]);
    }
}
