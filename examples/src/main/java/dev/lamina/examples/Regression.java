package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Metrics.meanAbsoluteError;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.util.SplittableRandom;

/** A number from 10 numbers: 10 to dense(64, relu) to dense(1), mean squared error, Adam, 100 epochs. */
public final class Regression {
    private Regression() {}

    /** Trains and prints. */
    public static void main(String[] args) {
        System.out.println(run(100, ProgressLine.of(System.out, false)));
    }

    static Evaluation run(int epochs, Callback... callbacks) {
        Model model = Sequential.of(dense(64).relu(), dense(1));
        model.compile(adam(1e-3), mse(), meanAbsoluteError());
        Dataset.Split data = data(1000, 3).split(0.8, 1);
        model.fit(data.train(), epochs(epochs).batchSize(32).seed(1).callbacks(callbacks));
        return model.evaluate(data.test());
    }

    /** Numbers from -1 to 1; the target is a weighted sum of them and the product of the first two. Its variance is 0.57. */
    private static Dataset data(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] features = new float[count * 10];
        float[] targets = new float[count];
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int j = 0; j < 10; j++) {
                double value = random.nextDouble(-1, 1);
                features[i * 10 + j] = (float) value;
                sum += value * (j - 4.5) / 9;
            }
            targets[i] = (float) (sum + 2.0 / 3 * features[i * 10] * features[i * 10 + 1]);
        }
        return Dataset.of(Tensor.of(features, count, 10), Tensor.of(targets, count, 1));
    }
}
