package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.testkit.FuzzGraph.Step;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Steps of random graphs on integers and truth values. They wrap around and agree exactly. */
final class FuzzIntegers {
    static final List<Step> STEPS = List.of(
            FuzzIntegers::arithmetic,
            FuzzIntegers::arithmetic,
            FuzzIntegers::arithmetic,
            unary(Tensor::neg),
            unary(Tensor::abs),
            unary(Tensor::square),
            unary(Tensor::sign),
            unary(x -> x.add(3)),
            unary(x -> x.mul(5)),
            unary(x -> x.clamp(1, 6)),
            unary(x -> x.remainder(7)),
            unary(x -> x.maximum(2)),
            FuzzIntegers::compare,
            FuzzIntegers::compareNumber,
            FuzzIntegers::oneHot,
            FuzzIntegers::cast,
            FuzzIntegers::where);
    static final List<Step> TRUTHS = List.of(
            unary(Tensor::logicalNot),
            FuzzIntegers::logic,
            FuzzIntegers::logic,
            FuzzIntegers::cast,
            FuzzIntegers::where);

    private FuzzIntegers() {}

    private static Step unary(UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(unbounded(call.apply(x.tensor())));
    }

    /** An integer of which nothing but its type is known. */
    private static Traced unbounded(Tensor result) {
        return Traced.integer(result, Double.MAX_VALUE);
    }

    private static Optional<Traced> partner(FuzzGraph graph, Traced x, boolean truth) {
        Optional<Traced> found = graph.find(y ->
                !y.isFloat() && (y.tensor().dtype() == DType.BOOL) == truth && FuzzSteps.fits(x.shape(), y.shape()));
        if (found.isPresent() && graph.chance(75)) {
            return found;
        }
        Shape shape = FuzzSteps.broadcastable(graph, x.shape());
        return Optional.of(graph.leaf(shape, truth ? DType.BOOL : x.tensor().dtype()));
    }

    private static Optional<Traced> arithmetic(FuzzGraph graph, Traced x) {
        return partner(graph, x, false).map(y -> {
            Tensor a = x.tensor();
            Tensor b = y.tensor();
            return unbounded(
                    switch (graph.below(6)) {
                        case 0 -> a.add(b);
                        case 1 -> a.sub(b);
                        case 2 -> a.mul(b);
                        case 3 -> a.maximum(b);
                        case 4 -> a.minimum(b);
                        default -> a.remainder(b);
                    });
        });
    }

    private static Optional<Traced> compare(FuzzGraph graph, Traced x) {
        return partner(graph, x, false).map(y -> FuzzSteps.compared(graph, x.tensor(), y.tensor()));
    }

    private static Optional<Traced> compareNumber(FuzzGraph graph, Traced x) {
        int number = graph.below(7);
        return Optional.of(Traced.integer(
                graph.chance(50) ? x.tensor().ge(number) : x.tensor().eq(number), 1));
    }

    private static Optional<Traced> oneHot(FuzzGraph graph, Traced x) {
        int classes = 1 + graph.below(7);
        if (x.shape().size() * classes > FuzzGraph.LARGEST || x.rank() > 4) {
            return Optional.empty();
        }
        Tensor labels = x.tensor().remainder(classes).abs().cast(DType.I64).clamp(0, classes - 1);
        return Optional.of(new Traced(labels.oneHot(classes, graph.floats()), 1, 0, 1));
    }

    private static Optional<Traced> cast(FuzzGraph graph, Traced x) {
        DType[] types = {DType.I64, DType.I32, DType.I8, DType.U8, DType.BOOL};
        return Optional.of(Traced.integer(x.tensor().cast(types[graph.below(types.length)]), x.max()));
    }

    private static Optional<Traced> logic(FuzzGraph graph, Traced x) {
        return partner(graph, x, true)
                .map(y -> Traced.integer(
                        switch (graph.below(3)) {
                            case 0 -> x.tensor().logicalAnd(y.tensor());
                            case 1 -> x.tensor().logicalOr(y.tensor());
                            default -> x.tensor().logicalXor(y.tensor());
                        },
                        1));
    }

    private static Optional<Traced> where(FuzzGraph graph, Traced x) {
        return partner(graph, x, true)
                .map(condition -> unbounded(
                        condition.tensor().where(x.tensor(), x.tensor().onesLike())));
    }
}
