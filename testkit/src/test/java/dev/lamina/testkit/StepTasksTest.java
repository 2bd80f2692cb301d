package dev.lamina.testkit;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Losses;
import dev.lamina.nn.Model;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.Sequential;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** How many tasks a training step is: each product takes its activation or its update with it, each bias gradient its update. */
class StepTasksTest {
    private record Step(Model model, Plan plan, Execution execution) {}

    private static Step classifier(int in, int... widths) {
        Model model = Sequential.of(dense(widths[0]).relu(), dense(widths[1]).relu(), dense(widths[2]));
        Tensor x = Random.seed(1).normal(DType.F32, Shape.of(64, in), 0, 1).evaluate();
        Tensor y = Random.seed(2)
                .uniform(DType.F32, Shape.of(64), 0, widths[2])
                .cast(DType.I64)
                .evaluate();
        model.seed(3);
        model.initialize(in);
        Tensor loss = Losses.sparseCategoricalCrossentropy().of(model.apply(x), y);
        Map<Variable, Tensor> updates = Optimizers.adam(1e-3)
                .updates(Gradients.of(loss, model.parameters()).asMap());
        Plan plan = Plan.compile(List.of(), List.of(loss), updates);
        return new Step(model, plan, plan.start());
    }

    private static Step regression() {
        Model model = Sequential.of(dense(64).relu(), dense(64).relu(), dense(1));
        Tensor x = Random.seed(1).normal(DType.F32, Shape.of(32, 20), 0, 1).evaluate();
        Tensor y = Random.seed(2).normal(DType.F32, Shape.of(32, 1), 0, 1).evaluate();
        model.seed(3);
        model.initialize(20);
        Tensor loss = Losses.mse().of(model.apply(x), y);
        Map<Variable, Tensor> updates = Optimizers.sgd(1e-2)
                .momentum(0.9)
                .updates(Gradients.of(loss, model.parameters()).asMap());
        Plan plan = Plan.compile(List.of(), List.of(loss), updates);
        return new Step(model, plan, plan.start());
    }

    private static void assertTasks(int expected, Supplier<Step> step) {
        String tasks = OnBackend.of("tasks", () -> step.get().plan.describe());
        assertTrue(tasks.contains("\n" + expected + " tasks"), tasks);
    }

    private static List<double[]> after(Step step) {
        for (int i = 0; i < 3; i++) {
            step.execution.run();
        }
        List<double[]> values =
                new ArrayList<>(List.of(step.execution.outputTensor(0).toDoubleArray()));
        step.model.parameters().forEach(p -> values.add(p.value().toDoubleArray()));
        return values;
    }

    private static void assertSameValues(Supplier<Step> step) {
        List<double[]> expected = OnBackend.of("interpreter", () -> after(step.get()));
        for (String backend : List.of("tasks", "cpu")) {
            List<double[]> got = OnBackend.of(backend, () -> after(step.get()));
            for (int i = 0; i < got.size(); i++) {
                double largest =
                        DoubleStream.of(expected.get(i)).map(Math::abs).max().orElse(0);
                assertArrayEquals(expected.get(i), got.get(i), 1e-4 * largest, backend + ", value " + i);
            }
        }
    }

    @Test
    void aClassifierWithAdam() {
        assertTasks(13, () -> classifier(784, 512, 256, 10));
        assertSameValues(() -> classifier(9, 14, 11, 4));
    }

    @Test
    void aRegressionWithMomentum() {
        // The last one is a copy: the bias of one element is read by the loop that computes its update.
        assertTasks(12, StepTasksTest::regression);
        assertSameValues(StepTasksTest::regression);
    }

