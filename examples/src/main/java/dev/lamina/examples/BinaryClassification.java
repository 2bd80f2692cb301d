package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.util.SplittableRandom;

/** Yes or no from 8 numbers: 8 to dense(10, relu) to dense(1, sigmoid), binary cross-entropy, Adam, batches of 32. */
public final class BinaryClassification {
    private BinaryClassification() {}

    /** Trains and prints. */
    public static void main(String[] args) {
        System.out.println(run(ProgressLine.of(System.out, false)));
    }

    static Evaluation run(Callback... callbacks) {
        Model model = Sequential.of(dense(10).relu(), dense(1).sigmoid());
        model.compile(adam(1e-2), binaryCrossentropy().fromProbabilities(), accuracy());
        Dataset.Split data = data(1000, 7).split(0.8, 1);
        model.fit(data.train(), epochs(40).batchSize(32).seed(1).callbacks(callbacks));
        return model.evaluate(data.test());
    }

    /** Numbers from 0 to 1; the answer is yes when the first four add up to more than the last four. */
    private static Dataset data(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] features = new float[count * 8];
        float[] labels = new float[count];
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int j = 0; j < 8; j++) {
                double value = random.nextDouble();
                features[i * 8 + j] = (float) value;
                sum += j < 4 ? value : -value;
            }
            labels[i] = sum > 0 ? 1 : 0;
        }
        return Dataset.of(Tensor.of(features, count, 8), Tensor.of(labels, count, 1));
    }
}
