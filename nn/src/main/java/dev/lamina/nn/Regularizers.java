package dev.lamina.nn;

/** Ready penalties of parameters, added to the loss. */
public final class Regularizers {
    private Regularizers() {}

    /** weight * sum |w|: pushes values to 0. */
    public static Regularizer l1(double weight) {
        return new Regularizer(weight, 0);
    }

    /** weight * sum w^2: keeps values small. */
    public static Regularizer l2(double weight) {
        return new Regularizer(0, weight);
    }

    /** l1 * sum |w| + l2 * sum w^2 (elastic net, Zou and Hastie 2005). */
    public static Regularizer elastic(double l1, double l2) {
        return new Regularizer(l1, l2);
    }
}
