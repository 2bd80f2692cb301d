package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A mapped function gives for each example what the function gives for it alone. */
class VmapTest {
    private static final Tensor WEIGHTS = random(3, 4, 2);
    private static final Tensor BATCH = random(7, 5, 3, 4);
    private static final Tensor TABLE = random(11, 3, 4);

    private static Tensor random(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F64, Shape.of(shape), 0, 1).evaluate();
    }

    /** Functions of one example (3, 4), at least one for each family. */
    static Stream<Arguments> functions() {
        Tensor places = Tensor.of(new long[] {2, 0, 0, 1}, 1, 4);
        return Stream.of(
                named("elementwise", x -> x.gt(0).where(x.exp().add(x.mul(2)), x.maximum(-1))),
                named("reduce", x -> x.sum(1).add(x.max()).add(x.argmax(1))),
                named("scan", x -> x.cumsum(0).cumprod(1)),
                named("reshape", x -> x.reshape(2, 6).add(1)),
                named("permute", x -> x.transpose().mul(3)),
                named("expand", x -> x.unsqueeze(0).expand(2, 3, 4)),
                named("slice", x -> x.slice(Index.every(-1), Index.range(1, 4, 2))),
                named("pad", x -> x.pad(new int[] {1, 0}, new int[] {0, 2}, 0.5)),
                named("concat", x -> Tensor.concat(0, x, x.neg(), TABLE)),
                named("stop", x -> x.stopGradient().add(x)),
                named("contract", x -> x.matmul(WEIGHTS)),
                named("contract with the table", x -> TABLE.transpose().matmul(x)),
                named("contract with itself", x -> x.matmul(x.transpose())),
                named("gather from the example", x -> x.gather(0, places)),
                named("gather by the example", x -> TABLE.take(x.argmax(0))),
                named("scatter into the example", x -> x.scatter(0, places, TABLE.narrow(0, 0, 1))),
                named("scatter of the example", x -> TABLE.scatterAdd(0, places, x.narrow(0, 1, 1))),
                named("sort", x -> x.sort(1, true).values()),
                named("argsort", x -> x.argsort(0, false)),
                named(
                        "sample",
                        x -> x.add(Random.of(x.sum().mul(1e6).cast(DType.I64)).uniform(DType.F64, x.shape(), 0, 1))),
                named("recompute", x -> Recompute.of(in -> in.get(0).tanh().square(), x)),
                named("attention", x -> x.scaledDotProductAttention(x.cumsum(0), x.mul(2))),
                named(
                        "gradient of attention",
                        x -> Gradients.of(
                                        Attention.plain()
                                                .causal()
                                                .of(x, x.cumsum(0), x.mul(2))
                                                .square()
                                                .sum(),
                                        List.of(x))
                                .getFirst()),
                named("softmax", x -> x.softmax(-1)),
                named("constant", x -> Tensor.ones(2)),
                named(
                        "gradient",
                        x -> Gradients.of(x.matmul(WEIGHTS).tanh().sum(), List.of(x))
                                .getFirst()),
                named(
                        "gradient of a gather",
                        x -> Gradients.of(x.gather(0, places).square().sum(), List.of(x))
                                .getFirst()),
                named("second order", x -> {
                    Tensor first = Gradients.of(
                                    x.matmul(WEIGHTS).tanh().square().sum(), List.of(x))
                            .getFirst();
                    return Gradients.of(first.square().sum(), List.of(x)).getFirst();
                }));
    }

    private static Arguments named(String name, Function<Tensor, Tensor> function) {
        return Arguments.of(Named.of(name, function));
    }

    @ParameterizedTest
    @MethodSource("functions")
    void equalsALoop(Function<Tensor, Tensor> function) {
        assertLoop(function, BATCH);
        assertLoop(function, BATCH.narrow(0, 2, 1));
    }

    private static void assertLoop(Function<Tensor, Tensor> function, Tensor batch) {
        List<Tensor> each = new ArrayList<>();
        for (int i = 0; i < batch.dim(0); i++) {
            each.add(function.apply(batch.slice(Index.at(i)).evaluate()));
        }
        Tensor expected = Tensor.stack(0, each);
        Tensor got = Vmap.of(function).apply(batch);
        assertEquals(expected.shape(), got.shape());
        assertEquals(expected.dtype(), got.dtype());
        assertArrayEquals(expected.toDoubleArray(), got.toDoubleArray(), 1e-12);
    }

    @ParameterizedTest
    @MethodSource("functions")
    void anEmptyBatchGivesAnEmptyResult(Function<Tensor, Tensor> function) {
        Tensor got = Vmap.of(function).apply(Tensor.zeros(DType.F64, Shape.of(0, 3, 4)));
        assertEquals(function.apply(BATCH.slice(Index.at(0))).shape().insert(0, 0), got.shape());
        assertArrayEquals(new double[0], got.toDoubleArray());
    }

    @Test
    void perExampleGradients() {
        Variable w = Variable.of("w", WEIGHTS);
        Tensor targets = random(5, 5, 3, 2);
        List<Tensor> gradients = Vmap.map(
                in -> {
                    Tensor loss =
                            in.get(0).matmul(w.value()).sub(in.get(1)).square().mean();
                    return List.of(Gradients.of(loss, List.of(w)).get(w));
                },
                List.of(BATCH, targets));
        assertEquals(Shape.of(5, 4, 2), gradients.getFirst().shape());
        Tensor loss = BATCH.matmul(w.value()).sub(targets).square().mean();
        assertArrayEquals(
                Gradients.of(loss, List.of(w)).get(w).toDoubleArray(),
                gradients.getFirst().mean(0).toDoubleArray(),
                1e-12);
    }

    @Test
    void mapsOfMaps() {
        Function<Tensor, Tensor> row = x -> x.softmax(0).cumsum(0);
        assertArrayEquals(
                BATCH.softmax(2).cumsum(2).toDoubleArray(),
                Vmap.of(Vmap.of(row)).apply(BATCH).toDoubleArray(),
                1e-12);
    }

    @Test
    void batchesMustAgree() {
        assertThrows(
                ShapeException.class,
                () -> Vmap.map(in -> List.of(in.get(0).add(in.get(1))), List.of(Tensor.ones(2), Tensor.ones(3))));
        assertThrows(ShapeException.class, () -> Vmap.of(x -> x).apply(Tensor.scalar(1)));
    }
}
