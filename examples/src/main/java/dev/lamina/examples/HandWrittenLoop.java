package dev.lamina.examples;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Optimizers.sgd;

import dev.lamina.core.Gradients;
import dev.lamina.core.Index;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Model;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.Sequential;
import java.util.SplittableRandom;

/**
 * A 10-20-5 network trained with SGD by a loop of one's own: ordinary Java around the same objects that {@code fit} uses. The
 * first step compiles forward, backward and update to one plan; the others find it again.
 */
public final class HandWrittenLoop {
    private static final int EXAMPLES = 640;
    private static final int BATCH = 32;

    private HandWrittenLoop() {}

    /** Trains and prints. */
    public static void main(String[] args) {
        double[] losses = run(30);
        for (int epoch = 0; epoch < losses.length; epoch++) {
            System.out.printf("epoch %2d  loss %.4f%n", epoch + 1, losses[epoch]);
        }
    }

    static Model network() {
        return Sequential.of(dense(20).tanh(), dense(5)).initialize(10);
    }

    static double[] run(int epochs) {
        Model model = network();
        Tensor features = features(EXAMPLES, 2);
        Tensor labels = labels(features);
        Loss lossFunction = sparseCategoricalCrossentropy();
        Optimizer optimizer = sgd(0.5);
        double[] losses = new double[epochs];
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (int from = 0; from < EXAMPLES; from += BATCH) {
                Tensor x = features.slice(Index.range(from, from + BATCH)).evaluate();
                Tensor y = labels.slice(Index.range(from, from + BATCH)).evaluate();
                Tensor loss = lossFunction.of(model.apply(x), y);
                optimizer.step(Gradients.of(loss, model.parameters()));
                losses[epoch] += loss.item() * BATCH / EXAMPLES;
            }
        }
        return losses;
    }

    /** Numbers from -1 to 1, (count, 10). */
    static Tensor features(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count * 10];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return Tensor.of(values, count, 10);
    }

    /** Which of the five pairs of numbers has the largest sum. */
    static Tensor labels(Tensor features) {
        return features.reshape(-1, 5, 2).sum(-1).argmax(-1).evaluate();
    }
}
