package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.testkit.FuzzGraph.Step;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Steps of random graphs: which one is taken, and the element by element functions of floats. */
final class FuzzSteps {
    private static final List<Step> SMOOTH = List.of(
            function(1, 0, Tensor::neg),
            function(1, 1, Tensor::sin),
            function(1, 1, Tensor::cos),
            function(1, 1, Tensor::tanh),
            function(1, 1, Tensor::sigmoid),
            function(1.2, 1, Tensor::erf),
            function(1, 2, Tensor::atan),
            function(1, 1, Tensor::softsign),
            grown(1.2, Tensor::silu),
            grown(1.2, Tensor::gelu),
            grown(1.2, Tensor::geluTanh),
            grown(1.2, x -> x.softplus(1)),
            grown(1.2, Tensor::mish),
            function(2.8, 2.8, x -> x.tanh().exp()),
            function(2.8, 1.8, x -> x.tanh().expm1()),
            grown(1, x -> x.square().add(1).sqrt()),
            function(1, 1, x -> x.square().add(1).rsqrt()),
            function(1, 1, x -> x.square().add(1).reciprocal()),
            function(1, 7, x -> x.square().add(1).log()),
            function(1, 7, x -> x.square().log1p()),
            grid(0.5, x -> x.mul(0.5)),
            grid(1, x -> x.add(0.75)),
            grid(1, x -> x.rsub(0.25)),
            grid(0.25, x -> x.div(-4)),
            FuzzSteps::trivial,
            FuzzSteps::square,
            FuzzSteps::sum,
            FuzzSteps::product,
            FuzzSteps::quotient,
            FuzzSteps::power);
    private static final List<Step> KINKED = List.of(
            function(1, 32, Tensor::abs),
            function(1, 32, Tensor::relu),
            grown(1, x -> x.leakyRelu(0.1)),
            grown(1, x -> x.elu(0.5)),
            function(1, 1, Tensor::hardSigmoid),
            grown(2, Tensor::hardSwish),
            function(1, 2, x -> x.clamp(-1.5, 2)),
            function(7.4, 7.4, x -> x.minimum(2).exp()),
            function(2, 32, x -> x.abs().add(0.5).log()),
            function(1, 32, x -> x.maximum(-0.5)),
            function(1, 32, x -> x.maximum(1)),
            function(1, 32, x -> x.minimum(0)),
            FuzzSteps::extreme,
            FuzzSteps::between);
    private static final List<Step> JUMPS = List.of(
            whole(Tensor::floor),
            whole(Tensor::ceil),
            whole(Tensor::round),
            whole(Tensor::sign),
            FuzzSteps::compareNumber,
            FuzzSteps::compare,
            FuzzSteps::toInteger,
            truth(Tensor::isNan),
            truth(Tensor::isFinite),
            truth(Tensor::isInfinite));
    private static final List<Step> CASTS = List.of(FuzzSteps::toFloat);

    private FuzzSteps() {}

    /** A step that fits the kind of value: about half of the steps move elements, the others compute. */
    static Step pick(FuzzGraph graph, Traced x) {
        int ticket = graph.below(100);
        if (ticket < 36) {
            return any(graph, FuzzMoves.STEPS);
        }
        if (ticket < 50) {
            return any(graph, x.isFloat() ? FuzzReductions.FLOATS : FuzzReductions.INTEGERS);
        }
        if (!x.isFloat()) {
            return any(
                    graph,
                    ticket < 65 ? CASTS : x.tensor().dtype() == DType.BOOL ? FuzzIntegers.TRUTHS : FuzzIntegers.STEPS);
        }
        if (ticket < 58 && x.exact() && !graph.smooth()) {
            return any(graph, JUMPS);
        }
        if (ticket < 72 && (x.exact() || !graph.smooth())) {
            return any(graph, KINKED);
        }
        return any(graph, ticket < 76 ? CASTS : SMOOTH);
    }

    private static Step any(FuzzGraph graph, List<Step> steps) {
        return steps.get(graph.below(steps.size()));
    }

    /** A function with a Lipschitz constant and a bound. */
    private static Step function(double slope, double bound, UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(
                Traced.rounded(call.apply(x.tensor()), bound == 0 ? x.max() : bound, slope * x.error(), 0, 16));
    }

    /** A function f with |f(x)| below |x| + 1. */
    private static Step grown(double slope, UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(Traced.rounded(call.apply(x.tensor()), x.max() + 1, slope * x.error(), 0, 16));
    }

