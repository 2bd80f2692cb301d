package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.backend.Backends;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Gradient checkpointing: the same value and gradients, in less memory. */
class RecomputeTest {
    private static final int LAYERS = 12;
    private static final int WIDTH = 64;

    private final List<Variable> weights = java.util.stream.IntStream.range(0, LAYERS)
            .mapToObj(i -> Variable.of("w" + i, Random.seed(i).normal(DType.F64, Shape.of(WIDTH, WIDTH), 0, 0.12)))
            .toList();
    private final Tensor x =
            Random.seed(99).normal(DType.F64, Shape.of(WIDTH, WIDTH), 0, 1).evaluate();

    private Tensor block(Tensor x, int from, int to) {
        Tensor y = x;
        for (int i = from; i < to; i++) {
            y = y.matmul(weights.get(i).value()).tanh();
        }
        return y;
    }

    private Tensor plain(Tensor x) {
        return block(x, 0, LAYERS).square().mean();
    }

    private Tensor checkpointed(Tensor x) {
        Tensor y = x;
        for (int from = 0; from < LAYERS; from += 4) {
            int start = from;
            y = Recompute.of(in -> block(in.get(0), start, start + 4), y);
        }
        return y.square().mean();
    }

    @Test
    void valueAndGradientsAreThoseOfThePlainGraph() {
        assertArrayEquals(plain(x).toDoubleArray(), checkpointed(x).toDoubleArray(), 0);
        Gradients expected = Gradients.of(plain(x), weights);
        Gradients got = Gradients.of(checkpointed(x), weights);
        for (Variable weight : weights) {
            assertArrayEquals(
                    expected.get(weight).toDoubleArray(), got.get(weight).toDoubleArray(), 1e-15);
        }
        assertArrayEquals(
                Gradients.of(plain(x), List.of(x)).getFirst().toDoubleArray(),
                Gradients.of(checkpointed(x), List.of(x)).getFirst().toDoubleArray(),
                1e-15);
    }

    @Test
    void secondOrder() {
        Tensor small = Tensor.of(new double[] {0.3, -0.8});
        BiFunction<Boolean, Tensor, Tensor> twice = (recomputed, point) -> {
            Tensor y = recomputed
                    ? Recompute.of(in -> in.get(0).tanh().mul(in.get(0)).exp(), point)
                    : point.tanh().mul(point).exp();
            Tensor first = Gradients.of(y.sum(), List.of(point)).getFirst();
            return Gradients.of(first.square().sum(), List.of(point)).getFirst();
        };
        assertArrayEquals(
                twice.apply(false, small).toDoubleArray(),
                twice.apply(true, small).toDoubleArray(),
                1e-13);
    }

    @Test
    void thePeakIsLower() {
        String before = Backends.current().name();
        Backends.use("null");
        try {
            long plain = peak(false);
            long checkpointed = peak(true);
            assertTrue(checkpointed < 0.75 * plain, checkpointed + " bytes against " + plain);
        } finally {
            Backends.use(before);
        }
    }

    private long peak(boolean recomputed) {
        Tensor input = Tensor.input(DType.F64, x.shape());
        Tensor loss = recomputed ? checkpointed(input) : plain(input);
        Map<Variable, Tensor> updates = new java.util.LinkedHashMap<>();
        Gradients.of(loss, weights)
                .asMap()
                .forEach(
                        (weight, gradient) -> updates.put(weight, weight.value().sub(gradient)));
        return Plan.compile(List.of(input), List.of(loss), updates).peakBytes();
    }
}
