package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.data.Dataset;
import dev.lamina.data.Mnist;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;

/** Epochs of a network 784-512-256-10 over the first 12,800 examples of MNIST, 200 batches of 64. */
final class MnistEpoch implements Work {
    private static final int EXAMPLES = 12_800;
    private static final double LEAST = 0.85;

    private final Dataset data =
            Mnist.train(Main.root().resolve("../shared/data/mnist").normalize()).take(EXAMPLES);
    private final Model model;

    MnistEpoch() {
        model = Sequential.of(dense(512).relu(), dense(256).relu(), dense(10));
        model.compile(adam(1e-3), sparseCategoricalCrossentropy(), accuracy());
    }

    @Override
    public void run() {
        model.fit(data, FitOptions.epochs(1).batchSize(64));
    }

    @Override
    public Unit unit() {
        return Unit.rate("samples/s", EXAMPLES);
    }

    @Override
    public void check() {
        run();
        double reached = model.evaluate(data).metric("accuracy");
        Check.that(reached > LEAST, "mnist: expected an accuracy above " + LEAST + " after an epoch, got " + reached);
    }

    @Override
    public int samples() {
        return 7;
    }
}
