package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.sgd;

import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;

/** The network 20-64-64-1 whose step is so small that it shows what a step costs beside the arithmetic. */
final class SmallModel {
    static final int BATCH = 32;
    static final int BATCHES = 100;
    static final double RATE = 0.01;

    private static final int IN = 20;
    private static final int HIDDEN = 64;

    private SmallModel() {}

    /** A compiled model, always with the same first parameters. */
    static Model model() {
        Model model = Sequential.of(dense(HIDDEN).relu(), dense(HIDDEN).relu(), dense(1));
        model.seed(1);
        model.initialize(IN);
        return model.compile(sgd(RATE).momentum(0.9), mse());
    }

    /** Examples (N, 20). */
    static Tensor features() {
        return Random.seed(2).normal(Shape.of(BATCH * BATCHES, IN)).evaluate();
    }

    /** Their targets (N, 1): a function that a network can learn. */
    static Tensor targets(Tensor features) {
        return features.sumKeep(1).mul(0.5).sin().evaluate();
    }

    static Dataset data() {
        Tensor features = features();
        return Dataset.of(features, targets(features));
    }

    /** The same for a peer. */
    static Peers.Training training() {
        Tensor features = features();
        return Networks.training(
                model(),
                features.toFloatArray(),
                targets(features).toFloatArray(),
                BATCH,
                Peers.Training.Rule.MSE_MOMENTUM,
                RATE,
                false);
    }
}
