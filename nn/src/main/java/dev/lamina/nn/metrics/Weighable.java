package dev.lamina.nn.metrics;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Metric;
import java.util.Optional;

/** A metric that says once what it adds up, whether all cases count alike or not. */
abstract class Weighable extends Metric {
    @Override
    protected final Tensor sums(Tensor prediction, Tensor target) {
        return sums(prediction, target, Optional.empty());
    }

    @Override
    protected final Tensor sums(Tensor prediction, Tensor target, Tensor weights) {
        return sums(prediction, target, Optional.of(weights));
    }

    /** See the two above; without weights each case counts 1. */
    abstract Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights);
}
