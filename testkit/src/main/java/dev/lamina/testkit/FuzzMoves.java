package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.testkit.FuzzGraph.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Steps of random graphs that move elements: views, assembly, reading and writing by index. They fit every dtype. */
final class FuzzMoves {
    static final List<Step> STEPS = List.of(
            FuzzMoves::slice,
            FuzzMoves::slice,
            FuzzMoves::permute,
            FuzzMoves::chain,
            FuzzMoves::chain,
            FuzzMoves::chain,
            always(Tensor::flatten),
            FuzzMoves::reshape,
            FuzzMoves::reshape,
            FuzzMoves::expand,
            FuzzMoves::expand,
            FuzzMoves::axes,
            FuzzMoves::flip,
            FuzzMoves::pad,
            FuzzMoves::concat,
            FuzzMoves::stack,
            FuzzMoves::split,
            FuzzMoves::roll,
            FuzzMoves::repeat,
            FuzzMoves::triangle,
            FuzzMoves::diagonal,
            FuzzMoves::indexSelect,
            FuzzMoves::gather,
            FuzzMoves::scatter,
            FuzzMoves::scatterAdd,
            FuzzMoves::sort);

    /** What costs nothing, since it is read through strides. */
    private static final List<Step> VIEWS = List.of(
            FuzzMoves::slice,
            FuzzMoves::slice,
            FuzzMoves::slice,
            FuzzMoves::permute,
            FuzzMoves::permute,
            FuzzMoves::reshape,
            FuzzMoves::expand,
            FuzzMoves::axes,
            FuzzMoves::flip);

    private FuzzMoves() {}

    /** Some views of views. */
    private static Optional<Traced> chain(FuzzGraph graph, Traced x) {
        Traced moved = x;
        for (int i = 2 + graph.below(3); i > 0; i--) {
            Traced from = moved;
            moved = VIEWS.get(graph.below(VIEWS.size()))
                    .apply(graph, from)
                    .filter(y -> y.shape().size() <= FuzzGraph.LARGEST && y.rank() <= 6)
                    .filter(y -> y.shape().size() > 0 || from.shape().size() == 0 || graph.chance(20))
                    .orElse(from);
        }
        return Optional.of(moved);
    }

    private static Step always(UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(x.moved(call.apply(x.tensor())));
    }

    /** An axis of x, from either end. */
    static int axis(FuzzGraph graph, Traced x) {
        int axis = graph.below(x.rank());
        return graph.chance(30) ? axis - x.rank() : axis;
    }

    private static Optional<Traced> slice(FuzzGraph graph, Traced x) {
        List<Index> indices = new ArrayList<>();
        boolean ellipsis = graph.chance(20);
        int named = ellipsis ? graph.below(x.rank() + 1) : x.rank();
        for (int i = 0; i < named; i++) {
            if (graph.chance(8) && x.rank() < 5) {
                indices.add(Index.newAxis());
            }
            // behind an ellipsis the axes are counted from the end
            indices.add(index(graph, x.shape().dim(ellipsis ? i - named : i)));
        }
        if (ellipsis) {
            indices.add(0, Index.ellipsis());
        }
        return Optional.of(x.moved(x.tensor().slice(indices.toArray(Index[]::new))));
    }

    private static Index index(FuzzGraph graph, int extent) {
        int from = graph.below(extent + 1);
        int to = from + graph.below(extent - from + 1);
        return switch (graph.below(9)) {
            case 0 -> Index.range(from, to);
            case 1 -> Index.range(from, to, 1 + graph.below(4));
            case 2 -> Index.every(graph.chance(50) ? -1 : -1 - graph.below(3));
            case 3 -> Index.every(1 + graph.below(3));
            case 4 -> Index.from(graph.chance(50) ? -1 - graph.below(extent + 1) : Math.min(from, 2));
            case 5 -> Index.to(graph.chance(50) ? -1 : to);
            case 6 -> extent == 0 ? Index.all() : Index.at(graph.below(2 * extent) - extent);
            case 7 -> Index.range(to, from, -1 - graph.below(3));
            default -> Index.all();
        };
    }

    private static Optional<Traced> permute(FuzzGraph graph, Traced x) {
        if (x.rank() < 2) {
            return Optional.empty();
        }
        if (graph.chance(30)) {
            return Optional.of(x.moved(x.tensor().transpose()));
        }
        int[] axes = new int[x.rank()];
        Arrays.setAll(axes, i -> i);
        shuffle(graph, axes);
        return Optional.of(x.moved(x.tensor().permute(axes)));
    }

