package dev.lamina.testkit;

import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.activityRegularization;
import static dev.lamina.nn.Layers.add;
import static dev.lamina.nn.Layers.alphaDropout;
import static dev.lamina.nn.Layers.average;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.bilinear;
import static dev.lamina.nn.Layers.celu;
import static dev.lamina.nn.Layers.concatenate;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dot;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.elu;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.embeddingBag;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.gaussianDropout;
import static dev.lamina.nn.Layers.gaussianNoise;
import static dev.lamina.nn.Layers.glu;
import static dev.lamina.nn.Layers.groupNorm;
import static dev.lamina.nn.Layers.instanceNorm;
import static dev.lamina.nn.Layers.lambda;
import static dev.lamina.nn.Layers.layerNorm;
import static dev.lamina.nn.Layers.leakyRelu;
import static dev.lamina.nn.Layers.masking;
import static dev.lamina.nn.Layers.maximum;
import static dev.lamina.nn.Layers.minimum;
import static dev.lamina.nn.Layers.multiply;
import static dev.lamina.nn.Layers.permute;
import static dev.lamina.nn.Layers.prelu;
import static dev.lamina.nn.Layers.repeatVector;
import static dev.lamina.nn.Layers.reshape;
import static dev.lamina.nn.Layers.residual;
import static dev.lamina.nn.Layers.rmsNorm;
import static dev.lamina.nn.Layers.softmax;
import static dev.lamina.nn.Layers.softplus;
import static dev.lamina.nn.Layers.spatialDropout;
import static dev.lamina.nn.Layers.spectralNorm;
import static dev.lamina.nn.Layers.subtract;
import static dev.lamina.nn.Layers.swiglu;
import static dev.lamina.nn.Layers.thresholdedRelu;
import static dev.lamina.nn.Layers.timeDistributed;
import static dev.lamina.nn.Layers.weightNorm;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import dev.lamina.nn.Regularizers;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.Wire;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.EmbeddingBag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The layers in the harness that are not convolution, recurrence or attention. */
final class LayerCases {
    private static final Tensor WRONG = Tensor.ones(3, 6);
    private static final Tensor WHOLE = Tensor.of(new long[] {0, 6, 3, 3, 1, 0}, 2, 3);

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
        all.addAll(embeddings());
        all.addAll(normalizations());
        all.addAll(merging());
        all.addAll(small());
        all.addAll(containers());
        Arrays.stream(Activation.values())
                .map(kind -> of("activation " + kind, () -> activation(kind))
                        .input(2, 3, 5)
                        .output(2, 3, 5)
                        .masked(REAL, true)
                        .wrong(WHOLE))
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
                of("dropout", () -> dropout(0.4))
                        .input(2, 3, 5)
                        .output(2, 3, 5)
                        .masked(REAL, true)
                        .wrong(
                                "dropout: expected floats, got i64 (2, 3); cast them with toF32(), or put embedding(...)"
                                        + " in front where they are indices",
                                WHOLE),
                of("flatten", () -> flatten())
                        .input(2, 3, 4)
                        .output(2, 12)
                        .dropsMask(REAL)
                        .wrong(Tensor.scalar(1f)),
                of("sequential", () -> Sequential.of(dense(6).tanh(), layerNorm(), dense(2)))
                        .input(3, 5)
                        .output(3, 2)
                        .parameters(36 + 12 + 14)
                        .wrong(WRONG),
                of("sequential of sequences", () -> Sequential.of(dense(6).tanh(), layerNorm(), dense(2)))
                        .input(2, 3, 5)
                        .output(2, 3, 2)
                        .parameters(36 + 12 + 14)
                        .masked(REAL, true),
                of("a user's layer", Residual::new)
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .parameters(20)
                        .codeOnly()
                        .masked(REAL, true)
                        .wrong(WRONG));
    }

    private static final Tensor INDICES = Tensor.of(new long[] {0, 6, 3, 3, 1, 0}, 2, 3);
    private static final int[][] REAL = {{1, 1, 0}, {1, 0, 0}};

    private static List<LayerHarness> embeddings() {
        return List.of(
                of("embedding", () -> embedding(7, 4))
                        .input(INDICES)
                        .output(2, 3, 4)
                        .parameters(28)
                        .masked(REAL, true)
                        .wrong(
                                "embedding: expected integer indices, got f32 (2, 3); cast them, for example with"
                                        + " cast(DType.I64)",
                                Tensor.ones(2, 3)),
                of(
                                "embedding with padding",
                                () -> embedding(7, 4)
                                        .maskPadding()
                                        .maxNorm(0.08)
                                        .regularizer(Regularizers.l2(1e-3)))
                        // The vector of the padding has no gradient.
                        .kinked()
                        .input(INDICES)
                        .output(2, 3, 4)
                        .masked(REAL, true)
                        .parameters(28),
                of("embeddingBag", () -> embeddingBag(7, 4).paddingIndex(0))
                        .input(INDICES)
                        .output(2, 4)
                        .parameters(28)
                        .masked(REAL, false)
                        .wrong(Tensor.ones(2, 3)),
                of("embeddingBag of largest", () -> embeddingBag(7, 4).mode(EmbeddingBag.Mode.MAX))
                        .input(INDICES)
                        .output(2, 4)
                        .parameters(28),
                of("embeddingBag with weights", () -> embeddingBag(7, 4).mode(EmbeddingBag.Mode.SUM))
                        .inputs(INDICES, Tensor.of(new double[] {1, -2, 0.5, 0.3, 2, -1}, 2, 3))
                        .output(2, 4)
                        .parameters(28)
                        .wrong(INDICES, Tensor.ones(2, 2)));
    }

    private static List<LayerHarness> normalizations() {
        return List.of(
                of("batchNorm", () -> batchNorm())
                        .input(6, 4)
                        .output(6, 4)
                        .parameters(8)
                        .wrong(WRONG),
                of("batchNorm of sequences", () -> batchNorm())
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .parameters(8)
                        .masked(REAL, true),
                of("layerNorm", () -> layerNorm())
                        .input(2, 3, 5)
                        .output(2, 3, 5)
                        .parameters(10)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of(
                                "layerNorm of two axes",
                                () -> layerNorm()
                                        .axes(2)
                                        .epsilon(1e-3)
                                        .noBeta()
                                        .gammaRegularizer(Regularizers.l1(1e-3)))
                        .input(3, 2, 5)
                        .output(3, 2, 5)
                        .parameters(10)
                        .wrong(Tensor.ones(3, 5)),
                of("rmsNorm", () -> rmsNorm())
                        .input(2, 3, 5)
                        .output(2, 3, 5)
                        .parameters(5)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("groupNorm", () -> groupNorm(2))
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .parameters(8)
                        .masked(REAL, true)
                        .wrong(Tensor.ones(3, 5, 6)),
                of("groupNorm channels first", () -> groupNorm(3).axis(1).noAffine())
                        .input(2, 6, 3, 2)
                        .output(2, 6, 3, 2)
                        .wrong(Tensor.ones(2, 3, 3, 2)),
                of("instanceNorm", () -> instanceNorm())
                        .input(2, 5, 3)
                        .output(2, 5, 3)
                        .parameters(6)
                        .masked(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}}, true)
                        .wrong(WRONG),
                of("weightNorm", () -> weightNorm(dense(4).tanh()))
                        .input(2, 3, 5)
                        .output(2, 3, 4)
                        .parameters(24 + 4)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("spectralNorm", () -> spectralNorm(dense(4).tanh()))
                        .firstOrder()
                        .input(2, 3, 5)
                        .output(2, 3, 4)
                        .parameters(24)
                        .masked(REAL, true)
                        .wrong(WRONG));
    }

    private static List<LayerHarness> merging() {
        int[] shape = {2, 3, 4};
        List<LayerHarness> all = new ArrayList<>();
        all.add(of("add", () -> add())
                .inputs(shape, shape, shape)
                .output(shape)
                .masked(REAL, true)
                .wrong(Tensor.ones(2, 3), Tensor.ones(2, 4)));
        all.add(of("subtract", () -> subtract())
                .inputs(shape, new int[] {2, 1, 4})
                .output(shape)
                .masked(REAL, true)
                .wrong(
                        "subtract: expected two inputs, got 3; pass them all to one call of apply",
                        Tensor.ones(2, 3),
                        Tensor.ones(2, 3),
                        Tensor.ones(2, 3)));
        all.add(of("multiply", () -> multiply())
                .inputs(shape, shape)
                .output(shape)
                .masked(REAL, true)
                .wrong(
                        "multiply: expected inputs like the first (2, 3, 4), got (2, 4); reshape one of them",
                        Tensor.ones(2, 3, 4),
                        Tensor.ones(2, 4)));
        all.add(of("average", () -> average())
                .inputs(shape, shape)
                .output(shape)
                .masked(REAL, true)
                .wrong(Tensor.ones(2, 3), Tensor.ones(2, 4)));
        all.add(of("maximum", () -> maximum())
                .inputs(shape, shape)
                .output(shape)
                .masked(REAL, true)
                .wrong(Tensor.ones(2, 3), Tensor.ones(2, 4)));
        all.add(of("minimum", () -> minimum())
                .inputs(shape, shape)
                .output(shape)
                .masked(REAL, true)
                .wrong(Tensor.ones(2, 3), Tensor.ones(2, 4)));
        all.add(of("concatenate", () -> concatenate())
                .inputs(shape, new int[] {2, 3, 1})
                .output(2, 3, 5)
                .masked(REAL, true)
                .wrong(
                        "concatenate: expected inputs like the first (2, 3, 4) on all axes but -1, got (2, 2, 4);"
                                + " reshape one of them",
                        Tensor.ones(2, 3, 4),
                        Tensor.ones(2, 2, 4)));
        all.add(of("concatenate steps", () -> concatenate(1))
                .inputs(shape, new int[] {2, 2, 4})
                .output(2, 5, 4)
                .masked(REAL, true));
        all.add(of("dot", () -> dot(-1))
                .inputs(shape, new int[] {2, 5, 4})
                .output(2, 3, 5)
                .dropsMask(REAL)
                .wrong(Tensor.ones(2, 3, 4), Tensor.ones(2, 5, 3)));
        all.add(of("dot of vectors", () -> dot(1).normalised())
                .inputs(new int[] {3, 4}, new int[] {3, 4})
                .output(3, 1));
        all.add(of("bilinear", () -> bilinear(2))
                .inputs(shape, new int[] {2, 3, 5})
                .output(2, 3, 2)
                .parameters(42)
                .masked(REAL, true)
                .wrong(
                        "bilinear: expected two inputs (..., 4) and (..., 5), got [(3, 4), (3, 4)]; feed examples like"
                                + " those of the first use",
                        Tensor.ones(3, 4),
                        Tensor.ones(3, 4)));
        return all;
    }

    /** A layer of floats that looks at each element, or at each step, by itself. */
    private static LayerHarness steps(String name, Supplier<? extends Layer> maker) {
        return of(name, maker).input(2, 3, 4).output(2, 3, 4).masked(REAL, true).wrong(WHOLE);
    }

    private static List<LayerHarness> small() {
        return List.of(
                of("reshape", () -> reshape(4, -1))
                        .input(2, 3, 4)
                        .output(2, 4, 3)
                        .dropsMask(REAL)
                        .wrong(
                                "reshape: expected examples of a multiple of 4 elements, got (3, 6); choose a shape of"
                                        + " the same size",
                                WRONG),
                of("permute", () -> permute(2, 1))
                        .input(2, 3, 4)
                        .output(2, 4, 3)
                        .dropsMask(REAL)
                        .wrong(WRONG),
                of("repeatVector", () -> repeatVector(3))
                        .input(2, 3)
                        .output(2, 3, 3)
                        .dropsMask(REAL)
                        .wrong(Tensor.ones(2, 3, 4)),
                of("spatialDropout", () -> spatialDropout(0.3))
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .masked(REAL, true)
                        .wrong(Tensor.ones(2, 3)),
                steps("alphaDropout", () -> alphaDropout(0.3)),
                steps("gaussianNoise", () -> gaussianNoise(0.3)),
                steps("gaussianDropout", () -> gaussianDropout(0.3)),
                steps("activityRegularization", () -> activityRegularization(Regularizers.elastic(0.1, 0.2))),
                steps("leakyRelu", () -> leakyRelu(0.2)),
                steps("elu", () -> elu(0.5)),
                steps("celu", () -> celu(2)),
                steps("softplus", () -> softplus(2)),
                steps("thresholdedRelu", () -> thresholdedRelu(0.5)),
                steps("softmax", () -> softmax(1)).wrong(Tensor.ones(2)),
                of("prelu", () -> prelu())
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .parameters(4)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("prelu shared", () -> prelu().shared())
                        .input(2, 4)
                        .output(2, 4)
                        .parameters(1),
                of("glu", () -> glu())
                        .input(2, 3, 6)
                        .output(2, 3, 3)
                        .masked(REAL, true)
                        .wrong(
                                "glu: expected inputs (..., 2 D), got (2, 5); give the layer before an even number of"
                                        + " units",
                                Tensor.ones(2, 5)),
                of("swiglu", () -> swiglu())
                        .input(2, 3, 4)
                        .output(2, 3, 2)
                        .masked(REAL, true)
                        .wrong(Tensor.ones(2, 3)),
                of("masking", () -> masking(0))
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("lambda", () -> lambda(x -> x.square().mul(Tensor.full(0.5, 3, 4))))
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .masked(REAL, true)
                        .codeOnly()
                        .wrong(WRONG));
    }

    private static List<LayerHarness> containers() {
        return List.of(
                of("timeDistributed", () -> timeDistributed(dense(2).tanh()))
                        .input(2, 3, 4)
                        .output(2, 3, 2)
                        .parameters(10)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("residual", () -> residual(dense(6).tanh(), dense(4)))
                        .input(2, 3, 4)
                        .output(2, 3, 4)
                        .parameters(30 + 28)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("residual with shortcut", () -> residual(dense(3).relu()).shortcut(dense(3).noBias()))
                        .input(2, 4)
                        .output(2, 3)
                        .parameters(15 + 12)
                        .wrong(WRONG),
                of("a graph of layers", LayerCases::graph)
                        .inputs(new int[] {3, 4}, new int[] {3, 5})
                        .outputs(new int[] {3, 2}, new int[] {3, 6})
                        .parameters(4 * 6 + 6 + 5 * 6 + 6 + 12 * 2 + 2)
                        .wrong(Tensor.ones(3, 4)));
    }

    private static Layer graph() {
        Wire a = Wire.input("a", 4);
        Wire b = Wire.input("b", 5);
        Wire left = a.then(dense(6).tanh());
        Wire both = concatenate().apply(left, b.then(dense(6).tanh()));
        return Model.of(List.of(a, b), List.of(both.then(dense(2)), left.named("left")));
    }
}
