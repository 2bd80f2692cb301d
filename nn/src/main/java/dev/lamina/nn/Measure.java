package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A figure beside the loss.
 *
 * @param name in histories: the metric's, with several objectives after the output's
 * @param objective number of the objective
 * @param metric what is computed
 */
record Measure(String name, int objective, Metric metric) {
    /** All figures of some objectives; with several of them also the loss of each. */
    static List<Measure> of(List<Objective> objectives) {
        List<Measure> all = new ArrayList<>();
        Set<String> names = new HashSet<>(Set.of("loss"));
        for (int i = 0; i < objectives.size(); i++) {
            Objective objective = objectives.get(i);
            String prefix = objectives.size() == 1 ? "" : objective.output() + "_";
            if (objectives.size() > 1) {
                all.add(new Measure(prefix + "loss", i, new OneLoss()));
            }
            for (Metric metric : objective.metrics()) {
                all.add(new Measure(prefix + metric.name(), i, metric));
            }
        }
        for (Measure measure : all) {
            if (!names.add(measure.name)) {
                throw new LaminaException("compile: expected metrics of different names, got '" + measure.name
                        + "' twice; leave one out");
            }
        }
        return List.copyOf(all);
    }

    /** The vector of a batch. */
    Tensor sums(Scored scored, Optional<Tensor> exampleWeights) {
        if (metric instanceof OneLoss) {
            Tensor value = scored.part().value();
            Tensor count = scored.part()
                    .divisor()
                    .orElseGet(() -> Tensor.constant(
                            value.dtype(), (double) scored.prediction().dim(0)));
            return Metric.sumAndCount(value.mul(count.cast(value.dtype())), count);
        }
        Tensor p = scored.prediction();
        Tensor t = scored.target();
        Optional<Tensor> own = metric instanceof WeightedMetric ? exampleWeights : Optional.empty();
        Optional<Tensor> steps = scored.mask().map(mask -> mask.cast(DType.F32));
        Optional<Tensor> weights = steps.isPresent() && own.isPresent()
                ? Optional.of(steps.get().mul(Masks.wide(own.get().cast(DType.F32), steps.get())))
                : steps.or(() -> own);
        return weights.map(each -> metric.sums(p, t, each)).orElseGet(() -> metric.sums(p, t));
    }

    /**
     * What the model gave for an objective.
     *
     * @param mask which steps count, where the loss has values for steps
     */
    record Scored(Objective objective, Tensor prediction, Tensor target, Optional<Tensor> mask, Loss.Part part) {}

    /** The loss of one of several objectives: a mean that counts a batch as often as its loss does. */
    private static final class OneLoss extends Metric {
        @Override
        public String name() {
            return "loss";
        }

        @Override
        protected Tensor sums(Tensor prediction, Tensor target) {
            throw new AssertionError("computed from the loss itself");
        }

        @Override
        protected double value(double[] sums) {
            return sums[0] / sums[1];
        }

        @Override
        public boolean higherIsBetter() {
            return false;
        }
    }
}
