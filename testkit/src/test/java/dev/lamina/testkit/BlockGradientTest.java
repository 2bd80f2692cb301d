package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Layers;
import dev.lamina.nn.Losses;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Finite differences element by element: some layers, batch normalization in training too, and every ready loss. */
class BlockGradientTest {
    private static final double STEP = 1e-5;
    private static final double ALLOWED = 1e-7;

    /** A layer, its input, and whether it runs as in training. */
    private record LayerCase(Layer layer, Tensor x, boolean training) {}

    private static final Map<String, Supplier<LayerCase>> LAYERS = Map.of(
            "dense", () -> new LayerCase(Layers.dense(3).tanh(), normal(1, 4, 5), false),
            // The mask must stay the same from call to call, so dropout is checked in inference; its training gradient
            // is
            // that of a product with the mask.
            "dropout", () -> new LayerCase(Layers.dropout(0.3), normal(2, 4, 5), false),
            "flatten", () -> new LayerCase(Layers.flatten(), normal(3, 2, 3, 4), false),
            "activation", () -> new LayerCase(Layers.activation(Activation.GELU), normal(4, 3, 4), false),
            "batchNorm", () -> new LayerCase(Layers.batchNorm(), normal(5, 6, 3), true),
            "layerNorm", () -> new LayerCase(Layers.layerNorm(), normal(6, 4, 5), false),
            "embedding",
                    () -> new LayerCase(Layers.embedding(5, 3), Tensor.of(new long[] {1, 4, 1, 0, 2, 2}, 2, 3), false));

    /** Layers are asked for by the harness. */
    @Test
    void everyLossHasACase() {
        assertEquals(factories(Losses.class), new TreeSet<>(LossCases.all().keySet()));
    }

    private static Set<String> factories(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @TestFactory
    Stream<DynamicNode> layers() {
        return LAYERS.entrySet().stream()
                .map(entry ->
                        dynamicTest(entry.getKey(), () -> check(entry.getValue().get())));
    }

    private static void check(LayerCase it) {
        it.layer().dtype(DType.F64);
        Tensor c = normal(7, it.layer().apply(it.x()).shape().dims());
        Variable input = Variable.of("input", it.x());
        Supplier<Tensor> value = () -> it.layer().apply(input.value()).mul(c).sum();
        Supplier<Tensor> loss =
                it.training() ? () -> it.layer().training(() -> value.get().evaluate()) : value;
        List<Variable> sources = new java.util.ArrayList<>(it.layer().parameters());
        if (it.x().dtype().isFloat()) {
            sources.add(input);
        }
        Gradients gradients = it.training()
                ? it.layer().training(() -> evaluated(Gradients.of(value.get(), sources)))
                : evaluated(Gradients.of(value.get(), sources));
        for (Variable source : sources) {
            slopes(source, gradients.get(source).toDoubleArray(), loss);
        }
    }

    @TestFactory
    Stream<DynamicNode> losses() {
        return LossCases.all().entrySet().stream()
                .map(entry -> dynamicTest(entry.getKey(), () -> {
                    LossCases.LossCase it = entry.getValue();
                    Variable prediction = Variable.of("prediction", it.prediction());
                    Supplier<Tensor> value = () -> it.loss().of(prediction.value(), it.target());
                    Gradients gradients = evaluated(Gradients.of(value.get(), List.of(prediction)));
                    slopes(prediction, gradients.get(prediction).toDoubleArray(), value);
                }));
    }

    private static Gradients evaluated(Gradients gradients) {
        Tensor.evaluateAll(gradients.asMap().values().toArray(Tensor[]::new));
        return gradients;
    }

    /** Compares with (L(v + h) - L(v - h)) / 2h for each element. */
    private static void slopes(Variable variable, double[] gradient, Supplier<Tensor> loss) {
        double[] values = variable.value().toDoubleArray();
        for (int i = 0; i < values.length; i++) {
            double slope =
                    (moved(variable, values, i, STEP, loss) - moved(variable, values, i, -STEP, loss)) / (2 * STEP);
            Measured.note("gradient", Math.abs(slope - gradient[i]) / Math.max(1, Math.abs(slope)));
            assertEquals(slope, gradient[i], ALLOWED * Math.max(1, Math.abs(slope)), variable.name() + "[" + i + "]");
        }
        variable.assign(Tensor.of(values, variable.shape().dims()));
    }

    private static double moved(Variable variable, double[] values, int index, double by, Supplier<Tensor> loss) {
        double[] copy = values.clone();
        copy[index] += by;
        variable.assign(Tensor.of(copy, variable.shape().dims()));
        return loss.get().item();
    }

    private static Tensor normal(long seed, int... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.setAll(values, i -> random.nextGaussian());
        return Tensor.of(values, shape);
    }
}
