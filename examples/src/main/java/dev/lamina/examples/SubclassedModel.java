package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.sgd;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.layers.Dense;
import java.util.SplittableRandom;

/**
 * A model as a class of its own: 10 to dense(10, relu) to dense(10, softmax), SGD, sparse categorical cross-entropy. It learns
 * which of 10 numbers is the largest.
 */
public final class SubclassedModel extends Model {
    private final Dense hidden = child("hidden", dense(10).relu());
    private final Dense answer = child("answer", dense(10).softmax());

    @Override
    protected Tensor forward(Tensor x) {
        return answer.apply(hidden.apply(x));
    }

    /** Trains and prints. */
    public static void main(String[] args) {
        System.out.println(run(ProgressLine.of(System.out, false)));
    }

    static Evaluation run(Callback... callbacks) {
        Model model = new SubclassedModel();
        model.compile(sgd(0.1), sparseCategoricalCrossentropy().fromProbabilities(), accuracy());
        Dataset.Split data = data(2000, 5).stratifiedSplit(0.8, 1);
        model.fit(data.train(), epochs(60).batchSize(32).seed(1).callbacks(callbacks));
        return model.evaluate(data.test());
    }

    private static Dataset data(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] features = new float[count][10];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < 10; j++) {
                features[i][j] = (float) random.nextDouble(-1, 1);
                labels[i] = features[i][j] > features[i][labels[i]] ? j : labels[i];
            }
        }
        return Dataset.of(features, labels);
    }
}
