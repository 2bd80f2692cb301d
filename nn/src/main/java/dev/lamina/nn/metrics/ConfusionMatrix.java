package dev.lamina.nn.metrics;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Metric;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** How often each class was taken for which. */
public final class ConfusionMatrix {
    /** How values of the classes become one. */
    public enum Average {
        /** The value of class 1, yes. */
        BINARY,
        /** From the sums of the counts of all classes. */
        MICRO,
        /** The mean over the classes that occur in truth or answers. */
        MACRO,
        /** The mean over the classes, weighted by how many examples they have. */
        WEIGHTED
    }

    /** Whole numbers, unless cases were weighted. */
    private final double[][] counts;

    private ConfusionMatrix(double[][] counts) {
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
        double[][] counts = new double[classes][classes];
        for (int i = 0; i < truth.length; i++) {
            requireClass(truth[i], classes, i);
            requireClass(guess[i], classes, i);
            counts[(int) truth[i]][(int) guess[i]]++;
        }
        return new ConfusionMatrix(counts);
    }

    /**
     * What a metric of a confusion matrix, such as {@code precision()}, has counted over the batches it has taken.
     *
     * @param total of such a metric
     */
    public static ConfusionMatrix of(Metric.Total total) {
        return of(total.sums());
    }

    /** From counts row by row, C^2 of them. */
    static ConfusionMatrix of(double[] counts) {
        int classes = (int) Math.round(Math.sqrt(counts.length));
        double[][] rows = new double[classes][];
        Arrays.setAll(rows, i -> Arrays.copyOfRange(counts, i * classes, (i + 1) * classes));
        return new ConfusionMatrix(rows);
    }

    private static void requireClass(long value, int classes, int row) {
        if (value < 0 || value >= classes) {
            throw new DataException("confusion matrix: expected classes from 0 to " + (classes - 1) + ", got " + value
                    + " in row " + row + "; check labels and number of classes");
        }
    }

    /** The counts, rounded if cases were weighted: one row for each true class, one column for each prediction. */
    public long[][] counts() {
        return Arrays.stream(counts)
                .map(row -> Arrays.stream(row).mapToLong(Math::round).toArray())
                .toArray(long[][]::new);
    }

    /** Number of classes. */
    public int classes() {
        return counts.length;
    }

    /** Share of right answers; NaN without examples. */
    public double accuracy() {
        double right = 0;
        double all = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
            all += Arrays.stream(counts[i]).sum();
        }
        return right / all;
    }

    private double answers(int ofClass) {
        return Arrays.stream(counts).mapToDouble(row -> row[ofClass]).sum();
    }

    private double examples(int ofClass) {
        return Arrays.stream(counts[ofClass]).sum();
    }

    private static double share(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    /** Of the answers with this class, the share that is right; 0 when there are none. */
    public double precision(int ofClass) {
        return share(counts[ofClass][ofClass], answers(ofClass));
    }

    /** Of the examples of this class, the share that was found; 0 when there are none. */
    public double recall(int ofClass) {
        return share(counts[ofClass][ofClass], examples(ofClass));
    }

    /** Harmonic mean of precision and recall; 0 when both are. */
    public double f1(int ofClass) {
        return fBeta(1, ofClass);
    }

    /** (1 + b^2) precision recall / (b^2 precision + recall); recall counts b times as much as precision. */
    public double fBeta(double beta, int ofClass) {
        double square = beta * beta;
        return share((1 + square) * counts[ofClass][ofClass], square * examples(ofClass) + answers(ofClass));
    }

    /** Precision of all classes as one number. */
    public double precision(Average average) {
        return averaged(average, this::precision);
    }

    /** Recall of all classes as one number. */
    public double recall(Average average) {
        return averaged(average, this::recall);
    }

    /** F-beta of all classes as one number. */
    public double fBeta(double beta, Average average) {
        return averaged(average, ofClass -> fBeta(beta, ofClass));
    }

    private double averaged(Average average, IntToDoubleFunction value) {
        return switch (average) {
            case BINARY -> {
                if (counts.length != 2) {
                    throw new DataException("confusion matrix: expected two classes for the average BINARY, got "
                            + counts.length + "; use MACRO, MICRO or WEIGHTED");
                }
                yield value.applyAsDouble(1);
            }
            // Each wrong answer is one too many of a class and one too few of another.
            case MICRO -> accuracy();
            case MACRO -> meanOf(this::occurs, value);
            case WEIGHTED -> {
                double sum = 0;
                for (int c = 0; c < counts.length; c++) {
                    sum += value.applyAsDouble(c) * examples(c);
                }
                yield sum / total();
            }
        };
    }

    private boolean occurs(int ofClass) {
        return examples(ofClass) + answers(ofClass) > 0;
    }

    private double meanOf(IntPredicate which, IntToDoubleFunction value) {
        return IntStream.range(0, counts.length)
                .filter(which)
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }

    private double total() {
        return Arrays.stream(counts).flatMapToDouble(Arrays::stream).sum();
    }

    /** The mean recall of the classes that have examples. */
    public double balancedAccuracy() {
        return meanOf(c -> examples(c) > 0, this::recall);
    }

    /** The mean of intersection / union of the classes that occur. */
    public double meanIou() {
        return meanOf(this::occurs, c -> counts[c][c] / (examples(c) + answers(c) - counts[c][c]));
    }

    /** Cohen's kappa (1960): (a - e) / (1 - e), a the accuracy, e the accuracy of answers by chance. */
    public double cohenKappa() {
        double n = total();
        double chance = 0;
        for (int c = 0; c < counts.length; c++) {
            chance += examples(c) / n * (answers(c) / n);
        }
        return (accuracy() - chance) / (1 - chance);
    }

    /** Matthews' correlation coefficient of truth and answers, for any number of classes (Gorodkin 2004); 0 when one is constant. */
    public double matthews() {
        double n = total();
        double right = 0;
        double both = 0;
        double truth = 0;
        double guess = 0;
        for (int c = 0; c < counts.length; c++) {
            right += counts[c][c];
            both += examples(c) * answers(c);
            truth += examples(c) * examples(c);
            guess += answers(c) * answers(c);
        }
        return share(right * n - both, Math.sqrt((n * n - guess) * (n * n - truth)));
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
        long largest = Math.round(
                Arrays.stream(counts).flatMapToDouble(Arrays::stream).max().orElse(0));
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
            for (double count : counts[i]) {
                text.append(String.format(Locale.ROOT, "%" + width + "d", Math.round(count)));
            }
        }
        return text.append("\n").toString();
    }
}
