package dev.lamina.nn;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sum of the gradients of several batches, whose losses are their shares in that of the step. It is empty between steps. */
final class Accumulator {
    /** For steps of one batch. */
    static final Accumulator NONE = new Accumulator(List.of());

    private final Map<Variable, Variable> sums = new LinkedHashMap<>();

    Accumulator(List<Variable> parameters) {
        for (Variable parameter : parameters) {
            sums.put(
                    parameter,
                    Variable.of(parameter.name() + "/accumulated", Tensor.zeros(parameter.dtype(), parameter.shape())));
        }
    }

    boolean isUsed() {
        return !sums.isEmpty();
    }

    /** What was kept, and these gradients. */
    Map<Variable, Tensor> add(Map<Variable, Tensor> gradients) {
        Map<Variable, Tensor> added = new LinkedHashMap<>(gradients);
        sums.forEach((parameter, sum) -> {
            Tensor gradient = gradients.get(parameter);
            if (gradient != null) {
                added.put(parameter, sum.value().add(gradient));
            }
        });
        return added;
    }

    Map<Variable, Tensor> kept(Map<Variable, Tensor> added) {
        Map<Variable, Tensor> kept = new LinkedHashMap<>();
        sums.forEach((parameter, sum) -> kept.put(sum, added.getOrDefault(parameter, sum.value())));
        return kept;
    }

    Map<Variable, Tensor> emptied() {
        Map<Variable, Tensor> emptied = new LinkedHashMap<>();
        sums.values().forEach(sum -> emptied.put(sum, sum.value().zerosLike()));
        return emptied;
    }
}
