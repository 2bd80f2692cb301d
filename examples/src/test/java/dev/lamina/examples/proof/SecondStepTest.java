package dev.lamina.examples.proof;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** A loop of the user's own is compiled in its first step; all later steps find their plan. */
class SecondStepTest {
    private static final int BATCH = 32;
    private static final int STEPS = 40;

    private final Dataset data = Digits.train();
    private final Tensor features = data.features();
    private final Tensor labels = data.labels();
    private final Model model = Sequential.of(dense(48).relu(), dropout(0.25), dense(10));

    SecondStepTest() {
        model.seed(3);
        model.compile(adam(1e-3), sparseCategoricalCrossentropy());
        model.initialize(64);
    }

    @Test
    void newBatchesDropoutAndLearningRatesCompileNothing() {
        double[] losses = new double[STEPS];
        compilesInTheFirst(1, step -> {
            model.optimizer().learningRate(1e-2 / (1 + step));
            losses[step] = step(batch(features, step), batch(labels, step));
        });
        assertTrue(losses[STEPS - 1] < losses[0], "expected the loss to fall from " + losses[0] + " below that");
    }

    /** Each branch is a graph of its own; the condition depends on a value that was computed. */
    @Test
    void ordinaryControlFlowCompilesEachBranchOnce() {
        int[] taken = new int[2];
        compilesInTheFirst(12, step -> {
            Tensor x = batch(features, step);
            boolean bright = x.mean().item() > 0.3 || step == 3;
            for (int i = 0; i < (bright ? 3 : 1); i++) {
                x = x.mul(Tensor.scalar(1 + 0.01f * step));
            }
            taken[bright ? 1 : 0]++;
            step(x, batch(labels, step));
        });
        assertTrue(taken[0] > 0 && taken[1] > 0, "expected both branches, got " + taken[0] + " and " + taken[1]);
    }

    @Test
    void gradientsAndAssignmentsByHandCompileNothing() {
        Variable w = Variable.of("w", Tensor.ones(64, 10).mul(0.01));
        compilesInTheFirst(1, step -> {
            Tensor scores = batch(features, step).matmul(w.value());
            Tensor loss = sparseCategoricalCrossentropy().of(scores, batch(labels, step));
            Tensor gradient = Gradients.of(loss, List.of(w)).get(w);
            Tensor rate = Tensor.scalar(0.1f / (1 + step));
            Variable.assignAll(Map.of(w, w.value().sub(gradient.mul(rate))), List.of(loss));
            assertTrue(Double.isFinite(loss.item()));
        });
    }

    /** The counter counts: another batch size is another graph. */
    @Test
    void anotherShapeIsCompiled() {
        step(batch(features, 0), batch(labels, 0));
        long before = Plan.compiledCount();
        step(features.narrow(0, 0, BATCH + 1), labels.narrow(0, 0, BATCH + 1));
        assertNotEquals(before, Plan.compiledCount());
    }

    @Test
    void aSecondFitCompilesNothing() {
        FitOptions options = FitOptions.epochs(1).batchSize(BATCH).validation(Digits.test());
        model.fit(data, options);
        long before = Plan.compiledCount();
        model.fit(data, options);
        assertEquals(before, Plan.compiledCount());
    }

    /** Runs all steps; those after the first few compile nothing. */
    private static void compilesInTheFirst(int first, IntConsumer body) {
        long compiled = 0;
        for (int step = 0; step < STEPS; step++) {
            body.accept(step);
            if (step == first - 1) {
                compiled = Plan.compiledCount();
            }
        }
        assertEquals(compiled, Plan.compiledCount());
    }

    private double step(Tensor x, Tensor y) {
        return model.training(() -> {
            Tensor loss = model.loss().of(model.apply(x), y);
            model.optimizer().step(Gradients.of(loss, model.parameters()));
            return loss.item();
        });
    }

    /** Data of its own for each step, as a loader would hand it over. */
    private static Tensor batch(Tensor all, int step) {
        return all.narrow(0, step % 40 * BATCH, BATCH).evaluate();
    }
}
