package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.memory.Memory;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a step costs beside its kernels: no compilation, no native memory, nearly no heap. */
class StepCostTest {
    private static final int WARM = 60;

    @Test
    void aFitStepAllocatesNearlyNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Model model = Sequential.of(dense(16).relu(), batchNorm(), dropout(0.2), dense(3).l2(1e-4))
                .compile(adam(0.001), sparseCategoricalCrossentropy(), accuracy());
        int steps = 200;
        long[] heap = new long[1];
        long[] nativeBytes = new long[1];
        long[] plans = new long[1];
        Callback meter = new Callback() {
            @Override
            public void onBatchEnd(Progress progress) {
                if (progress.batch() == WARM) {
                    plans[0] = Plan.compiledCount();
                    nativeBytes[0] = Memory.shared().live();
                    heap[0] = threads.getCurrentThreadAllocatedBytes();
                } else if (progress.batch() == WARM + steps) {
                    heap[0] = threads.getCurrentThreadAllocatedBytes() - heap[0];
                    nativeBytes[0] = Memory.shared().live() - nativeBytes[0];
                    plans[0] = Plan.compiledCount() - plans[0];
                }
            }
        };
        model.fit(
                Data.clusters(8 * (WARM + steps + 10), 1),
                epochs(1).batchSize(8).callbacks(meter));
        assertEquals(0, plans[0], "plans compiled in " + steps + " steps");
        assertTrue(nativeBytes[0] <= 0, "native bytes in " + steps + " steps: " + nativeBytes[0]);
        assertTrue(heap[0] < 1024L * steps, "heap bytes for each step: " + heap[0] / steps);
    }

    @Test
    void aSecondHandWrittenStepCompilesNothing() {
        Model model = Sequential.of(dense(16).relu(), batchNorm(), dropout(0.2), dense(3));
        Loss lossFunction = sparseCategoricalCrossentropy();
        Optimizer optimizer = adam(0.01);
        var data = Data.clusters(12, 1);
        Tensor x = data.features();
        Tensor y = data.labels();
        long compiled = 0;
        for (int step = 0; step < 4; step++) {
            optimizer.learningRate(0.01 / (step + 1));
            double value = model.training(() -> {
                Tensor loss = lossFunction.of(model.apply(x), y);
                optimizer.step(Gradients.of(loss, model.parameters()));
                return loss.item();
            });
            assertTrue(Double.isFinite(value));
            if (step == 0) {
                compiled = Plan.compiledCount();
            }
        }
        assertEquals(compiled, Plan.compiledCount());
    }

    @Test
    void aSecondPredictionCompilesNothing() {
        Model model = Sequential.of(dense(16).relu(), dense(3));
        model.predict(1, 2);
        long compiled = Plan.compiledCount();
        for (int i = 0; i < 10; i++) {
            model.predict(i, 2);
        }
        assertEquals(compiled, Plan.compiledCount());
    }
}
