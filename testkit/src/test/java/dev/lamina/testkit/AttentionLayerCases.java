package dev.lamina.testkit;

import static dev.lamina.nn.Layers.additiveAttention;
import static dev.lamina.nn.Layers.feedForward;
import static dev.lamina.nn.Layers.multiHeadAttention;
import static dev.lamina.nn.Layers.multiplicativeAttention;
import static dev.lamina.nn.Layers.positionalEncoding;
import static dev.lamina.nn.Layers.rotaryEmbedding;
import static dev.lamina.nn.Layers.transformerDecoder;
import static dev.lamina.nn.Layers.transformerDecoderLayer;
import static dev.lamina.nn.Layers.transformerEncoder;
import static dev.lamina.nn.Layers.transformerEncoderLayer;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Layer;
import dev.lamina.nn.layers.MultiHeadAttention;
import dev.lamina.nn.layers.RotaryEmbedding;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The attention layers in the harness. */
final class AttentionLayerCases {
    private static final int[][] REAL = {{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}, {1, 0, 0, 0, 0}};
    private static final int[][] REAL_MEMORY = {{1, 1, 1, 1, 1, 0}, {1, 1, 1, 0, 0, 0}, {1, 1, 1, 1, 0, 0}};
    private static final Tensor WRONG = Tensor.ones(3, 6);
    private static final int[] X = {3, 5, 4};
    private static final int[] MEMORY = {3, 6, 2};

    private AttentionLayerCases() {}

    static List<LayerHarness> all() {
        List<LayerHarness> all = new ArrayList<>(multiHead());
        all.addAll(others());
        all.addAll(transformers());
        return all;
    }

    private static LayerHarness of(String name, Supplier<? extends Layer> maker) {
        return LayerHarness.of(name, maker);
    }

    private static LayerHarness self(String name, Supplier<MultiHeadAttention> maker) {
        return of("multiHeadAttention " + name, maker).input(X).output(X);
    }

    private static List<LayerHarness> multiHead() {
        return List.of(
                of("multiHeadAttention", () -> multiHeadAttention(2))
                        .input(X)
                        .output(X)
                        .parameters(80)
                        .masked(REAL, true)
                        .wrong(WRONG)
                        .wrong(Tensor.ones(3, 5, 4), Tensor.ones(2, 5, 4)),
                self("causal, no bias", () -> multiHeadAttention(2).causal().noBias())
                        .parameters(64)
                        .masked(REAL, true),
                self("grouped", () -> multiHeadAttention(4).keyHeads(2).headWidth(3))
                        .parameters(60 + 30 + 30 + 52),
                self("rotary", () -> multiHeadAttention(2).rotary(rotaryEmbedding()))
                        .parameters(80),
                self("alibi", () -> multiHeadAttention(4).alibi()).parameters(80),
                self("causal alibi", () -> multiHeadAttention(2).causal().alibi())
                        .parameters(80),
                of("multiHeadAttention cross", () -> multiHeadAttention(2))
                        .inputs(X, MEMORY)
                        .output(X)
                        .masked(REAL, true)
                        .masked(1, REAL_MEMORY, false)
                        .parameters(20 + 12 + 12 + 20),
                of("multiHeadAttention keys and values", () -> multiHeadAttention(2))
                        .inputs(X, MEMORY, new int[] {3, 6, 3})
                        .output(X)
                        .parameters(20 + 12 + 16 + 20),
                of("multiHeadAttention weights", () -> multiHeadAttention(2).returnWeights())
                        .input(X)
                        .outputs(X, new int[] {3, 2, 5, 5})
                        .parameters(80));
    }

