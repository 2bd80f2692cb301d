package dev.lamina.nn.metrics;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.Locale;

/** How often each class was taken for which. */
public final class ConfusionMatrix {
    private final long[][] counts;

    private ConfusionMatrix(long[][] counts) {
        this.counts = counts;
    }

    /**
     * Counts pairs.
     *
     * @param classes number of classes
     * @param labels true classes (N,), integers
     * @param predictions predicted classes (N,), integers, or scores (N, C) whose largest counts
     */
    public static ConfusionMatrix of(int classes, Tensor labels, Tensor predictions) {
        Tensor answers = predictions.rank() == labels.rank() + 1 ? predictions.argmax(-1) : predictions;
        long[] truth = labels.toLongArray();
        long[] guess = answers.toLongArray();
        if (truth.length != guess.length) {
            throw new DataException("confusion matrix: expected as many predictions as labels, got " + guess.length
                    + " and " + truth.length + "; predict the examples of these labels");
        }
        long[][] counts = new long[classes][classes];
        for (int i = 0; i < truth.length; i++) {
            requireClass(truth[i], classes, i);
            requireClass(guess[i], classes, i);
            counts[(int) truth[i]][(int) guess[i]]++;
        }
        return new ConfusionMatrix(counts);
    }

    private static void requireClass(long value, int classes, int row) {
        if (value < 0 || value >= classes) {
            throw new DataException("confusion matrix: expected classes from 0 to " + (classes - 1) + ", got " + value
                    + " in row " + row + "; check labels and number of classes");
        }
    }

    /** A copy of the counts: one row for each true class, one column for each prediction. */
    public long[][] counts() {
        return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
    }

    /** Number of classes. */
    public int classes() {
        return counts.length;
    }

    /** Share of right answers; NaN without examples. */
    public double accuracy() {
        long right = 0;
        long all = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
            all += Arrays.stream(counts[i]).sum();
        }
        return (double) right / all;
    }

    /** Of the answers with this class, the share that is right; 0 when there are none. */
    public double precision(int ofClass) {
        long answers = Arrays.stream(counts).mapToLong(row -> row[ofClass]).sum();
        return answers == 0 ? 0 : (double) counts[ofClass][ofClass] / answers;
    }

    /** Of the examples of this class, the share that was found; 0 when there are none. */
    public double recall(int ofClass) {
        long examples = Arrays.stream(counts[ofClass]).sum();
        return examples == 0 ? 0 : (double) counts[ofClass][ofClass] / examples;
    }

    /** Harmonic mean of precision and recall; 0 when both are. */
    public double f1(int ofClass) {
        double p = precision(ofClass);
        double r = recall(ofClass);
        return p + r == 0 ? 0 : 2 * p * r / (p + r);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ConfusionMatrix matrix && Arrays.deepEquals(counts, matrix.counts);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(counts);
    }

    /** A table: rows are true classes, columns predictions. */
    @Override
    public String toString() {
        long largest = Arrays.stream(counts).flatMapToLong(Arrays::stream).max().orElse(0);
        int width = Math.max(
                        Long.toString(largest).length(),
                        Integer.toString(counts.length).length())
                + 1;
        StringBuilder text = new StringBuilder("true\\predicted").append("\n").repeat(' ', width);
        for (int i = 0; i < counts.length; i++) {
            text.append(String.format(Locale.ROOT, "%" + width + "d", i));
        }
        for (int i = 0; i < counts.length; i++) {
            text.append(String.format(Locale.ROOT, "\n%" + width + "d", i));
            for (long count : counts[i]) {
                text.append(String.format(Locale.ROOT, "%" + width + "d", count));
            }
        }
        return text.append("\n").toString();
    }
}
