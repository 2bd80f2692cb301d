package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Which maps follow a product in one task, which must not, and that the values stay the same. */
class ChainTest {
    private static final int M = 12;
    private static final int K = 7;
    private static final int N = 10;

    private final Tensor x = random(1, M, K);
    private final Tensor w = random(2, K, N);
    private final Tensor bias = random(3, N);

    private record Step(List<Tensor> outputs, Map<Variable, Tensor> updates) {}

    private static Tensor random(long seed, int... dims) {
        return Random.seed(seed).normal(DType.F32, Shape.of(dims), 0, 1).evaluate();
    }

    private static String tasks(Supplier<Tensor> output) {
        return tasksOf(() -> new Step(List.of(output.get()), Map.of()));
    }

    /** The tasks of a step with new variables, after its values on tasks and on the CPU were compared with the interpreter's. */
    private static String tasksOf(Supplier<Step> step) {
        List<double[]> expected = OnBackend.of("interpreter", () -> values(step.get()));
        for (String backend : List.of("tasks", "cpu")) {
            List<double[]> got = OnBackend.of(backend, () -> values(step.get()));
            for (int i = 0; i < expected.size(); i++) {
                double largest =
                        DoubleStream.of(expected.get(i)).map(Math::abs).max().orElse(0);
                assertArrayEquals(expected.get(i), got.get(i), 1e-5 * largest, backend + ", value " + i);
            }
        }
        return OnBackend.of("tasks", () -> plan(step.get()).describe());
    }

    private static Plan plan(Step step) {
        return Plan.compile(List.of(), step.outputs, step.updates);
    }

    private static List<double[]> values(Step step) {
        Execution execution = plan(step).start();
        execution.run();
        execution.run();
        List<double[]> values = new ArrayList<>();
        for (int i = 0; i < step.outputs.size(); i++) {
            values.add(execution.outputTensor(i).toDoubleArray());
        }
        step.updates.keySet().forEach(variable -> values.add(variable.value().toDoubleArray()));
        return values;
    }

    private static int count(String tasks, String what) {
        return tasks.split(java.util.regex.Pattern.quote(what), -1).length - 1;
    }

    private static int chains(String tasks) {
        return count(tasks, "Chain[");
    }

    private static int loops(String tasks) {
        return count(tasks, ": loop");
    }

    // ---------------------------------------------------------------- chains

    @Test
    void biasAndActivationTakeNoMemoryOfTheirOwn() {
        String tasks = tasks(() -> x.matmul(w).add(bias).gelu());
        assertEquals(1, chains(tasks), tasks);
        assertTrue(tasks.contains("1 tasks, 0 bytes"), tasks);
    }

    @Test
    void residualAndDropoutAndCastFollowToo() {
        Tensor residual = random(4, M, N);
        String tasks = tasks(() -> {
            Tensor y = x.matmul(w).add(bias);
            return Random.seed(7)
                    .uniform(DType.F32, y.shape(), 0, 1)
                    .lt(0.8)
                    .where(y, 0.0)
                    .add(residual)
                    .cast(DType.BF16);
        });
        assertEquals(1, chains(tasks), tasks);
        assertEquals(0, loops(tasks), tasks);
    }

    @Test
    void anActivationThatIsNeededForTheGradientIsStoredWithTheSum() {
        String tasks = tasksOf(() -> {
            Variable b = Variable.of("b", bias);
            Tensor loss = x.matmul(w)
                    .add(b.value())
                    .gelu()
                    .matmul(random(5, N, 3))
                    .square()
                    .mean();
            return new Step(
                    List.of(loss),
                    Map.of(b, b.value().sub(Gradients.of(loss, List.of(b)).get(b))));
        });
        assertEquals(2, chains(tasks), tasks);
        String chain = tasks.substring(0, tasks.indexOf("\n1: "));
        assertEquals(2, count(chain, "<-"), "the sum, over the product, and the activation: " + chain);
    }

    @Test
    void reluKeepsItsResultOnly() {
        String tasks = tasksOf(() -> {
            Variable v = Variable.of("v", w);
            Tensor loss = x.matmul(v.value())
                    .add(bias)
                    .relu()
                    .matmul(random(5, N, 3))
                    .square()
                    .mean();
            return new Step(
                    List.of(loss),
                    Map.of(v, v.value().sub(Gradients.of(loss, List.of(v)).get(v))));
        });
        String chain = tasks.substring(0, tasks.indexOf("\n1: "));
        assertEquals(1, count(chain, "<-"), chain);
    }

    @Test
    void rowsOfManyAxesAreRowsOfTheProduct() {
        Tensor many = random(6, 3, 4, K);
        Tensor residual = random(7, 3, 4, N);
        String tasks = tasks(() -> many.matmul(w).add(bias).relu().add(residual));
        assertEquals(1, chains(tasks), tasks);
        assertEquals(0, loops(tasks), tasks);
        assertTrue(tasks.contains("loop [12, 10]"), tasks);
    }

    @Test
    void updatesFollowTheGradientInPlace() {
        String tasks = tasksOf(() -> {
            Variable v = Variable.of("v", w);
            Variable m = Variable.of("m", w.mul(0.1));
            Tensor g = x.transpose().matmul(x.matmul(v.value()));
            Tensor next = m.value().mul(0.9).add(g);
            return new Step(List.of(), ordered(m, next, v, v.value().sub(next.mul(0.1))));
        });
        assertEquals(1, chains(tasks), tasks);
        assertTrue(tasks.contains("2 tasks"), tasks);
    }

