package dev.lamina.bench.peers;

import dev.lamina.bench.Peers;
import java.util.Optional;
import smile.model.mlp.Layer;
import smile.model.mlp.LayerBuilder;
import smile.model.mlp.OutputFunction;
import smile.regression.MLP;
import smile.util.function.TimeFunction;

/** Smile's multilayer perceptron. It begins with parameters of its own, one thread. */
public final class Smile implements Peers {
    /** For the service loader. */
    public Smile() {}

    @Override
    public String library() {
        return "Smile";
    }

    @Override
    public Optional<Rival> train(Training training) {
        if (training.rule() != Training.Rule.MSE_MOMENTUM) {
            return Optional.empty();
        }
        int layers = training.kernels().length;
        LayerBuilder[] builders = new LayerBuilder[layers + 1];
        builders[0] = Layer.input(training.kernels()[0].length / training.biases()[0].length);
        for (int i = 1; i < layers; i++) {
            builders[i] = Layer.rectifier(training.biases()[i - 1].length);
        }
        builders[layers] = Layer.mse(1, OutputFunction.LINEAR);
        MLP network = new MLP(builders);
        network.setLearningRate(TimeFunction.constant(training.rate()));
        network.setMomentum(TimeFunction.constant(0.9));
        double[][][] x = new double[training.batches()][][];
        double[][] y = new double[x.length][training.batch()];
        for (int i = 0; i < x.length; i++) {
            x[i] = batch(training, i);
            for (int j = 0; j < training.batch(); j++) {
                y[i][j] = training.targets()[i * training.batch() + j];
            }
        }
        Runnable pass = () -> {
            for (int i = 0; i < x.length; i++) {
                network.update(x[i], y[i]);
            }
        };
        return Optional.of(new Rival("Smile MLP on OpenBLAS", pass, () -> new float[] {loss(network, x, y)}));
    }

    private static double[][] batch(Training training, int index) {
        int width = training.features().length / training.targets().length;
        double[][] rows = new double[training.batch()][width];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < width; j++) {
                rows[i][j] = training.features()[(index * rows.length + i) * width + j];
            }
        }
        return rows;
    }

    /** The mean squared error of all examples now. */
    private static float loss(MLP network, double[][][] x, double[][] y) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < y[i].length; j++) {
                double error = network.predict(x[i][j]) - y[i][j];
                sum += error * error;
                count++;
            }
        }
        return (float) (sum / count);
    }

    @Override
    public Optional<String> firstPrediction() {
        return Optional.of(SmilePrediction.class.getName());
    }
}
