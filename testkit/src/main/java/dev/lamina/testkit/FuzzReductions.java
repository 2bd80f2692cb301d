package dev.lamina.testkit;

import dev.lamina.core.Attention;
import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.testkit.FuzzGraph.Step;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Steps of random graphs that combine elements: reductions, running sums, softmax, matrix products. */
final class FuzzReductions {
    static final List<Step> FLOATS = List.of(
            FuzzReductions::sum,
            FuzzReductions::sum,
            FuzzReductions::mean,
            FuzzReductions::extreme,
            FuzzReductions::position,
            FuzzReductions::product,
            FuzzReductions::variance,
            FuzzReductions::logsumexp,
            FuzzReductions::norm,
            FuzzReductions::softmax,
            FuzzReductions::softmax,
            FuzzReductions::cumsum,
            FuzzReductions::cumprod,
            FuzzReductions::matmul,
            FuzzReductions::attention,
            FuzzReductions::matmul,
            FuzzReductions::einsum);
    static final List<Step> INTEGERS = List.of(
            FuzzReductions::sum,
            FuzzReductions::extreme,
            FuzzReductions::position,
            FuzzReductions::truth,
            FuzzReductions::cumsum,
            FuzzReductions::matmul);

    private FuzzReductions() {}

    /** Some axes of x, at times none, which means all of them. */
    private static int[] axes(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || graph.chance(15)) {
            return new int[0];
        }
        int[] some = IntStream.range(0, x.rank()).filter(i -> graph.chance(50)).toArray();
        return some.length > 0 ? some : new int[] {FuzzMoves.axis(graph, x)};
    }

    /** How many elements go into one. */
    private static int count(Traced x, int[] axes) {
        return axes.length == 0
                ? (int) x.shape().size()
                : Arrays.stream(axes).map(x.shape()::dim).reduce(1, (a, b) -> a * b);
    }

    private static boolean isBool(Traced x) {
        return x.tensor().dtype() == DType.BOOL;
    }

    /** A sum of n values below a bound; its rounding errors add up like a random walk. */
    private static Traced added(Tensor result, double n, double bound, double error, double grid) {
        return Traced.rounded(result, n * bound, n * error, grid, 4 + Math.sqrt(n));
    }

    private static Optional<Traced> sum(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        Tensor result = graph.chance(30) ? x.tensor().sumKeep(axes) : x.tensor().sum(axes);
        return Optional.of(added(result, count(x, axes), x.max(), x.error(), x.grid()));
    }

    private static Optional<Traced> mean(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        int n = count(x, axes);
        if (n == 0) {
            return Optional.empty();
        }
        Tensor result =
                graph.chance(30) ? x.tensor().meanKeep(axes) : x.tensor().mean(axes);
        return Optional.of(Traced.rounded(result, x.max(), x.error(), 0, 4 + Math.sqrt(n)));
    }

    private static Optional<Traced> extreme(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        boolean kinked = graph.smooth() && !x.exact();
        if (IntStream.of(x.shape().dims()).anyMatch(extent -> extent == 0) || isBool(x) || kinked) {
            return Optional.empty();
        }
        Tensor t = x.tensor();
        return Optional.of(x.moved(
                switch (graph.below(4)) {
                    case 0 -> t.max(axes);
                    case 1 -> t.maxKeep(axes);
                    case 2 -> t.min(axes);
                    default -> t.minKeep(axes);
                }));
    }

    private static Optional<Traced> position(FuzzGraph graph, Traced x) {
        if (!x.exact() || x.rank() == 0 || x.shape().size() == 0 || isBool(x)) {
            return Optional.empty();
        }
        int axis = FuzzMoves.axis(graph, x);
        Tensor t = x.tensor();
        Tensor result = switch (graph.below(4)) {
            case 0 -> t.argmax(axis);
            case 1 -> t.argmin(axis);
            case 2 -> t.argmaxKeep(axis);
            default -> t.argmax();
        };
        return Optional.of(Traced.integer(result, (double) x.shape().size()));
    }

    private static Optional<Traced> truth(FuzzGraph graph, Traced x) {
        Tensor condition = isBool(x) ? x.tensor() : x.tensor().gt(0);
        int[] axes = axes(graph, x);
        return Optional.of(Traced.integer(graph.chance(50) ? condition.any(axes) : condition.all(axes), 1));
    }

    private static Optional<Traced> product(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = FuzzMoves.axis(graph, x);
        int n = x.shape().dim(axis);
        if (n > 13) {
            return Optional.empty();
        }
        Tensor small = x.tensor().tanh();
        return Optional.of(Traced.rounded(small.prod(axis), 1, n * x.error(), 0, 8 + 2 * n));
    }

    private static Optional<Traced> variance(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        int n = count(x, axes);
        if (n < 2) {
            return Optional.empty();
        }
        Tensor result = x.tensor().var(graph.below(2), axes);
        // n / (n - 1) is at most 2
        double largest = 2 * x.max() * x.max();
        return Optional.of(Traced.rounded(result, largest, 8 * x.max() * x.error(), 0, 8 + 2 * Math.sqrt(n)));
    }

    private static Optional<Traced> logsumexp(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        int n = count(x, axes);
        if (n == 0) {
            return Optional.empty();
        }
        Tensor result =
                graph.chance(50) ? x.tensor().logsumexp(axes) : x.tensor().logsumexpKeep(axes);
        return Optional.of(Traced.rounded(result, x.max() + Math.log(n), x.error(), 0, 8 + Math.sqrt(n)));
    }

    private static Optional<Traced> norm(FuzzGraph graph, Traced x) {
        int[] axes = axes(graph, x);
        int n = count(x, axes);
        if (n == 0 || graph.smooth()) {
            return Optional.empty();
        }
        double order = List.of(1.0, 2.0).get(graph.below(2));
        // Next to zero the square root makes much of an error: the root of it.
        double root = order == 2 ? Math.sqrt(n * Traced.unit(x.tensor().dtype())) * x.max() : 0;
        Tensor result = x.tensor().norm(order, axes);
        return Optional.of(Traced.rounded(result, n * x.max(), n * x.error() + root, 0, 8 + Math.sqrt(n)));
    }

    private static Optional<Traced> softmax(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = FuzzMoves.axis(graph, x);
        int n = x.shape().dim(axis);
        if (n == 0) {
            return Optional.empty();
        }
        double roundings = 16 + Math.sqrt(n) + 2 * x.max();
        return Optional.of(
                graph.chance(50)
                        ? Traced.rounded(x.tensor().softmax(axis), 1, 2 * x.error(), 0, roundings)
                        : Traced.rounded(
                                x.tensor().logSoftmax(axis), 2 * x.max() + Math.log(n), 2 * x.error(), 0, roundings));
    }

    private static Optional<Traced> cumsum(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = FuzzMoves.axis(graph, x);
        int n = Math.max(1, x.shape().dim(axis));
        // Each partial sum is rounded to the dtype, so that errors grow with the count itself.
        return Optional.of(Traced.rounded(x.tensor().cumsum(axis), n * x.max(), n * x.error(), x.grid(), 4 + n));
    }

    private static Optional<Traced> cumprod(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = FuzzMoves.axis(graph, x);
        int n = x.shape().dim(axis);
        if (n > 13) {
            return Optional.empty();
        }
        return Optional.of(Traced.rounded(x.tensor().tanh().cumprod(axis), 1, n * x.error(), 0, 8 + 2 * n));
    }

    private static Optional<Traced> matmul(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || isBool(x)) {
            return Optional.empty();
        }
        int k = x.shape().dim(-1);
        int n = 1 + graph.below(9);
        int rows = x.rank() < 2 ? 1 : (int) (x.shape().size() / Math.max(k, 1));
        if ((long) rows * n * Math.max(k, 1) > 40 * FuzzGraph.LARGEST) {
            return Optional.empty();
        }
        Traced y = graph.chance(25) ? graph.leaf(Shape.of(k), x.tensor().dtype()) : weights(graph, x, k, n);
        Tensor result = x.tensor().matmul(y.tensor());
        return Optional.of(Traced.rounded(
                result,
                k * x.max() * y.max(),
                k * (x.error() * y.max() + y.error() * x.max()),
                x.grid() * y.grid(),
                4 + Math.sqrt(k)));
    }

    /** Attention of bounded queries to fresh keys and values. */
    private static Optional<Traced> attention(FuzzGraph graph, Traced x) {
        DType dtype = x.tensor().dtype();
        if (x.rank() < 2
                || (dtype != DType.F32 && dtype != DType.F64)
                || x.shape().size() == 0) {
            return Optional.empty();
        }
        int keys = 1 + graph.below(20);
        int width = x.shape().dim(-1);
        if (x.shape().size() / width * keys > FuzzGraph.LARGEST) {
            return Optional.empty();
        }
        Traced k = graph.leaf(x.shape().with(-2, keys), dtype);
        Traced v = graph.leaf(x.shape().with(-2, keys).with(-1, 1 + graph.below(9)), dtype);
        Attention attention = graph.chance(50) ? Attention.plain().causal() : Attention.plain();
        Tensor result = attention.of(x.tensor().tanh(), k.tensor(), v.tensor());
        // Weights change by at most twice as much as scores, relatively.
        double score = Math.sqrt(width) * k.max();
        double propagated = v.error() + 2 * v.max() * Math.sqrt(width) * (k.max() * x.error() + k.error());
        return Optional.of(Traced.rounded(result, v.max(), propagated, 0, 16 + keys + 8 * score * Math.sqrt(width)));
    }

    private static Traced weights(FuzzGraph graph, Traced x, int k, int n) {
        Shape shape = x.rank() > 2 && graph.chance(40) ? x.shape().with(-2, k).with(-1, n) : Shape.of(k, n);
        if (graph.chance(40)) {
            int rank = shape.rank();
            Shape turned = shape.with(rank - 2, n).with(rank - 1, k);
            Traced leaf = graph.leaf(turned, x.tensor().dtype());
            return leaf.moved(leaf.tensor().transpose());
        }
        return graph.leaf(shape, x.tensor().dtype());
    }

    /** The product with itself over the last axis: (B, M, K) gives (B, M, M). */
    private static Optional<Traced> einsum(FuzzGraph graph, Traced x) {
        if (x.rank() != 3
                || (long) x.shape().dim(0) * x.shape().dim(1) * x.shape().dim(1) > FuzzGraph.LARGEST) {
            return Optional.empty();
        }
        int k = x.shape().dim(2);
        Tensor result = Tensor.einsum("bij,bkj->bik", x.tensor(), x.tensor());
        double largest = k * x.max() * x.max();
        return Optional.of(
                Traced.rounded(result, largest, 2 * k * x.max() * x.error(), x.grid() * x.grid(), 4 + Math.sqrt(k)));
    }
}