    /** A linear function with a factor that is a power of two and a summand below 1 on a grid of 1/4. */
    private static Step grid(double factor, UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(Traced.rounded(
                call.apply(x.tensor()),
                x.max() * factor + 1,
                factor * x.error(),
                Math.min(0.25, x.grid() * factor),
                2));
    }

    private static Step whole(UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(Traced.rounded(call.apply(x.tensor()), x.max() + 1, 0, 1, 0));
    }

    private static Step truth(UnaryOperator<Tensor> call) {
        return (graph, x) -> Optional.of(Traced.integer(call.apply(x.tensor()), 1));
    }

    /** Operations with 0, 1 and -1, which the compiler may leave out or replace. */
    private static Optional<Traced> trivial(FuzzGraph graph, Traced x) {
        int c = graph.below(3) - 1;
        Tensor t = x.tensor();
        Tensor result = switch (graph.below(8)) {
            case 0 -> t.add(c);
            case 1 -> t.sub(c);
            case 2 -> t.rsub(c);
            case 3 -> t.mul(c);
            case 4 -> t.div(c == 0 ? 1 : c);
            case 5 -> t.neg().neg();
            case 6 -> t.pow(Math.abs(c));
            default -> t.mul(t.onesLike()).add(t.zerosLike());
        };
        return Optional.of(Traced.rounded(result, x.max() + 1, x.error(), Math.min(0.25, x.grid()), 2));
    }

    private static Optional<Traced> square(FuzzGraph graph, Traced x) {
        Tensor result = graph.chance(50) ? x.tensor().square() : x.tensor().pow(2);
        return Optional.of(Traced.rounded(result, x.max() * x.max(), 2 * x.max() * x.error(), x.grid() * x.grid(), 4));
    }

    /** Another float or small integer operand whose shape goes together with that of x. */
    static Optional<Traced> partner(FuzzGraph graph, Traced x) {
        Optional<Traced> found =
                graph.find(y -> !y.equals(x) && (y.isFloat() || y.max() <= 127) && fits(x.shape(), y.shape()));
        if (found.isPresent() && graph.chance(75)) {
            return found;
        }
        return Optional.of(graph.leaf(broadcastable(graph, x.shape()), graph.floats()));
    }

    /** True when both shapes broadcast to one that is not too large. */
    static boolean fits(Shape a, Shape b) {
        long size = 1;
        for (int i = 1; i <= Math.max(a.rank(), b.rank()); i++) {
            int left = i <= a.rank() ? a.dim(-i) : 1;
            int right = i <= b.rank() ? b.dim(-i) : 1;
            if (left != right && left != 1 && right != 1) {
                return false;
            }
            size *= left == 1 ? right : left;
        }
        return size <= FuzzGraph.LARGEST && Math.max(a.rank(), b.rank()) <= 5;
    }

