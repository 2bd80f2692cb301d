package dev.lamina.nn;

import static dev.lamina.nn.Constraints.maxNorm;
import static dev.lamina.nn.Constraints.nonNegative;
import static dev.lamina.nn.Constraints.unitNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.Dense;
import org.junit.jupiter.api.Test;

/** Where constraints keep parameters, in hand-written steps and in fit, and penalties beside them. */
class ConstraintsTest {
    private static final Tensor KERNEL = Tensor.of(new float[] {3, 0.3f, 4, -0.4f}, 2, 2);

    @Test
    void normsAreThoseOfTheIncomingWeights() {
        assertArrayEquals(
                new float[] {1.2f, 0.3f, 1.6f, -0.4f}, maxNorm(2).of(KERNEL).toFloatArray(), 1e-6f);
        assertArrayEquals(
                new float[] {0.6f, 0.6f, 0.8f, -0.8f}, unitNorm().of(KERNEL).toFloatArray(), 1e-6f);
        assertArrayEquals(new float[] {3, 0.3f, 4, 0}, nonNegative().of(KERNEL).toFloatArray());
        Tensor vector = Tensor.of(new float[] {3, 4});
        assertArrayEquals(new float[] {0.6f, 0.8f}, unitNorm().of(vector).toFloatArray(), 1e-6f);
        assertEquals(1, unitNorm().of(Tensor.scalar(-7f)).abs().item(), 1e-6);
        assertArrayEquals(new float[4], unitNorm().of(Tensor.zeros(2, 2)).toFloatArray());
        assertThrows(LaminaException.class, () -> maxNorm(0));
    }

    @Test
    void aStepEndsInsideTheConstraint() {
        Dense layer = dense(2).kernelInitializer(Initializers.value(KERNEL))
                .kernelConstraint(maxNorm(1))
                .biasConstraint(nonNegative());
        Tensor x = Tensor.of(new float[] {1, 2, -1, 1, 0, 3}, 3, 2);
        Optimizer optimizer = sgd(0.1);
        for (int i = 0; i < 3; i++) {
            Tensor loss = mse().of(layer.apply(x), Tensor.full(-1, 3, 2));
            optimizer.step(Gradients.of(loss, layer.parameters()));
            float[] w = layer.kernel().value().toFloatArray();
            assertTrue(Math.hypot(w[0], w[2]) < 1 + 1e-6 && Math.hypot(w[1], w[3]) < 1 + 1e-6);
            assertTrue(layer.bias().value().min().item() >= 0);
        }
    }

    @Test
    void fitKeepsThemToo() {
        Sequential model = Sequential.of(dense(4).relu().kernelConstraint(unitNorm()), dense(3));
        model.compile(sgd(0.5), Losses.sparseCategoricalCrossentropy());
        model.fit(Data.clusters(40, 1), FitOptions.epochs(2).batchSize(16));
        Tensor kernel =
                model.variables().entrySet().iterator().next().getValue().value();
        assertEquals(1, kernel.square().sum(0).max().item(), 1e-5);
        assertEquals(1, kernel.square().sum(0).min().item(), 1e-5);
    }

    @Test
    void penaltiesOfAllParametersAdd() {
        Dense layer = dense(2).kernelInitializer(Initializers.value(KERNEL))
                .biasInitializer(Initializers.constant(-2))
                .kernelRegularizer(Regularizers.elastic(0.5, 0.1))
                .biasRegularizer(Regularizers.l1(0.25));
        layer.apply(Tensor.ones(1, 2));
        assertEquals(
                0.5 * 7.7 + 0.1 * 25.25 + 0.25 * 4,
                layer.penalty().orElseThrow().item(),
                1e-5);
    }

    @Test
    void textsAreReadBack() {
        for (Constraint constraint : new Constraint[] {maxNorm(2.5), unitNorm(), nonNegative()}) {
            assertEquals(constraint, Constraints.parse(Constraints.text(constraint)));
        }
        assertEquals("", Constraints.text(value -> value));
        for (String wrong : new String[] {"", "max_norm", "max_norm()", "other(1)"}) {
            assertThrows(DataException.class, () -> Constraints.parse(wrong), wrong);
        }
        ParameterOptions options = ParameterOptions.of(Initializers.orthogonal())
                .with(Regularizers.l2(0.1))
                .with(maxNorm(3));
        Config config = options.into(Config.of("layer"), "kernel");
        assertEquals(options, ParameterOptions.of(Initializers.zeros()).from(config, "kernel"));
    }
}
