package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Scan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/** Which scans fall apart into lanes, and several of them at once. Their values are tested with all scans. */
class LanesTest {
    private static final int STEPS = 6;
    private static final int WIDTH = 24;

    private static Tensor some(long seed, int... dims) {
        return Random.seed(seed).normal(DType.F32, Shape.of(dims), 0, 0.3).evaluate();
    }

    /** The sum of the last carries h (N, W) of a cell over x (N, T, W). */
    private static Tensor scan(Tensor x, BinaryOperator<Tensor> cell) {
        Tensor first = Tensor.zeros(DType.F32, Shape.of(x.dim(0), WIDTH));
        Scan.Result result = Scan.over(List.of(x.transpose(0, 1)))
                .carry("h", first)
                .run(step -> step.next("h", cell.apply(step.input(0), step.carry("h"))));
        return result.last("h").square().sum();
    }

    /** The numbers of lanes of the scans of a plan for values and gradients. */
    private static List<Integer> lanes(int rows, BinaryOperator<Tensor> cell) {
        Tensor x = Tensor.input(DType.F32, Shape.of(rows, STEPS, WIDTH));
        Tensor loss = scan(x, cell);
        String text = Plan.compile(
                        List.of(x), List.of(loss, Gradients.of(loss, List.of(x)).getFirst()), Map.of())
                .describe();
        return List.of(text.split("repeat " + STEPS + " times")).stream()
                .skip(1)
                .map(scan -> scan.split("\n  lane", -1).length - 1)
                .toList();
    }

    @Test
    void rowsThatNeverMeetAreLanes() {
        Tensor w = some(1, WIDTH, WIDTH);
        BinaryOperator<Tensor> cell = (x, h) -> x.add(h.matmul(w)).tanh();
        assertEquals(List.of(3, 3), lanes(37, cell));
        assertEquals(List.of(2, 2), lanes(32, cell));
        assertEquals(List.of(2, 2), lanes(8, cell));
        assertEquals(List.of(1, 1), lanes(7, cell), "too few");
        assertEquals(List.of(1, 1), lanes(0, cell), "none");
        assertEquals(List.of(2, 2), lanes(WIDTH, cell), "as many as there are columns");
        assertEquals(List.of(2, 2), lanes(32, (x, h) -> h.add(x).softmax(1).mul(h.sumKeep(1))), "folds of a row");
    }

    @Test
    void rowsThatMeetAreOneLane() {
        Tensor w = some(1, WIDTH, WIDTH);
        Tensor square = some(2, 32, 32);
        assertEquals(List.of(1, 1), lanes(32, (x, h) -> square.matmul(h).add(x).tanh()), "a product of columns");
        assertEquals(List.of(1, 1), lanes(32, (x, h) -> x.add(h.flip(0)).tanh()), "another row");
        assertEquals(List.of(1, 1), lanes(32, (x, h) -> h.add(x).softmax(0)), "folds of a column");
        assertEquals(
                List.of(1, 1),
                lanes(WIDTH, (x, h) -> x.add(h.matmul(w)).add(h.transpose()).tanh()),
                "rows that are columns");
    }

    @Test
    void severalRunsAtOnceHaveTheBitsOfOne() throws Exception {
        Tensor w = some(1, WIDTH, WIDTH);
        Tensor x = Tensor.input(DType.F32, Shape.of(37, STEPS, WIDTH));
        Tensor loss = scan(x, (in, h) -> in.add(h.matmul(w)).tanh());
        Plan plan =
                Plan.compile(List.of(x), List.of(Gradients.of(loss, List.of(x)).getFirst()), Map.of());
        Tensor fed = some(3, 37, STEPS, WIDTH);
        float[] expected = run(plan.start(), fed);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Callable<float[]> one = () -> run(plan.start(), fed);
            for (Future<float[]> result : threads.invokeAll(Collections.nCopies(32, one))) {
                assertArrayEquals(expected, result.get());
            }
        }
    }

    private static float[] run(Execution execution, Tensor x) {
        execution.input(0, x);
        execution.run();
        return execution.outputTensor(0).toFloatArray();
    }
}
