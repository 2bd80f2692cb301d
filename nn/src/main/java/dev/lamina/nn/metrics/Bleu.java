package dev.lamina.nn.metrics;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The BLEU score of translations (Papineni and others 2002): brevity * exp(mean over n of log p_n), p_n the share of the n-grams of all
 * candidates that are in a reference (each as often as there), brevity = exp(1 - r / c) when the c tokens of all candidates are fewer
 * than the r tokens of the references nearest in length. Candidates come one after the other; a few numbers are kept.
 */
public final class Bleu {
    private final long[] matches;
    private final long[] totals;
    private long candidateLength;
    private long referenceLength;
    private boolean smooth;

    /** With n-grams up to an order; 4 is usual. */
    public Bleu(int order) {
        if (order < 1) {
            throw new LaminaException("bleu: expected an order of 1 or more, got " + order + "; 4 is usual");
        }
        matches = new long[order];
        totals = new long[order];
    }

    /** Adds 1 to the counts of n-grams of 2 and more (Lin and Och 2004), so that short texts without a match are not 0. */
    public Bleu smooth() {
        smooth = true;
        return this;
    }

    /**
     * Takes a candidate.
     *
     * @param candidate tokens
     * @param references one or more right ones
     */
    public Bleu add(List<?> candidate, List<? extends List<?>> references) {
        if (references.isEmpty()) {
            throw new DataException("bleu: expected one reference or more, got none; give a right translation");
        }
        for (int n = 1; n <= matches.length; n++) {
            Map<List<?>, Long> most = new HashMap<>();
            for (List<?> reference : references) {
                grams(reference, n).forEach((gram, count) -> most.merge(gram, count, Math::max));
            }
            for (Map.Entry<List<?>, Long> gram : grams(candidate, n).entrySet()) {
                matches[n - 1] += Math.min(gram.getValue(), most.getOrDefault(gram.getKey(), 0L));
                totals[n - 1] += gram.getValue();
            }
        }
        int length = candidate.size();
        candidateLength += length;
        referenceLength += references.stream()
                .mapToInt(List::size)
                .boxed()
                .min((a, b) -> {
                    int nearer = Integer.compare(Math.abs(a - length), Math.abs(b - length));
                    return nearer == 0 ? Integer.compare(a, b) : nearer;
                })
                .orElseThrow();
        return this;
    }

    static Map<List<?>, Long> grams(List<?> tokens, int n) {
        Map<List<?>, Long> grams = new HashMap<>();
        for (int i = 0; i + n <= tokens.size(); i++) {
            grams.merge(List.copyOf(tokens.subList(i, i + n)), 1L, Long::sum);
        }
        return grams;
    }

    /** The share of n-grams of an order, counted from 1, that is right. */
    public double precision(int n) {
        int more = smooth && n > 1 ? 1 : 0;
        return totals[n - 1] + more == 0 ? 0 : (double) (matches[n - 1] + more) / (totals[n - 1] + more);
    }

    /** The factor for candidates that are too short; 1 for others. */
    public double brevity() {
        return candidateLength >= referenceLength
                ? 1
                : candidateLength == 0 ? 0 : Math.exp(1 - (double) referenceLength / candidateLength);
    }

    /** The score of all candidates so far, from 0 to 1; NaN without candidates. */
    public double value() {
        if (referenceLength == 0 && candidateLength == 0) {
            return Double.NaN;
        }
        double sum = 0;
        for (int n = 1; n <= matches.length; n++) {
            sum += Math.log(precision(n));
        }
        return brevity() * Math.exp(sum / matches.length);
    }
}