    private static List<LayerHarness> others() {
        return List.of(
                of("additiveAttention", () -> additiveAttention(3))
                        .inputs(X, MEMORY)
                        .output(3, 5, 2)
                        .parameters(12 + 6 + 3)
                        .masked(REAL, true)
                        .masked(1, REAL_MEMORY, false)
                        .wrong(Tensor.ones(3, 5, 4), WRONG),
                of("additiveAttention weights", () -> additiveAttention(3).returnWeights())
                        .inputs(X, MEMORY, new int[] {3, 6, 4})
                        .outputs(new int[] {3, 5, 2}, new int[] {3, 5, 6})
                        .parameters(12 + 12 + 3),
                of("multiplicativeAttention", () -> multiplicativeAttention())
                        .inputs(X, MEMORY)
                        .output(3, 5, 2)
                        .parameters(8)
                        .masked(REAL, true)
                        .masked(1, REAL_MEMORY, false)
                        .wrong(Tensor.ones(3, 5, 4), WRONG),
                of(
                                "multiplicativeAttention dot",
                                () -> multiplicativeAttention().dot().returnWeights())
                        .inputs(X, new int[] {3, 6, 4})
                        .outputs(X, new int[] {3, 5, 6}),
                of("rotaryEmbedding", () -> rotaryEmbedding())
                        .input(3, 2, 5, 4)
                        .output(3, 2, 5, 4)
                        .wrong(Tensor.ones(3, 2, 5, 6)),
                of(
                                "rotaryEmbedding pairs",
                                () -> rotaryEmbedding()
                                        .layout(RotaryEmbedding.Layout.PAIRS)
                                        .theta(100))
                        .input(3, 5, 4)
                        .output(3, 5, 4)
                        .masked(REAL, true),
                of("positionalEncoding", () -> positionalEncoding())
                        .input(X)
                        .output(X)
                        .masked(REAL, true)
                        .wrong(WRONG)
                        .wrong(Tensor.ones(3, 5, 4).cast(DType.I64)),
                of("positionalEncoding learned", () -> positionalEncoding().learned(7))
                        .input(X)
                        .output(X)
                        .parameters(28)
                        .wrong(Tensor.ones(3, 8, 4)),
                of("feedForward", () -> feedForward(6))
                        .input(X)
                        .output(X)
                        .parameters(58)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of("feedForward gated", () -> feedForward(6).gated().noBias())
                        .input(X)
                        .output(X)
                        .parameters(72));
    }

    private static List<LayerHarness> transformers() {
        return List.of(
                of("transformerEncoderLayer", () -> transformerEncoderLayer(2, 6))
                        .input(X)
                        .output(X)
                        .parameters(154)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of(
                                "transformerEncoderLayer before",
                                () -> transformerEncoderLayer(2, 6)
                                        .preNorm()
                                        .causal()
                                        .feedForward(part -> part.gated()))
                        .input(X)
                        .output(X)
                        .parameters(154 + 30)
                        .masked(REAL, true),
                of(
                                "transformerDecoderLayer",
                                () -> transformerDecoderLayer(2, 6).causal())
                        .inputs(X, MEMORY)
                        .output(X)
                        .parameters(80 + 64 + 58 + 24)
                        .masked(REAL, true)
                        .masked(1, REAL_MEMORY, false)
                        .wrong(Tensor.ones(3, 5, 4)),
                of(
                                "transformerEncoder",
                                () -> transformerEncoder(
                                                transformerEncoderLayer(2, 6).preNorm(),
                                                transformerEncoderLayer(1, 3).preNorm())
                                        .finalNorm())
                        .input(X)
                        .output(X)
                        .parameters(154 + 80 + 31 + 16 + 8)
                        .masked(REAL, true)
                        .wrong(WRONG),
                of(
                                "transformerDecoder",
                                () -> transformerDecoder(
                                        transformerDecoderLayer(2, 6).preNorm().causal()))
                        .inputs(X, MEMORY)
                        .output(X)
                        .parameters(80 + 64 + 58 + 24)
                        .masked(REAL, true)
                        .masked(1, REAL_MEMORY, false)
                        .wrong(Tensor.ones(2, 3)));
    }
}