    @Test
    void aProductThatOthersReadIsStoredByTheEpilogue() {
        String tasks = tasksOf(() -> {
            Tensor y = x.matmul(w);
            return new Step(List.of(y.add(bias).tanh(), y.sum(0)), Map.of());
        });
        assertEquals(1, chains(tasks), tasks);
        assertEquals(1, loops(tasks), tasks);
    }

    @Test
    void ofTwoProductsInOneMapTheOneThatIsReadyLastLeads() {
        Tensor h = random(9, M, N);
        Tensor u = random(10, N, N);
        String tasks = tasks(() -> x.matmul(w).add(h.matmul(u)).add(bias).tanh());
        assertEquals(1, chains(tasks), tasks);
        assertEquals(0, loops(tasks), tasks);
        String nested = tasks(() -> {
            Tensor first = x.matmul(w);
            return first.matmul(u).add(first).tanh();
        });
        assertEquals(1, chains(nested), nested);
        assertEquals(0, loops(nested), nested);
    }

    /** Large enough for the CPU's minimal filtering, with many tiles (weights are transformed for all) and with few (the source is). */
    @Test
    void poolingLeadsAndSoDoesItsGradient() {
        Tensor x = random(20, 3, 8, 8, 5);
        String tasks = tasksOf(() -> {
            Tensor loss = x.relu().maxPool(2, 2).mul(random(21, 3, 4, 4, 5)).sum();
            return new Step(Gradients.of(loss, List.of(x)), Map.of());
        });
        assertEquals(1, count(tasks, "Chain[product=Pooling[kind=MAX_INPUT"), tasks);
    }

    /** The parts of a concatenation are stored inside of its rows: no rows and columns of a product. */
    @Test
    void aConcatenationBehindProductsIsNotTheirs() {
        Tensor x = random(22, 2, 8, 9, 4);
        Tensor kernel = random(23, 3, 3, 4, 8);
        for (int axis = 0; axis < 4; axis++) {
            int at = axis;
            tasks(() -> Tensor.concat(
                    at, x.conv(kernel).relu(), x.mul(2).conv(kernel).relu()));
            tasks(() ->
                    Tensor.concat(at, x.maxPool(2, 2).mul(2), x.maxPool(2, 2).mul(3)));
        }
    }

    @Test
    void convolutionsLeadToo() {
        for (int images : new int[] {4, 1}) {
            Tensor x = random(14, images, 18, 15, 40);
            Tensor residual = random(15, images, 18, 15, 70);
            Tensor kernel = random(16, 3, 3, 40, 70);
            String tasks = tasksOf(() -> {
                Variable v = Variable.of("v", kernel);
                Tensor y = x.conv(v.value(), Slide.by(1).padding(1))
                        .add(random(17, 70))
                        .relu()
                        .add(residual);
                Tensor g = Gradients.of(y.square().mean(), List.of(v)).get(v);
                return new Step(List.of(y), Map.of(v, v.value().sub(g)));
            });
            assertEquals(2, chains(tasks), tasks);
        }
    }

    // ---------------------------------------------------------------- no chains

    @Test
    void whatNeedsWholeRowsDoesNotFollow() {
        String tasks = tasks(() -> x.matmul(w).add(bias).softmax(-1));
        assertEquals(0, chains(tasks), tasks);
    }

    @Test
    void whatReadsAtAnotherIndexDoesNotFollow() {
        Tensor square = random(11, K, M);
        String tasks = tasks(() -> {
            Tensor y = x.matmul(square);
            return y.add(y.transpose());
        });
        assertEquals(0, chains(tasks), tasks);
        String part = tasks(() -> x.matmul(w).flip(1).add(1));
        assertEquals(0, chains(part), part);
    }

    @Test
    void aBiasThatSeesTheRowsOfAnExampleDoesNotFollow() {
        Tensor many = random(6, 3, 4, K);
        Tensor place = random(12, 4, N);
        String tasks = tasks(() -> many.matmul(w).add(place));
        assertEquals(0, chains(tasks), tasks);
    }

    @Test
    void whatWaitsForSomethingElseMadeOfTheProductDoesNotFollow() {
        String tasks = tasks(() -> {
            Tensor y = x.matmul(w);
            return y.sub(y.sum(0));
        });
        assertEquals(0, chains(tasks), tasks);
    }

    @Test
    void anOperandIsNotOverwrittenWhileItIsRead() {
        String tasks = tasksOf(() -> {
            Variable v = Variable.of("v", random(13, N, N).mul(0.1));
            return new Step(
                    List.of(),
                    Map.of(v, v.value().matmul(v.value()).add(v.value()).tanh()));
        });
        assertEquals(1, chains(tasks), tasks);
        assertEquals(1, loops(tasks), "the copy to the variable: " + tasks);
        assertFalse(tasks.contains(" 0 bytes"), tasks);
    }

    // ---------------------------------------------------------------- seeds

    @Test
    void theSeedOfReshapedNumbersIsComputedFirst() {
        Tensor number = Tensor.scalar(5L);
        tasks(() -> {
            Tensor drawn = Random.of(number.add(1)).uniform(DType.F32, Shape.of(3), 0, 1);
            return Tensor.concat(0, drawn.reshape(1, 3), Tensor.ones(DType.F32, Shape.of(1, 3)));
        });
    }

    private static Map<Variable, Tensor> ordered(Variable a, Tensor nextA, Variable b, Tensor nextB) {
        Map<Variable, Tensor> updates = new LinkedHashMap<>();
        updates.put(a, nextA);
        updates.put(b, nextB);
        return updates;
    }
}
