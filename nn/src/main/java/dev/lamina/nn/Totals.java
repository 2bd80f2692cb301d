package dev.lamina.nn;

import java.util.ArrayList;
import java.util.List;

/** Sums of loss and metrics over the batches of an epoch. */
final class Totals {
    private final List<Measure> measures;
    private final List<String> names = new ArrayList<>();
    private final double[][] sums;
    private double loss;
    private long examples;

    /** Lengths are those of the measures' vectors of sums. */
    Totals(List<Measure> measures, int[] lengths) {
        this.measures = measures;
        sums = new double[lengths.length][];
        names.add("loss");
        for (int i = 0; i < lengths.length; i++) {
            sums[i] = new double[lengths[i]];
            names.add(measures.get(i).name());
        }
    }

    List<String> names() {
        return names;
    }

    void clear() {
        loss = 0;
        examples = 0;
        for (double[] sum : sums) {
            java.util.Arrays.fill(sum, 0);
        }
    }

    /** Adds the loss of a batch: its mean counts as often as it has examples. */
    void addLoss(double batchLoss, int size) {
        loss += batchLoss * size;
        examples += size;
    }

    double[] sums(int measure) {
        return sums[measure];
    }

    long examples() {
        return examples;
    }

    /** Value 0 is the loss. */
    double value(int index) {
        return index == 0 ? loss / examples : measures.get(index - 1).metric().value(sums[index - 1]);
    }

    boolean higherIsBetter(int index) {
        return index > 0 && measures.get(index - 1).metric().higherIsBetter();
    }
}
