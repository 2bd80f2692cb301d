package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Initializers.Fan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Bounds and deviations of first values against PyTorch's. */
class GoldenInitializersTest {
    @TestFactory
    Stream<DynamicNode> initializers() {
        List<DynamicNode> tests = new ArrayList<>();
        for (JsonElement element : Golden.manifest().getAsJsonArray("cases")) {
            JsonObject entry = element.getAsJsonObject();
            if (entry.get("group").getAsString().equals("init")) {
                tests.add(dynamicTest(entry.get("name").getAsString(), () -> check(entry)));
            }
        }
        assertEquals(10, tests.size());
        return tests.stream();
    }

    private static void check(JsonObject entry) {
        Args args = new Args(entry.getAsJsonObject("args"));
        Args expected = new Args(entry.getAsJsonObject("expected"));
        Tensor values = initializer(entry.get("op").getAsString(), args).create(DType.F64, shape(args), Random.seed(3));
        if (expected.has("gram")) {
            Tensor gram = values.matmul(values.transpose());
            assertTrue(gram.sub(Tensor.eye(20).toF64()).abs().max().item() < 1e-12);
            return;
        }
        double[] numbers = values.toDoubleArray();
        double deviation = expected.number("std", 0);
        double found =
                Math.sqrt(Arrays.stream(numbers).map(v -> v * v).average().orElseThrow());
        assertEquals(deviation, found, 4 * deviation / Math.sqrt(2.0 * numbers.length));
        assertEquals(0, Arrays.stream(numbers).average().orElseThrow(), 5 * deviation / Math.sqrt(numbers.length));
        if (expected.has("bound")) {
            double bound = expected.number("bound", 0);
            double largest = Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
            assertTrue(largest <= bound * (1 + 1e-12) && largest > 0.99 * bound, largest + " of " + bound);
        }
    }

    /** Kernels are (window..., in, out) here. */
    private static Shape shape(Args args) {
        if (args.has("shape")) {
            int[] oihw = args.ints("shape");
            return Shape.of(oihw[2], oihw[3], oihw[1], oihw[0]);
        }
        return Shape.of(args.integer("fan_in", 0), args.integer("fan_out", 0));
    }

    private static Initializer initializer(String op, Args args) {
        double gain = args.number("gain", 1);
        Fan fan = args.text("mode", "fan_in").equals("fan_out") ? Fan.OUT : Fan.IN;
        return switch (op) {
            case "init/xavier_uniform" -> Initializers.varianceScaling(gain * gain, Fan.AVERAGE, true);
            case "init/xavier_normal" -> Initializers.varianceScaling(gain * gain, Fan.AVERAGE, false);
            case "init/kaiming_uniform" -> Initializers.varianceScaling(gain * gain, fan, true);
            case "init/kaiming_normal" -> Initializers.varianceScaling(gain * gain, fan, false);
            case "init/lecun_uniform" -> Initializers.lecunUniform();
            case "init/lecun_normal" -> Initializers.lecunNormal();
            case "init/orthogonal" -> Initializers.orthogonal(gain);
            default -> throw new AssertionError(op);
        };
    }
}
