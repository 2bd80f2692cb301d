package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Precision;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Convolutions and pooling of a training step are tasks that go through their images together, with the values of one after the other. */
class ImagesTest {
    private static Tensor random(long seed, int... dims) {
        return Random.seed(seed).normal(Shape.of(dims)).evaluate();
    }

    private static Variable variable(long seed, int... dims) {
        return Variable.of("w" + seed, random(seed, dims).mul(0.2));
    }

    /** Two convolutions and a pooling over 16 images, with gradients and updates of all kernels and biases. */
    private static Plan step(List<Variable> variables) {
        Tensor x = random(1, 16, 14, 14, 3);
        Tensor h =
                x.conv(variables.get(0).value()).add(variables.get(1).value()).relu();
        Tensor y =
                h.conv(variables.get(2).value()).add(variables.get(3).value()).relu();
        Tensor loss = y.maxPool(2, 2).mul(random(2, 16, 5, 5, 32)).sum();
        List<Tensor> gradients =
                Gradients.of(loss, variables.stream().map(Variable::value).toList());
        Map<Variable, Tensor> updates = new LinkedHashMap<>();
        for (int i = 0; i < variables.size(); i++) {
            Variable variable = variables.get(i);
            updates.put(variable, variable.value().sub(gradients.get(i).mul(1e-3)));
        }
        return Plan.compile(List.of(), List.of(loss), updates);
    }

    private static List<Variable> variables() {
        return List.of(variable(3, 3, 3, 3, 16), variable(4, 16), variable(5, 3, 3, 16, 32), variable(6, 32));
    }

    private static List<double[]> values() {
        List<Variable> variables = variables();
        Execution execution = step(variables).start();
        execution.run();
        execution.run();
        List<double[]> values = new ArrayList<>();
        values.add(execution.outputTensor(0).toDoubleArray());
        variables.forEach(variable -> values.add(variable.value().toDoubleArray()));
        return values;
    }

    private static void checkValues(Precision precision, double tolerance) {
        List<double[]> expected = OnBackend.of("interpreter", () -> precision.call(ImagesTest::values));
        for (String backend : List.of("tasks", "cpu")) {
            List<double[]> got = OnBackend.of(backend, () -> precision.call(ImagesTest::values));
            for (int i = 0; i < expected.size(); i++) {
                double largest =
                        DoubleStream.of(expected.get(i)).map(Math::abs).max().orElse(0);
                assertArrayEquals(expected.get(i), got.get(i), tolerance * largest, backend + ", value " + i);
            }
        }
    }

    @Test
    void valuesAsFromTheInterpreter() {
        checkValues(Precision.f32(), 1e-5);
    }

    @Test
    void valuesOfRoundedFactorsToo() {
        // A sum that comes out another way may round to the next bf16.
        checkValues(Precision.bf16(), 1e-3);
    }

    @Test
    void forwardAndBackwardAreOneTask() {
        String tasks = OnBackend.of("tasks", () -> step(variables()).describe());
        List<Integer> sizes = new ArrayList<>();
        Matcher images = Pattern.compile(": images, (\\d+) tasks").matcher(tasks);
        while (images.find()) {
            sizes.add(Integer.valueOf(images.group(1)));
        }
        // The gradient of the loss is data, so nothing stands between the two.
        assertEquals(List.of(7), sizes, tasks);
        // The second bias sums what its windows get, not what lies between.
        assertTrue(tasks.contains("loop [32, 16, 5, 5] reduced 3"), tasks);
    }
}
