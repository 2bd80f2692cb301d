package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.maxPool2d;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Schedules.cosine;

import dev.lamina.data.Dataset;
import dev.lamina.data.Mnist;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;

/** Handwritten digits with a network in the manner of LeNet (LeCun and others 1998): two convolutions with pooling, two dense layers. */
public final class LeNet {
    private static final int BATCH = 64;

    private LeNet() {}

    /** Trains three epochs on all of MNIST and prints. */
    public static void main(String[] args) {
        Path folder = Path.of(args.length > 0 ? args[0] : "../shared/data/mnist");
        System.out.println(run(folder, 60_000, 3, ProgressLine.of(System.out, false)));
    }

    static Model network() {
        return Sequential.of(
                conv2d(32, 3).same().relu(),
                maxPool2d(2),
                conv2d(64, 3).same().relu(),
                maxPool2d(2),
                flatten(),
                dense(128).relu(),
                dropout(0.4),
                dense(Mnist.CLASSES));
    }

    /** Trains on so many examples and measures on as many of the test examples as there are. */
    static Evaluation run(Path folder, int examples, int epochs, Callback... callbacks) {
        Dataset train = first(examples, images(Mnist.train(folder)));
        Dataset test = first(examples, images(Mnist.test(folder)));
        Model model = network();
        int steps = epochs * Math.ceilDiv(Math.toIntExact(train.size()), BATCH);
        model.compile(adam(2e-3).schedule(cosine(steps)), sparseCategoricalCrossentropy(), accuracy());
        model.fit(train, epochs(epochs).batchSize(BATCH).seed(1).callbacks(callbacks));
        return model.evaluate(test);
    }

    private static Dataset images(Dataset digits) {
        return digits.reshape(Dataset.FEATURES, 28, 28, 1);
    }

    private static Dataset first(int examples, Dataset all) {
        return all.take(Math.min(examples, all.size()));
    }
}
