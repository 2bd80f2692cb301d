package dev.lamina.nn;

import dev.lamina.core.Tensor;

/**
 * A penalty on the size of parameters, added to the loss: l1 sum |w| + l2 sum w^2.
 *
 * @param l1 weight of the sum of absolute values: pushes values to 0
 * @param l2 weight of the sum of squares: keeps values small
 */
public record Regularizer(double l1, double l2) {
    /** No penalty. */
    public static final Regularizer NONE = new Regularizer(0, 0);

    /** Refuses negative weights. */
    public Regularizer {
        if (!(l1 >= 0 && l2 >= 0)) {
            throw new dev.lamina.core.LaminaException("regularizer: expected weights of 0 or more, got l1 " + l1
                    + " and l2 " + l2 + "; pass for example 1e-4");
        }
    }

    /** True when there is something to add. */
    public boolean isActive() {
        return l1 != 0 || l2 != 0;
    }

    /** The penalty of a parameter, a scalar. */
    public Tensor of(Tensor parameter) {
        Tensor absolute = parameter.abs().sum().mul(l1);
        Tensor squares = parameter.square().sum().mul(l2);
        return l2 == 0 ? absolute : l1 == 0 ? squares : absolute.add(squares);
    }
}
