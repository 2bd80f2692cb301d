package dev.lamina.nn;

import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.Gru;
import dev.lamina.nn.layers.Lstm;
import dev.lamina.nn.layers.Recurrent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What recurrent layers do with states, masks and dropout; parity with PyTorch is tested in testkit. */
class RecurrentTest {
    private static final int STEPS = 7;

    private static Tensor numbers(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F32, Shape.of(shape), 0, 1).evaluate();
    }

    /** Its first state stays 1; its second adds up what products would read of the first. */
    private static final class Probe extends Recurrent<Probe> {
        private final int units;

        Probe(int units) {
            this.units = units;
        }

        @Override
        protected List<Integer> stateSizes() {
            return List.of(units, units);
        }

        @Override
        protected void build(Shape input) {
            createKernels(input.dim(-1), units, 1);
        }

        @Override
        protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
            return List.of(states.getFirst(), states.get(1).add(output));
        }
    }

    @Test
    void recurrentDropoutHasOneMaskForAllSteps() {
        int examples = 100;
        int units = 50;
        Probe layer = new Probe(units).recurrentDropout(0.25).returnStates();
        List<Tensor> inputs =
                List.of(numbers(1, examples, STEPS, 3), Tensor.ones(examples, units), Tensor.zeros(examples, units));
        float[] off = layer.applyAll(inputs).get(2).toFloatArray();
        assertEquals(STEPS, off[0]);
        assertEquals(STEPS, off[off.length - 1]);
        float[] first =
                layer.training(() -> layer.applyAll(inputs).get(2).evaluate()).toFloatArray();
        float[] second =
                layer.training(() -> layer.applyAll(inputs).get(2).evaluate()).toFloatArray();
        int dropped = 0;
        for (float sum : first) {
            // A mask of its own for each step would give sums between.
            assertTrue(sum == 0 || Math.abs(sum - STEPS / 0.75) < 1e-4, "sum " + sum);
            dropped += sum == 0 ? 1 : 0;
        }
        // 5,000 draws: five standard deviations of the share are 0.031.
        assertEquals(0.25, dropped / (double) first.length, 0.031);
        assertFalse(Arrays.equals(first, second), "two batches must differ");
    }

    /** Gives its inputs away. */
    private static final class Through extends Recurrent<Through> {
        @Override
        protected List<Integer> stateSizes() {
            return List.of(64);
        }

        @Override
        protected void build(Shape input) {
            createKernels(input.dim(-1), 64, 1);
        }

        @Override
        protected Tensor project(Tensor x) {
            return x;
        }

        @Override
        protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
            return List.of(x);
        }
    }

    @Test
    void dropoutOfInputsHasOneMaskForAllSteps() {
        Through layer = new Through().dropout(0.5).returnSequences();
        Tensor x = Tensor.ones(2, STEPS, 64);
        assertArrayEquals(x.toFloatArray(), layer.apply(x).toFloatArray());
        Tensor y = layer.training(() -> layer.apply(x).evaluate());
        float[] first = y.narrow(1, 0, 1).toFloatArray();
        for (int t = 1; t < STEPS; t++) {
            assertArrayEquals(first, y.narrow(1, t, 1).toFloatArray());
        }
        int dropped = 0;
        for (float value : first) {
            assertTrue(value == 0 || value == 2, "value " + value);
            dropped += value == 0 ? 1 : 0;
        }
        assertEquals(64, dropped, 29, "of 128; five standard deviations");
        assertFalse(Arrays.equals(Arrays.copyOf(first, 64), Arrays.copyOfRange(first, 64, 128)), "examples differ");
    }

    /** Two batches, the second with what follows the first, are one long sequence. */
    @Test
    void statesGoOnFromBatchToBatch() {
        Lstm layer = lstm(5).stateful();
        Tensor x = numbers(1, 2, 2 * STEPS, 4);
        layer.training(() -> layer.apply(x.narrow(1, 0, STEPS)).evaluate());
        float[] half = state(layer, "state_0");
        float[] last = layer.training(
                        () -> layer.apply(x.narrow(1, STEPS, STEPS)).evaluate())
                .toFloatArray();
        assertArrayEquals(last, state(layer, "state_0"));
        float[] cells = state(layer, "state_1");
        layer.resetStates();
        assertArrayEquals(new float[10], state(layer, "state_0"));
        assertArrayEquals(new float[10], state(layer, "state_1"));
        assertArrayEquals(
                half, layer.apply(x.narrow(1, 0, STEPS)).toFloatArray(), 1e-6f, "the first batch began with zeros");
        float[] whole = layer.training(() -> layer.apply(x).evaluate()).toFloatArray();
        assertArrayEquals(whole, last, 1e-6f);
        assertArrayEquals(state(layer, "state_1"), cells, 1e-6f);
    }

    private static float[] state(Lstm layer, String name) {
        return layer.variables().get(name).value().toFloatArray();
    }

    /** Keras' rule: a masked step leaves the states as they are and repeats the last output; before the first one that is 0. */
    @Test
    void maskedStepsRepeatTheLastOutput() {
        for (boolean backwards : new boolean[] {false, true}) {
            Lstm sequences = lstm(3).returnSequences().returnStates();
            Layer layer = backwards ? sequences.goBackwards() : sequences;
            Tensor x = numbers(1, 2, 4, 2);
            Tensor h = numbers(2, 2, 3);
            Tensor c = numbers(3, 2, 3);
            Tensor mask = Tensor.of(new int[] {0, 1, 0, 1, 0, 0, 0, 0}, 2, 4).cast(DType.BOOL);
            Tensor seen = backwards ? x.flip(1) : x;
            Tensor real = backwards ? mask.flip(1) : mask;
            List<Tensor> got = layer.applyMasked(
                    List.of(seen, h, c), List.of(Optional.of(real), Optional.empty(), Optional.empty()));
            Tensor two = Tensor.concat(1, x.narrow(1, 1, 1), x.narrow(1, 3, 1));
            List<Tensor> expected = layer.applyAll(List.of(backwards ? two.flip(1) : two, h, c));
            float[] y = expected.getFirst().narrow(0, 0, 1).toFloatArray();
            float[] outputs = new float[24];
            System.arraycopy(y, 0, outputs, 3, 3);
            System.arraycopy(y, 0, outputs, 6, 3);
            System.arraycopy(y, 3, outputs, 9, 3);
            assertArrayEquals(outputs, got.getFirst().toFloatArray(), 1e-6f, "outputs, backwards " + backwards);
            for (int i = 1; i < 3; i++) {
                Tensor first = i == 1 ? h : c;
                assertArrayEquals(row(expected.get(i), 0), row(got.get(i), 0), 1e-6f, "state " + i);
                assertArrayEquals(row(first, 1), row(got.get(i), 1), 1e-6f, "state " + i + " of nothing but padding");
            }
        }
    }

    @Test
    void theLastOutputOfNothingButPaddingIsZero() {
        Gru layer = gru(3).returnStates();
        Tensor h = numbers(2, 2, 3);
        Tensor mask = Tensor.of(new int[] {0, 0, 0, 0, 1, 0}, 2, 3).cast(DType.BOOL);
        List<Tensor> got =
                layer.applyMasked(List.of(numbers(1, 2, 3, 2), h), List.of(Optional.of(mask), Optional.empty()));
        assertArrayEquals(new float[3], row(got.get(0), 0));
        assertArrayEquals(row(h, 0), row(got.get(1), 0));
        assertArrayEquals(row(got.get(1), 1), row(got.get(0), 1));
    }

    private static float[] row(Tensor y, int example) {
        return y.narrow(0, example, 1).toFloatArray();
    }
}
