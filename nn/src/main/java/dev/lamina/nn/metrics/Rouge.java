package dev.lamina.nn.metrics;

import dev.lamina.core.LaminaException;
import java.util.List;
import java.util.Map;

/**
 * The ROUGE score of summaries (Lin 2004): how much a summary and a reference have in common, n-grams (ROUGE-N) or their longest common
 * subsequence (ROUGE-L). Precision is common / summary, recall common / reference; the values are means over the summaries.
 */
public final class Rouge {
    private final int order;
    private double precision;
    private double recall;
    private double f1;
    private long count;

    private Rouge(int order) {
        this.order = order;
    }

    /** ROUGE-N for n-grams. */
    public static Rouge n(int n) {
        if (n < 1) {
            throw new LaminaException("rouge: expected n-grams of 1 or more tokens, got " + n + "; 1 and 2 are usual");
        }
        return new Rouge(n);
    }

    /** ROUGE-L. */
    public static Rouge longest() {
        return new Rouge(0);
    }

    /** Takes a summary and its reference, as tokens. */
    public Rouge add(List<?> summary, List<?> reference) {
        double common = order == 0 ? longestCommon(summary, reference) : commonGrams(summary, reference);
        double inSummary = Math.max(0, order == 0 ? summary.size() : summary.size() - order + 1);
        double inReference = Math.max(0, order == 0 ? reference.size() : reference.size() - order + 1);
        double p = inSummary == 0 ? 0 : common / inSummary;
        double r = inReference == 0 ? 0 : common / inReference;
        precision += p;
        recall += r;
        f1 += p + r == 0 ? 0 : 2 * p * r / (p + r);
        count++;
        return this;
    }

    private double commonGrams(List<?> summary, List<?> reference) {
        Map<List<?>, Long> right = Bleu.grams(reference, order);
        return Bleu.grams(summary, order).entrySet().stream()
                .mapToLong(gram -> Math.min(gram.getValue(), right.getOrDefault(gram.getKey(), 0L)))
                .sum();
    }

    private static int longestCommon(List<?> a, List<?> b) {
        int[] before = new int[b.size() + 1];
        for (Object token : a) {
            int[] now = new int[b.size() + 1];
            for (int j = 1; j <= b.size(); j++) {
                now[j] = token.equals(b.get(j - 1)) ? before[j - 1] + 1 : Math.max(before[j], now[j - 1]);
            }
            before = now;
        }
        return before[b.size()];
    }

    /** Mean precision; NaN without summaries. */
    public double precision() {
        return precision / count;
    }

    /** Mean recall; NaN without summaries. */
    public double recall() {
        return recall / count;
    }

    /** Mean of the harmonic means of precision and recall; NaN without summaries. */
    public double f1() {
        return f1 / count;
    }
}