    private static void shuffle(FuzzGraph graph, int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = graph.below(i + 1);
            int swap = values[i];
            values[i] = values[j];
            values[j] = swap;
        }
    }

    private static Optional<Traced> reshape(FuzzGraph graph, Traced x) {
        Tensor t = x.tensor();
        if (x.rank() >= 2 && graph.chance(60)) {
            int from = graph.below(x.rank() - 1);
            return Optional.of(x.moved(t.flatten(from, from + 1 + graph.below(x.rank() - from - 1))));
        }
        int factor = List.of(2, 3, 7, 13).get(graph.below(4));
        if (x.shape().size() == 0 || x.shape().size() % factor != 0) {
            return Optional.empty();
        }
        return Optional.of(x.moved(graph.chance(50) ? t.reshape(factor, -1) : t.reshape(-1, factor)));
    }

    private static Optional<Traced> expand(FuzzGraph graph, Traced x) {
        int extent = graph.anyExtent();
        if (x.shape().size() * Math.max(extent, 1) > FuzzGraph.LARGEST || x.rank() > 4) {
            return Optional.empty();
        }
        for (int i = 0; i < x.rank(); i++) {
            if (x.shape().dim(i) == 1 && graph.chance(60)) {
                return Optional.of(x.moved(x.tensor().expandTo(x.shape().with(i, extent))));
            }
        }
        return Optional.of(x.moved(x.tensor().expandTo(x.shape().insert(0, extent))));
    }

    private static Optional<Traced> axes(FuzzGraph graph, Traced x) {
        if (graph.chance(40)) {
            return Optional.of(x.moved(x.tensor().squeeze()));
        }
        return x.rank() > 4 ? Optional.empty() : Optional.of(x.moved(x.tensor().unsqueeze(graph.below(x.rank() + 1))));
    }

    private static Optional<Traced> flip(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        return Optional.of(x.moved(x.tensor().flip(axis(graph, x))));
    }

    private static Optional<Traced> pad(FuzzGraph graph, Traced x) {
        int[] before = new int[x.rank()];
        int[] after = new int[x.rank()];
        for (int i = 0; i < x.rank(); i++) {
            before[i] = graph.below(3);
            after[i] = graph.below(3);
        }
        double value = graph.below(2);
        Tensor padded = x.tensor().pad(before, after, value);
        return Optional.of(new Traced(padded, Math.max(value, x.max()), x.error(), Math.min(1, x.grid())));
    }

    private static Optional<Traced> concat(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        Shape rest = x.shape().with(axis, 0);
        Traced y = graph.find(other -> !other.equals(x)
                        && other.rank() == x.rank()
                        && other.tensor().dtype() == x.tensor().dtype()
                        && other.shape().with(axis, 0).equals(rest))
                .orElseGet(() -> graph.leaf(
                        x.shape().with(axis, graph.below(4)), x.tensor().dtype()));
        Tensor joined = graph.chance(70)
                ? Tensor.concat(axis, x.tensor(), y.tensor())
                : Tensor.concat(axis, List.of(y.tensor(), x.tensor(), y.tensor()));
        return Optional.of(joint(joined, x, y));
    }

    private static Traced joint(Tensor result, Traced x, Traced y) {
        return new Traced(
                result, Math.max(x.max(), y.max()), Math.max(x.error(), y.error()), Math.min(x.grid(), y.grid()));
    }

    private static Optional<Traced> stack(FuzzGraph graph, Traced x) {
        if (x.rank() > 4) {
            return Optional.empty();
        }
        Traced y = graph.leaf(x.shape(), x.tensor().dtype());
        return Optional.of(joint(Tensor.stack(graph.below(x.rank() + 1), x.tensor(), y.tensor()), x, y));
    }

    private static Optional<Traced> split(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        int extent = x.shape().dim(axis);
        int cut = graph.below(extent + 1);
        List<Tensor> parts = graph.chance(50) || extent == 0
                ? x.tensor().split(axis, cut, extent - cut)
                : graph.chance(50)
                        ? x.tensor().splitEvery(axis, 1 + graph.below(extent))
                        : x.tensor().chunk(axis, 1 + graph.below(3));
        return Optional.of(x.moved(parts.get(graph.below(parts.size()))));
    }

    private static Optional<Traced> roll(FuzzGraph graph, Traced x) {
        if (x.rank() == 0) {
            return Optional.empty();
        }
        return Optional.of(x.moved(x.tensor().roll(axis(graph, x), graph.below(9) - 4)));
    }

    private static Optional<Traced> repeat(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.shape().size() * 4 > FuzzGraph.LARGEST) {
            return Optional.empty();
        }
        if (graph.chance(50)) {
            return Optional.of(x.moved(x.tensor().repeatInterleave(1 + graph.below(3), axis(graph, x))));
        }
        int[] times = new int[x.rank()];
        Arrays.fill(times, 1);
        times[graph.below(times.length)] = 1 + graph.below(3);
        return Optional.of(x.moved(x.tensor().repeat(times)));
    }

    private static Optional<Traced> triangle(FuzzGraph graph, Traced x) {
        if (x.rank() < 2) {
            return Optional.empty();
        }
        int k = graph.below(5) - 2;
        return Optional.of(
                x.moved(graph.chance(50) ? x.tensor().tril(k) : x.tensor().triu(k)));
    }

    private static Optional<Traced> diagonal(FuzzGraph graph, Traced x) {
        boolean square = x.rank() >= 2 && x.shape().dim(-1) == x.shape().dim(-2);
        return square ? Optional.of(x.moved(x.tensor().diagonal())) : Optional.empty();
    }

    /** Indices below an extent. */
    private static Tensor below(FuzzGraph graph, int extent, int... dims) {
        double[] values = new double[(int) Shape.of(dims).size()];
        Arrays.setAll(values, i -> graph.below(extent));
        return FuzzLeaves.tensor(values, Shape.of(dims), DType.I64);
    }

    private static Optional<Traced> indexSelect(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.shape().size() == 0) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        Tensor rows = below(graph, x.shape().dim(axis), graph.below(9));
        return Optional.of(x.moved(x.tensor().indexSelect(axis, rows)));
    }

    private static Optional<Traced> gather(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.shape().size() == 0) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        Tensor index = below(
                graph,
                x.shape().dim(axis),
                x.shape().with(axis, 1 + graph.below(5)).dims());
        return Optional.of(x.moved(x.tensor().gather(axis, index)));
    }

    /** Writes at distinct places, so that the order of writing does not matter. */
    private static Optional<Traced> scatter(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.shape().size() == 0) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        int[] places = new int[x.shape().dim(axis)];
        Arrays.setAll(places, i -> i);
        shuffle(graph, places);
        int count = 1 + graph.below(places.length);
        Shape shape = x.shape().with(axis, count);
        int[] along = new int[x.rank()];
        Arrays.fill(along, 1);
        along[x.shape().axis(axis)] = count;
        double[] values = Arrays.stream(places).limit(count).asDoubleStream().toArray();
        Tensor index = FuzzLeaves.tensor(values, Shape.of(along), DType.I64).expandTo(shape);
        Traced source = graph.leaf(shape, x.tensor().dtype());
        return Optional.of(joint(x.tensor().scatter(axis, index, source.tensor()), x, source));
    }

    private static Optional<Traced> scatterAdd(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.shape().size() == 0 || x.tensor().dtype() == DType.BOOL) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        int count = 1 + graph.below(6);
        Shape shape = x.shape().with(axis, count);
        Tensor index = below(graph, x.shape().dim(axis), shape.dims());
        Traced source = graph.leaf(shape, x.tensor().dtype());
        Tensor result = x.tensor().scatterAdd(axis, index, source.tensor());
        double grid = Math.min(x.grid(), source.grid());
        return Optional.of(Traced.rounded(result, x.max() + count * source.max(), x.error(), grid, 2 + count));
    }

    /** Sorted values change no more than the elements do; where they stood is another matter. */
    private static Optional<Traced> sort(FuzzGraph graph, Traced x) {
        if (x.rank() == 0 || x.tensor().dtype() == DType.BOOL || (graph.smooth() && !x.exact())) {
            return Optional.empty();
        }
        int axis = axis(graph, x);
        if (x.exact() && graph.chance(30)) {
            return Optional.of(Traced.integer(
                    x.tensor().argsort(axis, graph.chance(50)), x.shape().dim(axis)));
        }
        if (graph.chance(40) && x.shape().dim(axis) > 0) {
            int k = 1 + graph.below(x.shape().dim(axis));
            return Optional.of(
                    x.moved(x.tensor().topK(k, axis, graph.chance(50)).values()));
        }
        return Optional.of(x.moved(x.tensor().sort(axis, graph.chance(50)).values()));
    }
}
