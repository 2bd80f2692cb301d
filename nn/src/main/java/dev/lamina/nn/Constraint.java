package dev.lamina.nn;

import dev.lamina.core.Tensor;

/**
 * Keeps a parameter where it shall be: an optimizer applies it to each new value, in the same compiled step. Ready ones are in
 * {@link Constraints}.
 */
@FunctionalInterface
public interface Constraint {
    /** Leaves values as they are. */
    Constraint NONE = value -> value;

    /**
     * The nearest allowed value.
     *
     * @param value what the optimizer computed, in the parameter's shape
     * @return of the same shape and dtype
     */
    Tensor of(Tensor value);
}
