package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
                all.add(new Measure(prefix + "loss", i, new OneLoss(objective.loss())));
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

    /** The loss of one of several objectives: a mean that counts a batch as often as it has examples. */
    private static final class OneLoss extends Metric {
        private final Loss loss;

        OneLoss(Loss loss) {
            this.loss = loss;
        }

        @Override
        public String name() {
            return "loss";
        }

        @Override
        protected Tensor sums(Tensor prediction, Tensor target) {
            Tensor mean = loss.of(prediction, target);
            Tensor count = Tensor.full(mean.dtype(), (double) prediction.dim(0), mean.shape());
            return sumAndCount(mean.mul(count), count);
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
