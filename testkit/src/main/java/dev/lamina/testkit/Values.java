package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** Compares tensors element by element. */
public final class Values {
    private Values() {}

    /**
     * What is wrong with a tensor, if anything.
     *
     * <p>A float passes when {@code |got - expected| <= atol + rtol * |expected|}, an infinite one and a NaN when they
     * are the same; integers and truth values must be equal. Shape and dtype must agree.
     *
     * @return the first differing element, the count of wrong ones and the largest error, or empty when all is well
     */
    public static Optional<String> difference(Tensor got, Tensor expected, double rtol, double atol) {
        if (!got.shape().equals(expected.shape())) {
            return Optional.of("expected shape " + expected.shape() + ", got " + got.shape());
        }
        if (got.dtype() != expected.dtype()) {
            return Optional.of("expected dtype " + expected.dtype() + ", got " + got.dtype());
        }
        if (expected.dtype().isFloat()) {
            return floats(got.toDoubleArray(), expected.toDoubleArray(), got.shape(), rtol, atol);
        }
        return longs(integers(got), integers(expected), got.shape());
    }

    /** The elements of an integer or bool tensor. */
    static long[] integers(Tensor tensor) {
        if (tensor.dtype() != DType.BOOL) {
            return tensor.toLongArray();
        }
        boolean[] flags = tensor.toBooleanArray();
        long[] values = new long[flags.length];
        for (int i = 0; i < flags.length; i++) {
            values[i] = flags[i] ? 1 : 0;
        }
        return values;
    }

    private static Optional<String> floats(double[] got, double[] expected, Shape shape, double rtol, double atol) {
        int first = -1;
        int wrong = 0;
        double largest = 0;
        for (int i = 0; i < got.length; i++) {
            if (!near(got[i], expected[i], rtol, atol)) {
                first = first < 0 ? i : first;
                wrong++;
                largest = Math.max(largest, Math.abs(got[i] - expected[i]));
            }
        }
        if (wrong == 0) {
            return Optional.empty();
        }
        return Optional.of("index " + index(first, shape) + ": expected " + expected[first] + ", got " + got[first]
                + ", allowed error " + (atol + rtol * Math.abs(expected[first])) + "; " + wrong + " of " + got.length
                + " values wrong, max error " + largest);
    }

    private static boolean near(double got, double expected, double rtol, double atol) {
        if (Double.isNaN(expected) || Double.isInfinite(expected)) {
            return Double.compare(got, expected) == 0;
        }
        return Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
    }

    private static Optional<String> longs(long[] got, long[] expected, Shape shape) {
        int first = Arrays.mismatch(got, expected);
        if (first < 0) {
            return Optional.empty();
        }
        int wrong = 0;
        double largest = 0;
        for (int i = first; i < got.length; i++) {
            wrong += got[i] != expected[i] ? 1 : 0;
            largest = Math.max(largest, Math.abs((double) got[i] - expected[i]));
        }
        return Optional.of("index " + index(first, shape) + ": expected " + expected[first] + ", got " + got[first]
                + "; " + wrong + " of " + got.length + " values wrong, max error " + largest);
    }

    /** The index of an element in row-major order, as Python writes it. */
    static String index(long flat, Shape shape) {
        int[] index = new int[shape.rank()];
        long rest = flat;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = (int) (rest % shape.dim(axis));
            rest /= shape.dim(axis);
        }
        return Shape.of(index).toString();
    }
}
