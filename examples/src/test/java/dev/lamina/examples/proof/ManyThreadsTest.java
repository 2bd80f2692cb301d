package dev.lamina.examples.proof;

import static dev.lamina.nn.Layers.dense;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** One model answers 64 threads at a time, each with the bits that a lone caller gets. */
class ManyThreadsTest {
    private static final int THREADS = 64;
    private static final int ROUNDS = 20;

    /** Of several sizes, so that threads share plans and compete for the pool. */
    private static final int[] BATCHES = {1, 3, 32, 300};

    private final Dataset data = Digits.all();
    private final Tensor features = data.features();

    @Test
    void everyAnswerHasTheSameBits() throws Exception {
        Model model =
                Sequential.of(dense(256).relu(), dense(256).relu(), dense(10).softmax());
        model.seed(11);
        model.initialize(64);
        List<float[]> expected = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            expected.add(model.predict(input(t)).toFloatArray());
        }
        CyclicBarrier together = new CyclicBarrier(THREADS);
        List<Callable<Integer>> callers = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int number = t;
            callers.add(() -> {
                together.await();
                for (int round = 0; round < ROUNDS; round++) {
                    int which = (number + round) % THREADS;
                    float[] actual = model.predict(input(which)).toFloatArray();
                    assertArrayEquals(expected.get(which), actual, "thread " + number + ", round " + round);
                }
                return ROUNDS;
            });
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            for (Future<Integer> caller : pool.invokeAll(callers)) {
                assertEquals(ROUNDS, caller.get());
            }
        }
    }

    /** Rows of its own for each thread. */
    private Tensor input(int thread) {
        return features.narrow(0, 20 * thread, BATCHES[thread % BATCHES.length]);
    }
}
