package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;

/** Predictions that hold several things for each example, side by side along axis 1. */
final class Parts {
    private Parts() {}

    static void require(Loss loss, Tensor prediction, int count, boolean vectors) {
        if (prediction.rank() != (vectors ? 3 : 2) || prediction.dim(1) != count) {
            throw new ShapeException(loss.name() + ": expected predictions (N, " + count + (vectors ? ", D)" : ")")
                    + ", got " + prediction.shape() + "; stack the " + count + " outputs along axis 1");
        }
    }

    static Tensor part(Tensor prediction, int index) {
        return prediction.narrow(1, index, 1).squeeze(1);
    }
}
