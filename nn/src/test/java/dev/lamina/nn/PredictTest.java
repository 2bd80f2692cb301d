package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** predict in its forms, and in many threads. */
class PredictTest {
    @Test
    void allFormsAgree() {
        Model model = FitTest.classifier();
        Dataset data = Data.clusters(300, 1);
        Tensor all = model.predict(data.features());
        assertEquals(Shape.of(300, 3), all.shape());
        assertArrayEquals(all.toFloatArray(), model.predict(data).toFloatArray(), 1e-6f);
        float[] two = data.features().toFloatArray();
        float[][] rows = model.predict(new float[][] {{two[0], two[1]}, {two[2], two[3]}});
        assertArrayEquals(model.predict(two[2], two[3]), rows[1], 1e-6f);
        assertEquals(all.toFloatArray()[4], rows[1][1], 1e-6f);
        assertEquals(0, model.predict(new float[0][]).length);
    }

    @Test
    void wrongInputNamesTheLayer() {
        Model model = FitTest.classifier();
        model.initialize(2);
        String text =
                assertThrows(ShapeException.class, () -> model.predict(1, 2, 3)).getMessage();
        assertTrue(text.startsWith("sequential/dense_1 (input (1, 3)): dense: expected inputs (..., 2)"), text);
        assertThrows(ShapeException.class, () -> model.predict(new float[][] {{1, 2}, {3}}));
    }

    @Test
    void manyShapesAreFine() {
        Model model = FitTest.classifier();
        for (int n = 1; n < 40; n++) {
            assertEquals(Shape.of(n, 3), model.predict(Tensor.ones(n, 2)).shape());
        }
    }

    @Test
    void threadsPredictWhileAnotherTrains() throws Exception {
        // Both outputs are one parameter: they are equal in every whole step.
        Sequential model = Sequential.of(dense(1).noBias(), dense(2).noBias().kernelInitializer(Initializers.ones()));
        model.initialize(1);
        model.layers().get(1).freeze();
        model.compile(sgd(0.001), mse());
        Dataset data = Dataset.of(Tensor.ones(64, 1), Tensor.full(5, 64, 2));
        AtomicBoolean done = new AtomicBoolean();
        Callable<Integer> reader = () -> {
            int count = 0;
            while (!done.get() || count == 0) {
                float[] y = model.predict(1f);
                assertEquals(y[0], y[1]);
                count++;
            }
            return count;
        };
        try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(pool.submit(reader));
            }
            try {
                model.fit(data, epochs(20).batchSize(2));
            } finally {
                done.set(true);
            }
            for (Future<Integer> each : readers) {
                assertTrue(each.get() > 0);
            }
        }
    }

    @Test
    void summaryShowsTheLayers() {
        Sequential model = Sequential.of(dense(16).relu(), dense(3));
        assertThrows(LaminaException.class, model::summary);
        model.initialize(2);
        model.layers().get(0).freeze();
        String text = model.summary();
        assertTrue(text.contains("sequential"), text);
        assertTrue(text.contains("dense_1 (frozen)  (N, 16)"), text);
        assertTrue(text.contains("99 parameters, 48 of them frozen, 0.4 KiB"), text);
    }
}
