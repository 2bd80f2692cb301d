package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.sgd;

import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.List;

/** The network 20-64-64-1 whose step is so small that it shows what a step costs beside the arithmetic. */
final class SmallModel {
    static final int BATCH = 32;
    static final int BATCHES = 100;
    static final double RATE = 0.01;
    static final double MOMENTUM = 0.9;

    private static final int IN = 20;
    private static final int HIDDEN = 64;

    private SmallModel() {}

    /** A compiled model, always with the same first parameters. */
    static Model model() {
        Model model = Sequential.of(dense(HIDDEN).relu(), dense(HIDDEN).relu(), dense(1));
        model.seed(1);
        model.initialize(IN);
        return model.compile(sgd(RATE).momentum(MOMENTUM), mse());
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

    /** The peer with the parameters of a model. */
    static PlainMlp plain(Model model) {
        List<Variable> parameters = model.parameters();
        float[][] kernels = new float[3][];
        float[][] biases = new float[3][];
        for (int i = 0; i < 3; i++) {
            kernels[i] = parameters.get(2 * i).value().toFloatArray();
            biases[i] = parameters.get(2 * i + 1).value().toFloatArray();
        }
        int[] widths = {IN, HIDDEN, HIDDEN, 1};
        return new PlainMlp(BATCH, widths, kernels, biases, (float) RATE, (float) MOMENTUM);
    }
}
