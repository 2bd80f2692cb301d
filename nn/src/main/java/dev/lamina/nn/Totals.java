package dev.lamina.nn;

import java.util.ArrayList;
import java.util.List;

/** Loss and metrics over the batches of an epoch. */
final class Totals {
    private final List<Measure> measures;
    private final List<Metric.Tally> tallies = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private double[] buffer = {};
    private double loss;
    private double divisors;
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
        loss = 0;
        divisors = 0;
        examples = 0;
        tallies.forEach(Metric.Tally::clear);
    }

    /** Adds the loss of a batch, a mean that divides by a number. */
    void addLoss(double batchLoss, double divisor, int size) {
        loss += batchLoss * divisor;
        divisors += divisor;
        examples += size;
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
        return index == 0 ? loss / divisors : tallies.get(index - 1).value();
    }

    boolean higherIsBetter(int index) {
        return index > 0 && measures.get(index - 1).metric().higherIsBetter();
    }
}
