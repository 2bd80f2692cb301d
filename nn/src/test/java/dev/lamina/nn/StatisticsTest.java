package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Running statistics of batch normalization after weights were averaged. */
class StatisticsTest {
    @Test
    void onePassOverTheDataWithTheAveragedWeights() {
        Dense first = dense(4);
        BatchNorm norm = batchNorm();
        Model model = Sequential.of(first, norm, Layers.dropout(0.3), dense(3));
        model.seed(1);
        model.compile(sgd(0.3).average(Averaging.swa(2)), sparseCategoricalCrossentropy(), accuracy());
        Dataset data = Data.clusters(45, 1);
        model.fit(data, epochs(5).batchSize(10));
        model.takeAverages();
        float[] weights = parameters(model);
        float[] stale = state(model, "running_mean");
        model.refreshStatistics(data, 10);
        assertArrayEquals(weights, parameters(model));
        assertFalse(Arrays.equals(stale, state(model, "running_mean")));
        Tensor x = Examples.rows(data, 0, 40)
                .matmul(first.kernel().value())
                .add(first.bias().value());
        Tensor groups = x.reshape(4, 10, 4);
        assertArrayEquals(groups.mean(1).mean(0).toFloatArray(), state(model, "running_mean"), 1e-5f);
        assertArrayEquals(groups.var(1, 1).mean(0).toFloatArray(), state(model, "running_variance"), 1e-5f);
        assertEquals(4, state(model, "batches")[0]);
    }

    private static float[] parameters(Model model) {
        return model.parameters().stream()
                .map(p -> p.value().flatten())
                .reduce((a, b) -> Tensor.concat(0, a, b))
                .orElseThrow()
                .toFloatArray();
    }

    private static float[] state(Model model, String name) {
        return model.variables().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("/" + name))
                .findFirst()
                .orElseThrow()
                .getValue()
                .value()
                .cast(dev.lamina.core.DType.F32)
                .toFloatArray();
    }

    @Test
    void momentumIsBackAfterwardsAndFrozenLayersKeepTheirs() {
        Model model = Sequential.of(dense(4), batchNorm(), dense(3));
        model.seed(1);
        model.compile(sgd(0.3), sparseCategoricalCrossentropy());
        Dataset data = Data.clusters(40, 1);
        model.fit(data, epochs(1).batchSize(10));
        float[] own = state(model, "running_mean");
        model.freeze();
        model.refreshStatistics(data, 10);
        assertArrayEquals(own, state(model, "running_mean"));
        model.unfreeze();
        model.refreshStatistics(data, 40);
        float[] all = state(model, "running_mean");
        model.compile(sgd(0), sparseCategoricalCrossentropy());
        model.fit(data, epochs(1).batchSize(40));
        // 0.9 of the mean of all and 0.1 of the same
        assertArrayEquals(all, state(model, "running_mean"), 1e-6f);
    }
}
