package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row as long as the vocabulary of a language model is one loop; beyond the limit there are several, with the same values. */
class LongRowsTest {
    @ParameterizedTest
    @CsvSource({"50000, 1", "65536, 1", "70000, 3"})
    void softmax(int length, int loops) {
        check(length, loops, x -> x.softmax(1));
    }

    @ParameterizedTest
    @CsvSource({"50000, 1", "65536, 1"})
    void gradientOfLogSoftmax(int length, int loops) {
        check(length, loops, x -> Gradients.of(x.logSoftmax(1), x, List.of(x)).get(0));
    }

    private static void check(int length, int loops, UnaryOperator<Tensor> rows) {
        Tensor x = Random.seed(1).normal(DType.F32, Shape.of(2, length), 0, 2).evaluate();
        double[] expected = OnBackend.of("interpreter", () -> rows.apply(x).toDoubleArray());
        for (String backend : List.of("tasks", "cpu")) {
            double[] got = OnBackend.of(backend, () -> rows.apply(x).toDoubleArray());
            assertArrayEquals(expected, got, 1e-5, backend);
        }
        String tasks = OnBackend.of(
                "tasks",
                () -> Plan.compile(List.of(), List.of(rows.apply(x)), Map.of()).describe());
        assertTrue(tasks.contains("\n" + loops + " tasks"), tasks);
    }
}
