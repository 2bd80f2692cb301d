package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gradients of what belongs to columns go through the rows together with those of what is normalized, on every path, as the interpreter has them. */
class BandTest {
    private static final int TIMES = 2;

    /** What is done to rows of x (R, W), with a scale (W) and a shift (W). */
    enum Rows {
        LAYER_NORM {
            @Override
            Tensor of(Tensor x, Tensor scale, Tensor shift) {
                Tensor centred = x.sub(x.meanKeep(-1));
                Tensor spread = centred.square().meanKeep(-1).add(1e-5).rsqrt();
                return centred.mul(spread).mul(scale).add(shift);
            }
        },
        RMS_NORM {
            @Override
            Tensor of(Tensor x, Tensor scale, Tensor shift) {
                return x.mul(x.square().meanKeep(-1).add(1e-5).rsqrt()).mul(scale);
            }
        },
        SOFTMAX_OF_BIASED {
            @Override
            Tensor of(Tensor x, Tensor scale, Tensor shift) {
                return x.mul(scale).add(shift).logSoftmax(-1);
            }
        };

        abstract Tensor of(Tensor x, Tensor scale, Tensor shift);
    }

    private static Tensor normal(long seed, int... dims) {
        return Random.seed(seed).normal(DType.F32, Shape.of(dims), 0, 2).evaluate();
    }

    /** Output and gradients. */
    private static List<Tensor> outputs(Rows rows, long seed, int height, int width) {
        Tensor x = normal(seed, height, width);
        Tensor scale = normal(seed + 1, width);
        Tensor shift = normal(seed + 2, width);
        Tensor y = rows.of(x, scale, shift);
        List<Tensor> outputs = new ArrayList<>(List.of(y));
        List<Tensor> sources = rows == Rows.RMS_NORM ? List.of(x, scale) : List.of(x, scale, shift);
        outputs.addAll(Gradients.of(y, normal(seed + 3, height, width), sources));
        return outputs;
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void isAsTheInterpreterHasIt(Rows rows) {
        for (int i = 0; i < TIMES; i++) {
            long seed = 1000L * rows.name().length() + 10L * i;
            java.util.Random random = new java.util.Random(seed);
            int width = 17 + random.nextInt(500);
            int height = 160_000 / width + random.nextInt(200);
            String what = rows + " of " + height + "x" + width + ", seed " + seed;
            List<double[]> expected = values("interpreter", rows, seed, height, width);
            for (String backend : List.of("tasks", "cpu", "guarded-AVX2", "guarded-AVX512")) {
                List<double[]> got = values(backend, rows, seed, height, width);
                for (int j = 0; j < got.size(); j++) {
                    double largest =
                            Arrays.stream(expected.get(j)).map(Math::abs).max().orElse(0);
                    for (int k = 0; k < got.get(j).length; k++) {
                        String at = what + " on " + backend + ", result " + j + " at " + k;
                        assertEquals(expected.get(j)[k], got.get(j)[k], 2e-5 * largest, at);
                    }
                }
            }
        }
    }

    private static List<double[]> values(String backend, Rows rows, long seed, int height, int width) {
        return OnBackend.of(backend, () -> {
            List<Tensor> outputs = outputs(rows, seed, height, width);
            Tensor.evaluateAll(outputs.toArray(Tensor[]::new));
            return outputs.stream().map(Tensor::toDoubleArray).toList();
        });
    }

    @Test
    void noColumnsAreLeftBehind() {
        for (Rows rows : Rows.values()) {
            String tasks = OnBackend.of(
                    "cpu",
                    () -> Plan.compile(List.of(), outputs(rows, 7, 1024, 256), Map.of())
                            .describe());
            assertTrue(tasks.contains(": band") && !tasks.contains(": loop [256, 1024]"), tasks);
        }
    }
}
