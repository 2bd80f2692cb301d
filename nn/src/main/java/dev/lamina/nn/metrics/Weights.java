package dev.lamina.nn.metrics;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import java.util.Optional;

/** How much the cases of a metric count. */
final class Weights {
    private Weights() {}

    /**
     * A weight for each element of other values, flat (M,).
     *
     * @param weights of the leading axes of the values
     */
    static Tensor like(String metric, Tensor weights, Tensor values) {
        return spread(metric, weights, values).flatten();
    }

    /** A weight for each element of other values, in their shape. */
    static Tensor spread(String metric, Tensor weights, Tensor values) {
        if (weights.rank() > values.rank()
                || !values.shape().range(0, weights.rank()).equals(weights.shape())) {
            throw new ShapeException(metric + ": expected weights of the leading axes of " + values.shape() + ", got "
                    + weights.shape() + "; give one weight for each example or step");
        }
        return wide(weights, values.rank()).expandTo(values.shape());
    }

    /** Values (M, ...) times weights (M,), exactly 0 where they do not count. */
    static Tensor kept(Tensor values, Optional<Tensor> counted, Optional<Tensor> weights) {
        Tensor some = counted.map(kept -> wide(kept, values.rank()).where(values, values.zerosLike()))
                .orElse(values);
        return weights.map(each -> some.mul(wide(each, values.rank()).cast(values.dtype())))
                .orElse(some);
    }

    private static Tensor wide(Tensor some, int rank) {
        Tensor wide = some;
        while (wide.rank() < rank) {
            wide = wide.unsqueeze(-1);
        }
        return wide;
    }
}
