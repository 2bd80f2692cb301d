package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** Random tensors have the same bits on every backend; what is computed from them agrees as closely as any function. */
final class RandomNumbers {
    private static final Map<String, Function<Random, Tensor>> EXACT = exact();
    private static final Map<String, Function<Random, Tensor>> CLOSE = close();

    private RandomNumbers() {}

    static Stream<DynamicNode> tests(String backend) {
        return Stream.concat(
                EXACT.entrySet().stream().map(draw -> test(backend, draw.getKey(), draw.getValue(), 0)),
                CLOSE.entrySet().stream().map(draw -> test(backend, draw.getKey(), draw.getValue(), 1e-6)));
    }

    private static DynamicNode test(String backend, String name, Function<Random, Tensor> draw, double tolerance) {
        return dynamicTest(name, () -> {
            Tensor seed = Tensor.scalar(0x1234_5678_9abc_def0L);
            for (boolean traced : new boolean[] {false, true}) {
                Tensor expected = OnBackend.of("interpreter", () -> drawn(draw, traced, seed));
                Tensor got = OnBackend.of(backend, () -> drawn(draw, traced, seed));
                Values.difference(got, expected, tolerance, tolerance).ifPresent(text -> {
                    throw new AssertionError(name + ": " + text);
                });
            }
        });
    }

    private static Tensor drawn(Function<Random, Tensor> draw, boolean traced, Tensor seed) {
        return draw.apply(traced ? Random.of(seed) : Random.seed(-77)).evaluate();
    }

    private static Map<String, Function<Random, Tensor>> exact() {
        Map<String, Function<Random, Tensor>> draws = new LinkedHashMap<>();
        for (int n : new int[] {0, 1, 3, 7, 207, 4098}) {
            draws.put("uniform f32 " + n, random -> random.uniform(Shape.of(n)));
            draws.put("uniform f64 " + n, random -> random.uniform(DType.F64, Shape.of(n), 0, 1));
        }
        draws.put("second draw", random -> Tensor.stack(0, random.uniform(Shape.of(9)), random.uniform(Shape.of(9))));
        draws.put(
                "turned around",
                random -> random.uniform(Shape.of(13, 7)).transpose().slice(Index.every(-2)));
        draws.put("broadcast", random -> random.uniform(Shape.of(7, 1)).mul(2).expand(7, 13));
        draws.put(
                "every third row",
                random -> random.uniform(Shape.of(20, 5)).slice(Index.every(3)).add(0.25));
        draws.put("bernoulli", random -> random.bernoulli(0.3, Shape.of(207)));
        draws.put("dropout", random -> random.bernoulli(0.5, Shape.of(13, 7)).where(Tensor.ones(13, 7), 0));
        draws.put("permutation", random -> random.permutation(207));
        draws.put("integers", random -> random.integers(-5, 6, Shape.of(207)));
        return draws;
    }

    private static Map<String, Function<Random, Tensor>> close() {
        Map<String, Function<Random, Tensor>> draws = new LinkedHashMap<>();
        draws.put("normal f32", random -> random.normal(Shape.of(207)));
        draws.put("normal f64", random -> random.normal(DType.F64, Shape.of(207), 1, 0.5));
        draws.put("truncated normal f32", random -> random.truncatedNormal(DType.F32, Shape.of(207), 0, 1));
        draws.put("truncated normal f64", random -> random.truncatedNormal(DType.F64, Shape.of(207), 0, 1));
        return draws;
    }
}