    /** The time to compile does not grow with the number of steps; both are long enough for sums in parts. */
    @Test
    void sequencesOfAnyLengthAreTheSameTasks() {
        for (Supplier<Layer> layer : List.<Supplier<Layer>>of(() -> lstm(8), () -> gru(8))) {
            String few = sequenceTasks(layer.get(), 600);
            String many = sequenceTasks(layer.get(), 6000);
            assertTrue(few.contains("repeat 600 times") && many.contains("repeat 6000 times"), few);
            assertEquals(few.lines().count(), many.lines().count(), many);
            long inSteps = few.lines()
                    .filter(line -> line.matches("  (loop|MatMul|Chain).*"))
                    .count();
            assertEquals(4, inSteps, "a product and a loop, forward and backward:\n" + few);
        }
    }

    private static String sequenceTasks(Layer layer, int steps) {
        Model model = Sequential.of(embedding(20, 6), layer, dense(2));
        Tensor words = Random.seed(1)
                .uniform(DType.F32, Shape.of(4, steps), 0, 20)
                .cast(DType.I64)
                .evaluate();
        model.seed(3);
        model.initialize(DType.I64, Shape.of(steps));
        Tensor loss = Losses.sparseCategoricalCrossentropy().of(model.apply(words), Tensor.of(new long[] {0, 1, 1, 0}));
        Map<Variable, Tensor> updates = Optimizers.adam(1e-3)
                .updates(Gradients.of(loss, model.parameters()).asMap());
        return Plan.compile(List.of(), List.of(loss), updates).describe();
    }

    /** All of them and the common norm would be one loop, too large for a kernel. */
    @Test
    void manySmallParametersWithACommonNormTakeAFewTasks() {
        Map<Variable, Tensor> gradients = new LinkedHashMap<>();
        for (int i = 0; i < 60; i++) {
            Tensor gradient =
                    Random.seed(i).normal(DType.F32, Shape.of(64), 0, 1).evaluate();
            gradients.put(Variable.of("p" + i, Tensor.zeros(64)), gradient);
        }
        Map<Variable, Tensor> fed = new LinkedHashMap<>();
        gradients.keySet().forEach(variable -> fed.put(variable, Tensor.input(DType.F32, variable.shape())));
        Map<Variable, Tensor> updates = Optimizers.adam(1e-3).clipNorm(1).updates(fed);
        String tasks =
                Plan.compile(List.copyOf(fed.values()), List.of(), updates).describe();
        Matcher count = Pattern.compile("\\n(\\d+) tasks").matcher(tasks);
        assertTrue(count.find() && Integer.parseInt(count.group(1)) <= 140, tasks);
        Optimizer optimizer = Optimizers.sgd(1).clipNorm(1);
        optimizer.step(gradients);
        double norm = 0;
        for (Variable parameter : gradients.keySet()) {
            norm += parameter.value().square().sum().item();
        }
        assertEquals(1, norm, 1e-4);
    }

    @Test
    void theGradientOfAnEmbeddingAddsToNoMatrixOfZeros() {
        Tensor table = Tensor.input(DType.F32, Shape.of(5000, 8));
        Tensor rows = table.take(Tensor.of(new int[] {3, 1, 3, 4999}, 4));
        Tensor gradient = Gradients.of(rows.square().sum(), List.of(table)).getFirst();
        String tasks = OnBackend.of(
                "tasks",
                () -> Plan.compile(List.of(table), List.of(gradient), Map.of()).describe());
        assertTrue(!tasks.contains("loop [5000"), tasks);
        assertTrue(tasks.contains("Scattering"), tasks);
    }

    @Test
    void aColumnAndARowAreNoProduct() {
        Tensor column = Random.seed(1).normal(DType.F32, Shape.of(5, 1), 0, 1).evaluate();
        Tensor row = Random.seed(2).normal(DType.F32, Shape.of(1, 4), 0, 1).evaluate();
        String tasks = OnBackend.of(
                "tasks",
                () -> Plan.compile(List.of(), List.of(column.matmul(row).tanh()), Map.of())
                        .describe());
        assertTrue(tasks.contains("\n1 tasks") && !tasks.contains("MatMul"), tasks);
        assertArrayEquals(column.mul(row).toDoubleArray(), column.matmul(row).toDoubleArray());
    }
}
