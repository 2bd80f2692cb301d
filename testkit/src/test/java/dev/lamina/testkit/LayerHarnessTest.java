package dev.lamina.testkit;

import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.layerNorm;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Layers;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.layers.Dense;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every ready layer, and one of a user, in the harness. */
class LayerHarnessTest {
    /** A layer of a user, with parts and forks. */
    static final class Residual extends Layer {
        private final Dense inner = child("inner", dense(4).tanh());

        @Override
        protected Tensor forward(Tensor x) {
            return x.add(inner.apply(x));
        }
    }

    private static Map<String, LayerHarness> harnesses() {
        Map<String, LayerHarness> all = new LinkedHashMap<>();
        Tensor wrong = Tensor.ones(3, 6);
        all.put(
                "dense",
                LayerHarness.of("dense", () -> dense(4))
                        .input(3, 5)
                        .output(3, 4)
                        .parameters(24)
                        .wrong(wrong));
        all.put(
                "dense rank 3",
                LayerHarness.of("dense rank 3", () -> dense(4).noBias())
                        .input(2, 3, 5)
                        .output(2, 3, 4)
                        .parameters(20)
                        .wrong(wrong));
        all.put(
                "dense with activation",
                LayerHarness.of("dense with activation", () -> dense(4, Activation.GELU))
                        .input(3, 5)
                        .output(3, 4)
                        .parameters(24)
                        .wrong(wrong));
        all.put(
                "dropout",
                LayerHarness.of("dropout", () -> dropout(0.4)).input(3, 5).output(3, 5));
        all.put(
                "flatten",
                LayerHarness.of("flatten", () -> flatten()).input(3, 2, 4).output(3, 8));
        all.put(
                "batchNorm",
                LayerHarness.of("batchNorm", () -> batchNorm())
                        .input(6, 4)
                        .output(6, 4)
                        .parameters(8)
                        .wrong(wrong));
        all.put(
                "layerNorm",
                LayerHarness.of("layerNorm", () -> layerNorm())
                        .input(3, 5)
                        .output(3, 5)
                        .parameters(10)
                        .wrong(wrong));
        all.put(
                "embedding",
                LayerHarness.of("embedding", () -> embedding(7, 4))
                        .input(Tensor.of(new long[] {0, 6, 3, 3, 1, 0}, 2, 3))
                        .output(2, 3, 4)
                        .parameters(28)
                        .wrong(Tensor.ones(2, 3)));
        all.put(
                "sequential",
                LayerHarness.of("sequential", () -> Sequential.of(dense(6).tanh(), layerNorm(), dense(2)))
                        .input(3, 5)
                        .output(3, 2)
                        .parameters(36 + 12 + 14)
                        .wrong(wrong));
        all.put(
                "a user's layer",
                LayerHarness.of("a user's layer", Residual::new)
                        .input(3, 4)
                        .output(3, 4)
                        .parameters(20)
                        .codeOnly()
                        .wrong(wrong));
        for (Activation kind : Activation.values()) {
            all.put(
                    "activation " + kind,
                    LayerHarness.of("activation " + kind, () -> activation(kind))
                            .input(3, 5)
                            .output(3, 5));
        }
        return all;
    }

    @TestFactory
    Stream<DynamicNode> layers() {
        return harnesses().values().stream().flatMap(LayerHarness::tests);
    }

    @Test
    void everyReadyLayerIsHere() {
        Set<String> ready = Arrays.stream(Layers.class.getMethods())
                .filter(method -> Layer.class.isAssignableFrom(method.getReturnType()))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> tried = harnesses().keySet().stream()
                .map(name -> name.replaceFirst(" .*", ""))
                .collect(Collectors.toSet());
        ready.removeAll(tried);
        assertEquals(Set.of(), ready, "add them to the harness");
    }
}
