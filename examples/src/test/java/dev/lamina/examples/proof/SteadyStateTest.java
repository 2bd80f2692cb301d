package dev.lamina.examples.proof;

import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.bidirectional;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lamina.core.memory.Memory;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.nn.Callback;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Progress;
import dev.lamina.nn.Sequential;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Once it runs, {@code fit} allocates no native memory and next to no Java heap, in no thread. */
class SteadyStateTest {
    private static final int WARM = 150;

    /** Even if each took only 64 bytes of native memory, these would need a further slab of small buffers. */
    private static final int STEPS = 1500;

    private static final long MOST_BYTES = 1024;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What has been allocated at one moment. */
    private record Allocated(long heap, long memory) {
        static Allocated now() {
            long memory = Memory.shared().allocated();
            // Last, and of all threads: what this method allocates does not count at the start.
            return new Allocated(THREADS.getTotalThreadAllocatedBytes(), memory);
        }
    }

    private static final class Meter implements Callback {
        private int done;
        private Allocated before = Allocated.now();
        private Allocated after = before;

        @Override
        public void onBatchEnd(Progress progress) {
            done++;
            if (done == WARM) {
                before = Allocated.now();
            } else if (done == WARM + STEPS) {
                after = Allocated.now();
            }
        }
    }

    /** Large enough for several threads to work on it. */
    @Test
    void stepsOfALargeNetwork() {
        measure(
                Sequential.of(dense(256).relu(), dropout(0.2), dense(128).l2(1e-4), batchNorm(), dense(10)),
                Digits.train(),
                128);
    }

    @Test
    void stepsOfASmallNetwork() {
        measure(Sequential.of(dense(10).relu(), dense(10)), Digits.train(), 8);
    }

    /** The rows of a digit as steps. */
    @Test
    void stepsOfRecurrentNetworks() {
        Dataset rows = Digits.train().reshape(Dataset.FEATURES, 8, 8);
        measure(Sequential.of(lstm(32), dense(10)), rows, 32);
        measure(Sequential.of(bidirectional(gru(16), gru(16)), dense(10)), rows, 32);
    }

    private static void measure(Model model, Dataset data, int batch) {
        model.compile(adam(1e-3), sparseCategoricalCrossentropy(), accuracy());
        Meter meter = new Meter();
        int steps = (int) (data.size() / batch);
        model.fit(
                data,
                FitOptions.epochs((WARM + STEPS) / steps + 1)
                        .batchSize(batch)
                        .dropLast()
                        .callbacks(meter));
        assertTrue(meter.done >= WARM + STEPS, "steps done: " + meter.done);
        assertEquals(meter.before.memory, meter.after.memory, "native bytes ever allocated");
        long heap = (meter.after.heap - meter.before.heap) / STEPS;
        assertTrue(heap < MOST_BYTES, "expected less than " + MOST_BYTES + " bytes of heap in a step, got " + heap);
    }
}
