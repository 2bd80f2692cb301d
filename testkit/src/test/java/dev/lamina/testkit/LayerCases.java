package dev.lamina.testkit;

import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.layerNorm;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.layers.Dense;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The layers in the harness that are not convolution, recurrence or attention. */
final class LayerCases {
    private static final Tensor WRONG = Tensor.ones(3, 6);

    private LayerCases() {}

    /** A layer of a user, with parts and forks. */
    static final class Residual extends Layer {
        private final Dense inner = child("inner", dense(4).tanh());

        @Override
        protected Tensor forward(Tensor x) {
            return x.add(inner.apply(x));
        }
    }

    static List<LayerHarness> all() {
        List<LayerHarness> all = new ArrayList<>();
        all.addAll(densely());
        all.addAll(others());
        Arrays.stream(Activation.values())
                .map(kind -> of("activation " + kind, () -> activation(kind))
                        .input(3, 5)
                        .output(3, 5))
                .forEach(all::add);
        return all;
    }

    private static LayerHarness of(String name, Supplier<? extends Layer> maker) {
        return LayerHarness.of(name, maker);
    }

    private static List<LayerHarness> densely() {
        return List.of(
                of("dense", () -> dense(4))
                        .input(3, 5)
                        .output(3, 4)
                        .parameters(24)
                        .wrong(
                                "dense: expected inputs (..., 5), got (3, 6); feed examples with as many features as at"
                                        + " the first use",
                                WRONG),
                of("dense rank 3", () -> dense(4).noBias())
                        .input(2, 3, 5)
                        .output(2, 3, 4)
                        .parameters(20)
                        .masked(new int[][] {{1, 1, 0}, {1, 0, 0}}, true)
                        .wrong(WRONG),
                of("dense with activation", () -> dense(4, Activation.GELU))
                        .input(3, 5)
                        .output(3, 4)
                        .parameters(24)
                        .wrong(WRONG));
    }

    private static List<LayerHarness> others() {
        return List.of(
                of("dropout", () -> dropout(0.4)).input(3, 5).output(3, 5),
                of("flatten", () -> flatten()).input(3, 2, 4).output(3, 8),
                of("batchNorm", () -> batchNorm())
                        .input(6, 4)
                        .output(6, 4)
                        .parameters(8)
                        .wrong(WRONG),
                of("layerNorm", () -> layerNorm())
                        .input(3, 5)
                        .output(3, 5)
                        .parameters(10)
                        .wrong(WRONG),
                of("embedding", () -> embedding(7, 4))
                        .input(Tensor.of(new long[] {0, 6, 3, 3, 1, 0}, 2, 3))
                        .output(2, 3, 4)
                        .parameters(28)
                        .wrong(Tensor.ones(2, 3)),
                of("sequential", () -> Sequential.of(dense(6).tanh(), layerNorm(), dense(2)))
                        .input(3, 5)
                        .output(3, 2)
                        .parameters(36 + 12 + 14)
                        .wrong(WRONG),
                of("a user's layer", Residual::new)
                        .input(3, 4)
                        .output(3, 4)
                        .parameters(20)
                        .codeOnly()
                        .wrong(WRONG));
    }
}
