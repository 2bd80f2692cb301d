package dev.lamina.core;

/** Sums of products. */
public sealed interface LinearAlgebra permits Tensor {
    /** This tensor. */
    Tensor self();

    /**
     * Matrix product: (B..., M, K) times (B..., K, N) gives (B..., M, N). Batch axes are broadcast. A vector on the
     * left stands for a row (1, K), one on the right for a column (K, 1); that axis disappears from the result.
     */
    default Tensor matmul(Tensor other) {
        DType dtype = DType.promote(self().dtype(), other.dtype());
        boolean fits = self().rank() > 0
                && other.rank() > 0
                && dtype != DType.BOOL
                && self().dim(-1) == other.dim(Math.max(other.rank() - 2, 0));
        if (!fits) {
            throw new ShapeException("matmul: expected (..., M, K) and (..., K, N), got " + self().dtype() + " "
                    + self().shape() + " and " + other.dtype() + " " + other.shape()
                    + "; the last axis of the first must equal the last but one of the second");
        }
        Tensor a = self().cast(dtype);
        Tensor b = other.cast(dtype);
        Tensor result = matrices(a.rank() == 1 ? a.unsqueeze(0) : a, b.rank() == 1 ? b.unsqueeze(1) : b);
        Shape shape = result.shape();
        shape = b.rank() == 1 ? shape.remove(-1) : shape;
        shape = a.rank() == 1 ? shape.remove(b.rank() == 1 ? -1 : -2) : shape;
        return result.reshape(shape);
    }

    /** Inner product of two vectors (K,): a scalar. */
    default Tensor dot(Tensor other) {
        if (self().rank() != 1 || !self().shape().equals(other.shape())) {
            throw new ShapeException("dot: expected two vectors (K,), got " + self().shape() + " and " + other.shape()
                    + "; use matmul for matrices");
        }
        return self().matmul(other);
    }

    /** Outer product of vectors (M,) and (N,): (M, N). */
    default Tensor outer(Tensor other) {
        if (self().rank() != 1 || other.rank() != 1) {
            throw new ShapeException("outer: expected vectors (M,) and (N,), got " + self().shape() + " and "
                    + other.shape() + "; flatten them first");
        }
        return self().unsqueeze(1).mul(other);
    }

    /** Sum of the diagonal of (B..., N, N): (B...). */
    default Tensor trace() {
        return self().diagonal().sum(-1);
    }

    /**
     * Attention of this tensor's queries (B..., H, T, D) to keys (B..., G, S, D) and values (B..., G, S, E), see {@link Attention}: (B..., H,
     * T, E). Other than by hand, no matrix of scores is kept in memory.
     */
    default Tensor scaledDotProductAttention(Tensor key, Tensor value) {
        return Attention.plain().of(self(), key, value);
    }

    private static Tensor matrices(Tensor a, Tensor b) {
        int m = a.dim(-2);
        int k = a.dim(-1);
        int n = b.dim(-1);
        DType rounded = Precision.current().factors(a.dtype());
        Shape batch;
        try {
            batch = Shape.broadcast(a.shape().range(0, a.rank() - 2), b.shape().range(0, b.rank() - 2));
        } catch (ShapeException e) {
            throw new ShapeException("matmul: expected batch axes that can be broadcast, got " + a.shape() + " and "
                    + b.shape() + "; all axes but the last two are batch axes");
        }
        if (b.shape().range(0, b.rank() - 2).size() == 1) {
            // One matrix on the right: all rows of the left side make one tall matrix.
            long rows = a.shape().range(0, a.rank() - 1).size();
            Tensor tall = a.reshape(Shape.of(Math.toIntExact(rows), k));
            return tall.product(b.reshape(Shape.of(k, n)), rounded).reshape(matrix(batch, m, n));
        }
        return a.expandTo(matrix(batch, m, k)).product(b.expandTo(matrix(batch, k, n)), rounded);
    }

    private static Shape matrix(Shape batch, int rows, int columns) {
        return batch.insert(batch.rank(), rows).insert(batch.rank() + 1, columns);
    }
}
