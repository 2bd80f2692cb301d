package dev.lamina.nn.metrics;

import dev.lamina.core.DataException;
import java.util.Arrays;

/** Cases of yes and no in the order of their scores: curves and the areas under them. Equal scores are one threshold. */
public final class Ranking {
    private final double[] yes;
    private final double[] no;

    private Ranking(double[] yes, double[] no) {
        this.yes = yes;
        this.no = no;
    }

    /**
     * The points of a curve, from the largest threshold to the smallest.
     *
     * @param thresholds distinct scores; cases with this score or a larger one are answered yes
     * @param truePositives how many of them are yes
     * @param falsePositives how many of them are no
     */
    public record Points(double[] thresholds, long[] truePositives, long[] falsePositives) {}

    /**
     * Sorts cases.
     *
     * @param scores larger ones for yes
     * @param answers the truth, as many
     */
    public static Ranking of(double[] scores, boolean[] answers) {
        if (scores.length != answers.length) {
            throw new DataException("ranking: expected as many answers as scores, got " + answers.length + " and "
                    + scores.length + "; give one answer for each score");
        }
        double[] yes = new double[scores.length];
        double[] no = new double[scores.length];
        int positives = 0;
        for (int i = 0; i < scores.length; i++) {
            if (answers[i]) {
                yes[positives++] = scores[i];
            } else {
                no[i - positives] = scores[i];
            }
        }
        Ranking ranking = new Ranking(Arrays.copyOf(yes, positives), Arrays.copyOf(no, scores.length - positives));
        Arrays.sort(ranking.yes);
        Arrays.sort(ranking.no);
        return ranking;
    }

    /** All distinct thresholds. */
    public Points points() {
        int most = yes.length + no.length;
        double[] thresholds = new double[most];
        long[] truePositives = new long[most];
        long[] falsePositives = new long[most];
        int a = yes.length;
        int b = no.length;
        int count = 0;
        while (a > 0 || b > 0) {
            double score = Math.max(
                    a > 0 ? yes[a - 1] : Double.NEGATIVE_INFINITY, b > 0 ? no[b - 1] : Double.NEGATIVE_INFINITY);
            a = below(yes, a, score);
            b = below(no, b, score);
            thresholds[count] = score;
            truePositives[count] = (long) yes.length - a;
            falsePositives[count++] = (long) no.length - b;
            if (Double.isNaN(score)) {
                break;
            }
        }
        return new Points(
                Arrays.copyOf(thresholds, count),
                Arrays.copyOf(truePositives, count),
                Arrays.copyOf(falsePositives, count));
    }

    /** How many of the first {@code end} sorted values are below a score. */
    private static int below(double[] sorted, int end, double score) {
        int i = end;
        while (i > 0 && sorted[i - 1] >= score) {
            i--;
        }
        return i;
    }

    /** The probability that a yes has a larger score than a no, equal ones counting half; NaN without one of both. */
    public double rocAuc() {
        double twice = 0;
        int lower = 0;
        int upTo = 0;
        for (double score : yes) {
            while (lower < no.length && no[lower] < score) {
                lower++;
            }
            while (upTo < no.length && no[upTo] <= score) {
                upTo++;
            }
            twice += lower + upTo;
        }
        return hasNan() ? Double.NaN : twice / (2.0 * yes.length * no.length);
    }

    /** Sum over the thresholds of precision * (recall - recall before); NaN without a yes. */
    public double averagePrecision() {
        Points points = points();
        double sum = 0;
        long before = 0;
        for (int i = 0; i < points.thresholds.length; i++) {
            long found = points.truePositives[i];
            sum += (double) found / (found + points.falsePositives[i]) * (found - before);
            before = found;
        }
        return hasNan() ? Double.NaN : sum / yes.length;
    }

    private boolean hasNan() {
        return (yes.length > 0 && Double.isNaN(yes[yes.length - 1]))
                || (no.length > 0 && Double.isNaN(no[no.length - 1]));
    }
}