    /** A shape that broadcasts against another one: some extents 1, some leading axes absent, some new ones. */
    static Shape broadcastable(FuzzGraph graph, Shape shape) {
        int drop = graph.chance(30) ? graph.below(shape.rank() + 1) : 0;
        int[] dims = new int[shape.rank() - drop];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = graph.chance(25) ? 1 : shape.dim(i + drop);
        }
        Shape result = Shape.of(dims);
        boolean wider = drop == 0 && graph.chance(15) && shape.rank() < 4 && shape.size() * 3 <= FuzzGraph.LARGEST;
        return wider ? result.insert(0, 1 + graph.below(3)) : result;
    }

    private static double ofGrids(Traced x, Traced y) {
        return Math.min(x.grid(), y.grid());
    }

    private static Optional<Traced> sum(FuzzGraph graph, Traced x) {
        return partner(graph, x).map(y -> {
            Tensor result =
                    graph.chance(50) ? x.tensor().add(y.tensor()) : x.tensor().sub(y.tensor());
            return Traced.rounded(result, x.max() + y.max(), x.error() + y.error(), ofGrids(x, y), 2);
        });
    }

    private static Optional<Traced> product(FuzzGraph graph, Traced x) {
        return partner(graph, x)
                .map(y -> Traced.rounded(
                        x.tensor().mul(y.tensor()),
                        x.max() * y.max(),
                        x.error() * (y.max() + y.error()) + y.error() * x.max(),
                        x.grid() * y.grid(),
                        2));
    }

    /** x / (y * y + 1). */
    private static Optional<Traced> quotient(FuzzGraph graph, Traced x) {
        return partner(graph, x)
                .map(y -> Traced.rounded(
                        x.tensor().div(y.tensor().square().add(1.0)), x.max(), x.error() + x.max() * y.error(), 0, 8));
    }

    /** (x * x + 0.5) to the power of tanh(y). */
    private static Optional<Traced> power(FuzzGraph graph, Traced x) {
        return partner(graph, x).filter(Traced::isFloat).map(y -> {
            double largest = Math.max(2, x.max() * x.max() + 0.5);
            double error = 8 * x.max() * x.error() + largest * Math.max(Math.log(largest), 0.7) * y.error();
            Tensor result = x.tensor().square().add(0.5).pow(y.tensor().tanh());
            return Traced.rounded(result, largest, error, 0, 32);
        });
    }

    private static Optional<Traced> extreme(FuzzGraph graph, Traced x) {
        return partner(graph, x).filter(y -> y.exact() || !graph.smooth()).map(y -> {
            Tensor result = graph.chance(50)
                    ? x.tensor().maximum(y.tensor())
                    : x.tensor().minimum(y.tensor());
            return chosen(result, x, y);
        });
    }

    /** Where a condition holds x, else another value. */
    private static Optional<Traced> between(FuzzGraph graph, Traced x) {
        return partner(graph, x).map(y -> {
            Shape both = Shape.broadcast(x.shape(), y.shape());
            Tensor condition = graph.find(c -> c.tensor().dtype() == DType.BOOL && fits(c.shape(), both))
                    .orElseGet(() -> graph.leaf(broadcastable(graph, x.shape()), DType.BOOL))
                    .tensor();
            return fits(condition.shape(), both)
                    ? chosen(condition.where(x.tensor(), y.tensor()), x, y)
                    : chosen(x.tensor().maskedFill(condition, 0.5), x, new Traced(x.tensor(), 0.5, 0, 0.5));
        });
    }

    /** Elements of two values, widened without rounding. */
    private static Traced chosen(Tensor result, Traced x, Traced y) {
        return new Traced(result, Math.max(x.max(), y.max()), Math.max(x.error(), y.error()), ofGrids(x, y));
    }

    private static Optional<Traced> compareNumber(FuzzGraph graph, Traced x) {
        double number = (graph.below(13) - 6) / 4.0;
        Tensor t = x.tensor();
        return Optional.of(Traced.integer(
                switch (graph.below(6)) {
                    case 0 -> t.lt(number);
                    case 1 -> t.le(number);
                    case 2 -> t.gt(number);
                    case 3 -> t.ge(number);
                    case 4 -> t.eq(number);
                    default -> t.ne(number);
                },
                1));
    }

    private static Optional<Traced> compare(FuzzGraph graph, Traced x) {
        return partner(graph, x).filter(Traced::exact).map(y -> compared(graph, x.tensor(), y.tensor()));
    }

    /** One of the six comparisons. */
    static Traced compared(FuzzGraph graph, Tensor x, Tensor y) {
        return Traced.integer(
                switch (graph.below(6)) {
                    case 0 -> x.lt(y);
                    case 1 -> x.le(y);
                    case 2 -> x.gt(y);
                    case 3 -> x.ge(y);
                    case 4 -> x.eq(y);
                    default -> x.ne(y);
                },
                1);
    }

    private static Optional<Traced> toInteger(FuzzGraph graph, Traced x) {
        DType[] types = {DType.I64, DType.I32, DType.I8, DType.U8, DType.BOOL};
        return Optional.of(Traced.integer(x.tensor().cast(types[graph.below(types.length)]), x.max() + 1));
    }

    /** To another float type; integers only where they are represented exactly. */
    private static Optional<Traced> toFloat(FuzzGraph graph, Traced x) {
        DType[] types = {graph.floats(), DType.F32, DType.F64, DType.BF16, DType.F16};
        DType type = types[graph.below(graph.smooth() ? 3 : types.length)];
        boolean narrow = x.max() > Math.scalb(1.0, Traced.digits(type)) || x.max() > 30000;
        if (!x.isFloat() && narrow) {
            return Optional.empty();
        }
        return Optional.of(Traced.rounded(x.tensor().cast(type), x.max(), x.error(), x.grid(), 1));
    }
}
