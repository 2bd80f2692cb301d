package dev.lamina.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Loss and metrics over the batches of an epoch. */
final class Totals {
    private final List<Measure> measures;
    private final List<Metric.Tally> tallies = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private double[] buffer = {};
    /** For each term of the loss: the sum of what its means are divided from, and by what. */
    private double[] sums = {};

    private double[] divisors = {};
    private long examples;

    Totals(List<Measure> measures) {
        this.measures = measures;
        names.add("loss");
        for (Measure measure : measures) {
            tallies.add(measure.metric().tally());
            names.add(measure.name());
        }
    }

    List<String> names() {
        return names;
    }

    void clear() {
        Arrays.fill(sums, 0);
        Arrays.fill(divisors, 0);
        examples = 0;
        tallies.forEach(Metric.Tally::clear);
    }

    /** Counts the examples of a batch. */
    void examples(int count) {
        examples += count;
    }

    /** Adds a term of the loss of a batch, a mean that divides by a number. */
    void addLoss(int term, double mean, double divisor) {
        if (term >= sums.length) {
            sums = Arrays.copyOf(sums, term + 1);
            divisors = Arrays.copyOf(divisors, term + 1);
        }
        sums[term] += mean * divisor;
        divisors[term] += divisor;
    }

    /** Room for the vector of a metric, before {@link #add}; the same for each batch. */
    double[] buffer(int length) {
        if (buffer.length < length) {
            buffer = new double[length];
        }
        return buffer;
    }

    /** Adds what is in the buffer to a metric. */
    void add(int metric, int length) {
        tallies.get(metric).add(buffer, length);
    }

    long examples() {
        return examples;
    }

    /** Value 0 is the loss. */
    double value(int index) {
        return index == 0 ? loss() : tallies.get(index - 1).value();
    }

    /** NaN before the first batch; a term in which nothing counted is 0. */
    private double loss() {
        double loss = sums.length == 0 || examples == 0 ? Double.NaN : 0;
        for (int i = 0; i < sums.length; i++) {
            loss += divisors[i] == 0 ? 0 : sums[i] / divisors[i];
        }
        return loss;
    }

    boolean higherIsBetter(int index) {
        return index > 0 && measures.get(index - 1).metric().higherIsBetter();
    }
}
