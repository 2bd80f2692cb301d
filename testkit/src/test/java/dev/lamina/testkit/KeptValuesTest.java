package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.cpu.Instructions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a plan keeps of variables that it only reads: computed or packed once, and anew when a variable has changed. */
class KeptValuesTest {
    /** Minimal filtering is not exact; weights of another round are off by an eighth and more. */
    private static final float TOLERANCE = 1e-4f;

    private final Random random = new Random(7);

    private static Stream<String> backends() {
        return Stream.concat(
                Stream.of("interpreter", "tasks", "cpu"),
                Stream.of(Instructions.values())
                        .filter(Instructions::isAvailable)
                        .map(instructions -> "guarded-" + instructions));
    }

    private Tensor some(int... dims) {
        float[] elements = new float[(int) Shape.of(dims).size()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = random.nextInt(-8, 9) / 8f;
        }
        return Tensor.of(elements, dims);
    }

    private static float[] run(Execution execution, Tensor x) {
        execution.input(0, x);
        execution.run();
        return execution.outputTensor(0).toFloatArray();
    }

    @Test
    void whatDependsOnVariablesAloneIsNoPartOfARun() {
        Variable scale = Variable.of("scale", some(5));
        Tensor x = Tensor.input(DType.F32, Shape.of(64, 5));
        String text = Plan.compile(List.of(x), List.of(x.mul(scale.value().exp())), Map.of())
                .describe();
        assertTrue(text.startsWith("once for many runs:\n0: ") && text.split("EXP", -1).length == 2, text);
        assertTrue(text.lastIndexOf("EXP") < text.lastIndexOf("0: "), text);
    }

    @Test
    void whatARunUpdatesIsAPartOfIt() {
        Variable scale = Variable.of("scale", some(5));
        Tensor x = Tensor.input(DType.F32, Shape.of(64, 5));
        String text = Plan.compile(
                        List.of(x),
                        List.of(x.mul(scale.value().exp())),
                        Map.of(scale, scale.value().mul(2)))
                .describe();
        assertFalse(text.contains("once"), text);
    }

    @Test
    void largerThanWhatItIsComputedFromIsNotKept() {
        Variable column = Variable.of("column", some(64, 1));
        Tensor x = Tensor.input(DType.F32, Shape.of(64, 64));
        Tensor table = column.value().add(column.value().transpose());
        String text = Plan.compile(List.of(x), List.of(x.mul(table)), Map.of()).describe();
        assertFalse(text.contains("once"), text);
    }

    /** Products that all kernels have a form of their own for, of small numbers of eighths, whose sums are exact. */
    private static Stream<Arguments> products() {
        List<Arguments> all = new ArrayList<>();
        BinaryOperator<Tensor> matmul = Tensor::matmul;
        BinaryOperator<Tensor> same = (x, w) -> x.conv(w, Slide.by(1).same()).relu();
        BinaryOperator<Tensor> strided = (x, w) -> x.conv(w, Slide.by(2));
        for (String backend : backends().toList()) {
            all.add(Arguments.of(backend, matmul, new int[] {1, 33}, new int[] {33, 7}));
            all.add(Arguments.of(backend, matmul, new int[] {70, 40}, new int[] {40, 50}));
            all.add(Arguments.of(backend, matmul, new int[] {3, 20, 16}, new int[] {3, 16, 40}));
            all.add(Arguments.of(backend, matmul, new int[] {2, 3, 20, 16}, new int[] {16, 40}));
            all.add(Arguments.of(backend, same, new int[] {2, 9, 11, 32}, new int[] {3, 3, 32, 40}));
            all.add(Arguments.of(backend, same, new int[] {1, 5, 5, 192}, new int[] {3, 3, 192, 192}));
            all.add(Arguments.of(backend, strided, new int[] {1, 9, 9, 3}, new int[] {3, 3, 3, 20}));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("products")
    void weightsArePackedAgainWhenTheyHaveChanged(String backend, BinaryOperator<Tensor> product, int[] x, int[] w) {
        for (DType rounded : List.of(DType.F32, DType.BF16)) {
            OnBackend.of(backend, () -> {
                Variable weights = Variable.of("weights", some(w));
                Tensor input = Tensor.input(DType.F32, Shape.of(x));
                Execution execution = in(
                        rounded,
                        () -> Plan.compile(
                                        List.of(input),
                                        List.of(product.apply(
                                                input, weights.value().mul(0.5))),
                                        Map.of())
                                .start());
                for (int round = 0; round < 3; round++) {
                    Tensor fed = some(x);
                    float[] expected = OnBackend.of(
                            "interpreter",
                            () -> product.apply(fed, weights.value().mul(0.5)).toFloatArray());
                    assertArrayEquals(expected, run(execution, fed), TOLERANCE, "round " + round);
                    assertArrayEquals(expected, run(execution, fed), TOLERANCE, "round " + round + " again");
                    weights.assign(some(w));
                }
                return true;
            });
        }
    }

    private static <T> T in(DType rounded, Supplier<T> body) {
        return rounded == DType.F32 ? body.get() : Precision.bf16().call(body);
    }

    @Test
    void anotherPlansUpdateIsSeen() {
        Variable scale = Variable.of("scale", Tensor.of(new float[] {1, 2}));
        Tensor x = Tensor.input(DType.F32, Shape.of(3, 2));
        Execution reads = Plan.compile(List.of(x), List.of(x.mul(scale.value().neg())), Map.of())
                .start();
        Execution updates = Plan.compile(
                        List.of(), List.of(), Map.of(scale, scale.value().add(1)))
                .start();
        Tensor ones = Tensor.ones(3, 2);
        assertArrayEquals(new float[] {-1, -2, -1, -2, -1, -2}, run(reads, ones));
        updates.run();
        assertArrayEquals(new float[] {-2, -3, -2, -3, -2, -3}, run(reads, ones));
    }

    @Test
    void executionsOfManyThreadsShareWhatIsKept() throws Exception {
        Variable weights = Variable.of("weights", some(3, 3, 32, 32));
        Tensor x = Tensor.input(DType.F32, Shape.of(1, 8, 8, 32));
        Plan plan = Plan.compile(
                List.of(x), List.of(x.conv(weights.value(), Slide.by(1).same())), Map.of());
        Tensor fed = some(1, 8, 8, 32);
        float[] expected = fed.conv(weights.value(), Slide.by(1).same()).toFloatArray();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Callable<float[]> one = () -> run(plan.start(), fed);
            for (Future<float[]> result : threads.invokeAll(Collections.nCopies(32, one))) {
                assertArrayEquals(expected, result.get());
            }
        }
    }
}
