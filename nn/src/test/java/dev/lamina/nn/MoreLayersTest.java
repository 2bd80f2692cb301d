package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.activityRegularization;
import static dev.lamina.nn.Layers.alphaDropout;
import static dev.lamina.nn.Layers.concatenate;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.gaussianDropout;
import static dev.lamina.nn.Layers.gaussianNoise;
import static dev.lamina.nn.Layers.layerNorm;
import static dev.lamina.nn.Layers.masking;
import static dev.lamina.nn.Layers.permute;
import static dev.lamina.nn.Layers.spatialDropout;
import static dev.lamina.nn.Layers.spectralNorm;
import static dev.lamina.nn.Layers.timeDistributed;
import static dev.lamina.nn.Layers.weightNorm;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.SeparableConvolution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Masks that flow, noise, penalties, normalized kernels: against closed forms. */
class MoreLayersTest {
    /** Notes the mask of what flows through. */
    private static final class Spy extends Layer {
        private Optional<Tensor> seen = Optional.empty();

        @Override
        protected Tensor forward(Tensor x) {
            seen = mask(x);
            return x;
        }
    }

    private static Tensor numbers(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F64, Shape.of(shape), 0, 1).evaluate();
    }

    @Test
    void masksFlowFromTheEmbeddingToTheLayersThatKeepTheSteps() {
        Spy spy = new Spy();
        Tensor ids = Tensor.of(new long[] {3, 1, 0, 2, 0, 0}, 2, 3);
        Sequential.of(
                        embedding(5, 4).maskPadding(),
                        dropout(0.1),
                        dense(6).relu(),
                        layerNorm(),
                        timeDistributed(dense(2)),
                        spy)
                .apply(ids);
        assertArrayEquals(
                new boolean[] {true, true, false, true, false, false},
                spy.seen.orElseThrow().toBooleanArray());
        Spy behind = new Spy();
        Sequential.of(embedding(5, 3).maskPadding(), permute(2, 1), behind).apply(ids);
        assertEquals(Optional.empty(), behind.seen, "permute turns steps into features");
        Spy flat = new Spy();
        Sequential.of(embedding(5, 4).maskPadding(), flatten(), flat).apply(ids);
        assertEquals(Optional.empty(), flat.seen);
    }

    @Test
    void masksOfMergedSequences() {
        Spy spy = new Spy();
        Wire a = Wire.input("a");
        Wire b = Wire.input("b");
        Model model = Model.of(
                List.of(a, b),
                List.of(concatenate(1).apply(a.then(masking(0)), b).then(spy)));
        Tensor x = Tensor.of(new double[] {1, 1, 0, 0}, 1, 2, 2);
        model.applyAll(List.of(x, Tensor.zeros(DType.F64, Shape.of(1, 1, 2))));
        assertArrayEquals(
                new boolean[] {true, false, true}, spy.seen.orElseThrow().toBooleanArray());
    }

    @Test
    void aMaskThatDoesNotFitIsRefused() {
        assertEquals(
                "mask: expected truth values in the leading axes of (2, 3, 4), got bool (2, 4); pass (N, T), for"
                        + " example ids.ne(0)",
                assertThrows(
                                LaminaException.class,
                                () -> dense(2).applyMasked(
                                                Tensor.ones(2, 3, 4),
                                                Tensor.ones(2, 4).ne(0)))
                        .getMessage());
    }

    @Test
    void maskedStepsDoNotCountInTheLoss() {
        Tensor x = Tensor.of(new float[] {1, 2, 0, 3, 0, 0}, 2, 3, 1);
        Tensor target = Tensor.of(new float[] {1, 1, 9, 1, 9, 9}, 2, 3, 1);
        Model model = Sequential.of(masking(0), dense(1).noBias().kernelInitializer(Initializers.ones()));
        model.compile(sgd(0.1), mse());
        // (0 + 1 + 4) / 3 real steps
        assertEquals(5.0 / 3, model.evaluate(Dataset.of(x, target)).loss(), 1e-6);
    }

    @Test
    void noiseHasTheMomentsOfItsFormula() {
        Tensor x = Tensor.full(DType.F64, 2, Shape.of(200, 500)).evaluate();
        double[][] expected = {
            {2, 0.3}, {2, 2 * Math.sqrt(0.2 / 0.8)},
        };
        Layer[] layers = {gaussianNoise(0.3), gaussianDropout(0.2)};
        for (int i = 0; i < layers.length; i++) {
            Tensor y = trained(layers[i], x);
            assertEquals(expected[i][0], y.mean().item(), 0.01, layers[i].toString());
            assertEquals(expected[i][1], y.std(1).item(), 0.01, layers[i].toString());
        }
        Tensor normal = numbers(3, 300, 500);
        Tensor y = trained(alphaDropout(0.3), normal);
        assertEquals(0, y.mean().item(), 0.02);
        assertEquals(1, y.std(1).item(), 0.02);
        Tensor channels = trained(spatialDropout(0.4), Tensor.ones(DType.F64, Shape.of(50, 7, 20)));
        double[] sums = channels.sum(1).toDoubleArray();
        for (double sum : sums) {
            assertTrue(sum == 0 || Math.abs(sum - 7 / 0.6) < 1e-9, "a channel is dropped as a whole, got " + sum);
        }
        assertEquals(0.4, Arrays.stream(sums).filter(sum -> sum == 0).count() / (double) sums.length, 0.05);
    }

    private static Tensor trained(Layer layer, Tensor x) {
        Tensor[] y = new Tensor[1];
        layer.training(() -> y[0] = layer.apply(x).evaluate());
        return y[0];
    }

    @Test
    void activityIsPenalizedInTrainingOnly() {
        Tensor x = Tensor.of(new double[] {1, -2, 3, 0}, 2, 2);
        Sequential model = Sequential.of(activityRegularization(Regularizers.elastic(0.1, 0.01)));
        List<Double> penalties = new ArrayList<>();
        model.training(() -> {
            model.apply(x);
            model.apply(x);
            penalties.add(model.penalty().orElseThrow().item());
        });
        assertEquals((0.1 * 6 + 0.01 * 14) / 2, penalties.getFirst(), 1e-12, "only that of the last call");
        model.apply(x);
        assertEquals(Optional.empty(), model.penalty());
    }

    @Test
    void activityPenaltiesAreInTheLossOfFit() {
        Tensor x = Tensor.of(new float[] {1, -2, 3, 0}, 2, 2);
        Model model = Sequential.of(
                dense(2).noBias().kernelInitializer(Initializers.identity()),
                activityRegularization(Regularizers.l1(1)));
        model.compile(sgd(1e-9), mse());
        double loss = model.fit(Dataset.of(x, x), epochs(1)).last().value("loss");
        assertEquals(3, loss, 1e-5);
    }

    @Test
    void weightNormKeepsTheFirstKernelAndTrainsItsLength() {
        Dense inner = dense(3);
        Layer layer = weightNorm(inner);
        Tensor x = numbers(1, 4, 5);
        Tensor y = layer.apply(x).evaluate();
        Tensor plain = x.matmul(inner.kernel().value()).add(inner.bias().value());
        assertArrayEquals(plain.toDoubleArray(), y.toDoubleArray(), 1e-12);
        assertEquals(List.of("inner/kernel", "inner/bias", "scale"), sorted(layer));
        // Twice as long a direction is the same direction.
        inner.kernel().assign(inner.kernel().value().mul(2));
        assertArrayEquals(plain.toDoubleArray(), layer.apply(x).toDoubleArray(), 1e-12);
        // A gradient never changes the length of the direction: it is orthogonal to it.
        Tensor loss = layer.apply(x).square().sum();
        Tensor g = Gradients.of(loss, List.of(inner.kernel())).get(inner.kernel());
        double[] along = g.mul(inner.kernel().value()).sum(0).toDoubleArray();
        assertArrayEquals(new double[3], along, 1e-9);
    }

    private static List<String> sorted(Layer layer) {
        List<String> names = new ArrayList<>(layer.variables().keySet());
        names.sort((a, b) -> Boolean.compare(a.equals("scale"), b.equals("scale")));
        return names;
    }

    @Test
    void spectralNormDividesByTheLargestSingularValue() {
        Dense inner = dense(3).noBias()
                .kernelInitializer(
                        Initializers.value(Tensor.of(new double[] {0, 4, 0, 0, 0, 0, 0, 0, 0.5, 3, 0, 0}, 4, 3)));
        Layer layer = spectralNorm(inner);
        Tensor x = numbers(2, 6, 4);
        for (int step = 0; step < 40; step++) {
            trained(layer, x);
        }
        // Columns of the kernel are orthogonal: singular values 4, 3, 0.5.
        Tensor expected = x.matmul(inner.kernel().value()).div(4);
        assertArrayEquals(expected.toDoubleArray(), layer.apply(x).toDoubleArray(), 1e-9);
        assertEquals(12, layer.parameterCount());
    }

    @Test
    void kernelNormNeedsAKernel() {
        assertTrue(assertThrows(
                        LaminaException.class, () -> weightNorm(layerNorm()).apply(numbers(1, 2, 3)))
                .getMessage()
                .startsWith("weight_norm (input (2, 3)): weightNorm: expected a layer with a variable 'kernel', got"));
    }

    @Test
    void embeddingsStayWithinTheirNorm() {
        Embedding layer = embedding(4, 3).maxNorm(1).initializer(Initializers.constant(2));
        Tensor ids = Tensor.of(new long[] {0, 1, 3}, 3);
        Tensor y = layer.apply(ids);
        assertArrayEquals(new double[] {1, 1, 1}, y.square().sum(1).sqrt().toDoubleArray(), 1e-5);
        Optimizer optimizer = sgd(10);
        optimizer.step(Gradients.of(layer.apply(ids).mul(-1).sum(), layer.parameters()));
        double[] norms = layer.embeddings().value().square().sum(1).sqrt().toDoubleArray();
        assertArrayEquals(new double[] {1, 1, 1, 1}, norms, 1e-5);
    }

    @Test
    void theDepthwiseKernelHasOptionsOfItsOwn() {
        SeparableConvolution layer = Layers.separableConv2d(2, 3)
                .depthwiseInitializer(Initializers.constant(-0.5))
                .depthwiseRegularizer(Regularizers.l2(0.1))
                .depthwiseConstraint(Constraints.nonNegative());
        layer.apply(Tensor.ones(1, 4, 4, 3)).evaluate();
        assertEquals(-0.5, layer.depthwise().value().min().item(), 0);
        assertEquals(0.1 * 0.25 * 27, layer.penalty().orElseThrow().item(), 1e-5);
        assertEquals(
                0,
                layer.depthwise().constrained(layer.depthwise().value()).max().item(),
                0);
        SeparableConvolution again = SeparableConvolution.of(layer.config().orElseThrow());
        assertEquals(layer.config(), again.config());
    }
}
