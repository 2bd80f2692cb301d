package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;

/** First values that are matrices as a whole. */
final class Matrices {
    private Matrices() {}

    /** The identity, cut or filled with zeros to a shape of two axes. */
    static Tensor identity(DType dtype, Shape shape) {
        if (shape.rank() != 2) {
            throw new ShapeException(
                    "identity: expected a matrix, got the shape " + shape + "; use another initializer");
        }
        Tensor rows = Tensor.arange(DType.I64, shape.dim(0)).unsqueeze(1);
        return rows.eq(Tensor.arange(DType.I64, shape.dim(1))).cast(dtype);
    }

    /** Orthonormal rows or columns, whichever are fewer, uniformly distributed: normal numbers, made orthogonal one by one. */
    static Tensor orthogonal(DType dtype, Shape shape, Random random) {
        if (shape.rank() < 2) {
            throw new ShapeException(
                    "orthogonal: expected a matrix, got the shape " + shape + "; use another initializer for vectors");
        }
        int columns = shape.dim(-1);
        int rows = (int) (shape.size() / Math.max(1, columns));
        int count = Math.min(rows, columns);
        int length = Math.max(rows, columns);
        double[] vectors =
                random.normal(DType.F64, Shape.of(count, length), 0, 1).toDoubleArray();
        for (int i = 0; i < count; i++) {
            orthonormalize(vectors, i, length);
        }
        Tensor matrix = Tensor.of(vectors, count, length);
        return (rows < columns ? matrix : matrix.transpose())
                .reshape(shape.dims())
                .cast(dtype);
    }

    /** Row i less its parts along the rows before (twice, which is as exact as reflections), at length 1. */
    private static void orthonormalize(double[] vectors, int i, int length) {
        for (int pass = 0; pass < 2; pass++) {
            for (int k = 0; k < i; k++) {
                double along = dot(vectors, i, k, length);
                for (int c = 0; c < length; c++) {
                    vectors[i * length + c] -= along * vectors[k * length + c];
                }
            }
        }
        double norm = Math.sqrt(dot(vectors, i, i, length));
        for (int c = 0; c < length; c++) {
            vectors[i * length + c] /= norm;
        }
    }

    private static double dot(double[] vectors, int a, int b, int length) {
        double sum = 0;
        for (int c = 0; c < length; c++) {
            sum += vectors[a * length + c] * vectors[b * length + c];
        }
        return sum;
    }
}
