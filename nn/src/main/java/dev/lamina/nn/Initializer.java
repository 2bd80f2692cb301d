package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;

/** The rule for the first value of a parameter; ready ones are in {@link Initializers}. */
@FunctionalInterface
public interface Initializer {
    /**
     * The first value.
     *
     * @param dtype element type of the parameter
     * @param shape its shape; a kernel is (in, out), with window axes in front
     * @param random numbers of this parameter alone: they follow from the seed of the model and the path of the parameter
     */
    Tensor create(DType dtype, Shape shape, Random random);
}
