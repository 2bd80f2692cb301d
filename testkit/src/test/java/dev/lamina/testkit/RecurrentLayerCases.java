package dev.lamina.testkit;

import static dev.lamina.nn.Layers.bidirectional;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Layers.simpleRnn;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.Recurrent;
import java.util.List;
import java.util.function.Supplier;

/** The recurrent layers in the harness. */
final class RecurrentLayerCases {
    private static final int[][] REAL = {{1, 1, 1}, {1, 0, 0}};
    private static final Tensor FLAT = Tensor.ones(2, 5);
    private static final Tensor WIDE = Tensor.ones(2, 3, 6);

    private RecurrentLayerCases() {}

    /** A cell of a user: a state that leaks. */
    static final class Leaky extends Recurrent<Leaky> {
        @Override
        protected List<Integer> stateSizes() {
            return List.of(4);
        }

        @Override
        protected void build(Shape input) {
            createKernels(input.dim(-1), 4, 1);
        }

        @Override
        protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
            return List.of(
                    states.getFirst().mul(0.9).add(x.add(recurrent(output)).tanh()));
        }
    }

    static List<LayerHarness> all() {
        return List.of(
                last("simpleRnn", () -> simpleRnn(4)).parameters(40),
                last("lstm", () -> lstm(4)).parameters(160),
                last("gru", () -> gru(4)).parameters(132),
                last("gru with reset before the product", () -> gru(4).resetBefore())
                        .parameters(120),
                last("gru without bias", () -> gru(4).noBias()).parameters(108),
                last("lstm backwards", () -> lstm(4).goBackwards()).parameters(160),
                last("leaky", Leaky::new).parameters(40).codeOnly(),
                sequences("lstm with sequences", () -> lstm(4).returnSequences())
                        .parameters(160)
                        .masked(REAL, true),
                sequences(
                                "gru with sequences and zeros",
                                () -> gru(4).returnSequences().zeroMasked())
                        .parameters(132)
                        .masked(REAL, true),
                LayerHarness.of("bidirectional", () -> bidirectional(gru(4), lstm(3)))
                        .input(2, 3, 5)
                        .output(2, 7)
                        .parameters(240)
                        .masked(REAL, false)
                        .wrong(FLAT)
                        .wrong(WIDE),
                LayerHarness.of("lstm with states", () -> lstm(4).returnStates())
                        .parameters(160)
                        .inputs(new int[] {2, 3, 5}, new int[] {2, 4}, new int[] {2, 4})
                        .outputs(new int[] {2, 4}, new int[] {2, 4}, new int[] {2, 4}));
    }

    private static LayerHarness last(String name, Supplier<? extends Recurrent<?>> maker) {
        return LayerHarness.of(name, maker)
                .input(2, 3, 5)
                .output(2, 4)
                .masked(REAL, false)
                .wrong(FLAT)
                .wrong(WIDE);
    }

    private static LayerHarness sequences(String name, Supplier<? extends Recurrent<?>> maker) {
        return LayerHarness.of(name, maker)
                .input(2, 3, 5)
                .output(2, 3, 4)
                .wrong(FLAT)
                .wrong(WIDE);
    }
}
