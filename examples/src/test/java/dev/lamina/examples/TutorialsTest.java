package dev.lamina.examples;

import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The tutorials' programs learn what they shall, and their gradients are right. */
class TutorialsTest {
    @Test
    void xorIsLearned() {
        Model model = Xor.network(1);
        double loss = Xor.train(model, 2000);
        assertTrue(loss < 0.01, "loss " + loss);
        for (int i = 0; i < 4; i++) {
            double answer = model.predict(Tensor.of(Xor.INPUTS[i], 1, 2)).item();
            assertEquals(Xor.TARGETS[i], answer, 0.25);
        }
    }

    @Test
    void xorGradientsAreThoseDerivedByHand() {
        Model model = Xor.network(1);
        for (int round = 0; round < 3; round++) {
            Gradients gradients = Xor.gradients(model);
            Map<String, double[]> expected = Xor.byHand(model);
            model.variables()
                    .forEach((name, variable) -> assertArrayEquals(
                            expected.get(name), gradients.get(variable).toDoubleArray(), 1e-14, name));
            Xor.train(model, 50);
        }
    }

    @Test
    void xorGradientsAreTheSlopesOfTheLoss() {
        Model model = Xor.network(2);
        Tensor x = Tensor.of(new double[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
        Tensor t = Tensor.of(Xor.TARGETS, 4, 1);
        checkSlopes(model, () -> mse().of(model.apply(x), t));
    }

    @Test
    void gradientsOfTheHandWrittenLoopAreTheSlopesOfItsLoss() {
        Model model = dev.lamina.nn.Sequential.of(dev.lamina.nn.Layers.dense(20).tanh(), dev.lamina.nn.Layers.dense(5));
        model.dtype(DType.F64);
        Tensor x = HandWrittenLoop.features(16, 4);
        Tensor labels = HandWrittenLoop.labels(x);
        model.apply(x.toF64());
        checkSlopes(model, () -> sparseCategoricalCrossentropy().of(model.apply(x.toF64()), labels));
    }

    /** Compares each gradient with (L(p + h) - L(p - h)) / 2h, element by element. */
    private static void checkSlopes(Model model, Supplier<Tensor> loss) {
        double h = 1e-5;
        Gradients gradients = Gradients.of(loss.get(), model.parameters());
        Map<String, double[]> expected = new java.util.HashMap<>();
        model.variables()
                .forEach((name, variable) ->
                        expected.put(name, gradients.get(variable).toDoubleArray()));
        model.variables().forEach((name, variable) -> {
            double[] values = variable.value().toDoubleArray();
            for (int i = 0; i < values.length; i += Math.max(1, values.length / 20)) {
                double slope = (moved(variable, values, i, h, loss) - moved(variable, values, i, -h, loss)) / (2 * h);
                assertEquals(slope, expected.get(name)[i], 1e-8, name + "[" + i + "]");
            }
            variable.assign(Tensor.of(values, variable.shape().dims()));
        });
    }

    private static double moved(Variable variable, double[] values, int index, double by, Supplier<Tensor> loss) {
        double[] copy = values.clone();
        copy[index] += by;
        variable.assign(Tensor.of(copy, variable.shape().dims()));
        return loss.get().item();
    }

    @Test
    void binaryClassification() {
        Evaluation result = BinaryClassification.run();
        assertTrue(result.metric("accuracy") > 0.92, result.toString());
    }

    @Test
    void regression() {
        Evaluation result = Regression.run(100);
        assertTrue(result.loss() < 0.02, result.toString());
    }

    @Test
    void subclassedModel() {
        Evaluation result = SubclassedModel.run();
        assertTrue(result.metric("accuracy") > 0.85, result.toString());
    }

    @Test
    void handWrittenLoop() {
        double[] losses = HandWrittenLoop.run(30);
        assertTrue(losses[29] < 0.25 * losses[0], losses[0] + " to " + losses[29]);
    }

    @Test
    void theHandWrittenLoopCompilesOneStep() {
        HandWrittenLoop.run(1);
        long compiled = Plan.compiledCount();
        HandWrittenLoop.run(2);
        assertEquals(compiled, Plan.compiledCount());
    }
}
