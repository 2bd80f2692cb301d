package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one output of a model is trained for, where it has several; see {@link Model#compile(Optimizer, Objective...)}.
 *
 * @param output the name of the output
 * @param loss how far it is from its target
 * @param weight of this loss in the sum of all; 1 unless said otherwise
 * @param target the field of the data set that it is compared with: that of the output's name unless said otherwise
 * @param metrics measured on it
 */
public record Objective(String output, Loss loss, double weight, String target, List<Metric> metrics) {
    /** Refuses weights that make no sense. */
    public Objective {
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new LaminaException(
                    "objective " + output + ": expected a weight of 0 or more, got " + weight + "; 1 is usual");
        }
        metrics = List.copyOf(metrics);
    }

    /** A loss of an output. */
    public static Objective of(String output, Loss loss) {
        return new Objective(output, loss, 1, output, List.of());
    }

    /** The same with a weight. */
    public Objective weight(double weight) {
        return new Objective(output, loss, weight, target, metrics);
    }

    /** The same with another field of the data set as target, for example the features for an autoencoder. */
    public Objective target(String field) {
        return new Objective(output, loss, weight, field, metrics);
    }

    /** The same with further metrics. */
    public Objective metrics(Metric... more) {
        List<Metric> all = new ArrayList<>(metrics);
        all.addAll(List.of(more));
        return new Objective(output, loss, weight, target, all);
    }

    /** With metrics that know the loss. */
    Objective adapted() {
        return new Objective(
                output,
                loss,
                weight,
                target,
                metrics.stream().map(metric -> metric.forLoss(loss)).toList());
    }
}
