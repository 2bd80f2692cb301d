package dev.lamina.examples;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.gradientDescent;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Model;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.Sequential;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A 2-2-1 sigmoid network learns exclusive or by plain gradient descent. {@link #byHand} derives the gradients with the chain
 * rule and no library, to show what the library does.
 */
public final class Xor {
    static final double[][] INPUTS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    static final double[] TARGETS = {0, 1, 1, 0};
    private static final double LEARNING_RATE = 8;

    private Xor() {}

    /** Trains and prints. */
    public static void main(String[] args) {
        Model model = network(1);
        train(model, 2000);
        for (double[] input : INPUTS) {
            double answer = model.predict(Tensor.of(input, 1, 2)).item();
            System.out.printf("%.0f xor %.0f = %.3f%n", input[0], input[1], answer);
        }
    }

    /** The network, with first values that follow from a seed. */
    static Model network(long seed) {
        Model model = Sequential.of(dense(2).sigmoid(), dense(1).sigmoid());
        model.seed(seed);
        model.predict(inputs());
        return model;
    }

    /** Plain gradient descent on all four cases at once. Returns the last loss. */
    static double train(Model model, int steps) {
        Optimizer optimizer = gradientDescent(LEARNING_RATE);
        double last = Double.NaN;
        for (int step = 0; step < steps; step++) {
            Gradients gradients = gradients(model);
            optimizer.step(gradients);
            last = gradients.loss().item();
        }
        return last;
    }

    /** The gradients of the mean squared error, by the library. */
    static Gradients gradients(Model model) {
        Loss loss = mse();
        return Gradients.of(loss.of(model.apply(inputs()), Tensor.of(TARGETS, 4, 1)), model.parameters());
    }

    private static Tensor inputs() {
        double[] flat = new double[8];
        for (int i = 0; i < 8; i++) {
            flat[i] = INPUTS[i / 2][i % 2];
        }
        return Tensor.of(flat, 4, 2);
    }

    /**
     * The same gradients by hand. With h = sigmoid(x W + b) and y = sigmoid(h V + c), and L the mean of (y - t)^2 over the four
     * cases: dL/dy = 2 (y - t) / 4; through a sigmoid s the factor is s (1 - s), so e = dL/dy y (1 - y); then dL/dV = h e, dL/dc
     * = e; further d = V e h (1 - h), dL/dW = x d, dL/db = d.
     */
    static Map<String, double[]> byHand(Model model) {
        double[] w = values(model, "dense_1/kernel");
        double[] b = values(model, "dense_1/bias");
        double[] v = values(model, "dense_2/kernel");
        double[] c = values(model, "dense_2/bias");
        Map<String, double[]> gradients = new LinkedHashMap<>();
        gradients.put("dense_1/kernel", new double[4]);
        gradients.put("dense_1/bias", new double[2]);
        gradients.put("dense_2/kernel", new double[2]);
        gradients.put("dense_2/bias", new double[1]);
        for (int i = 0; i < 4; i++) {
            double[] x = INPUTS[i];
            double[] h = new double[2];
            for (int j = 0; j < 2; j++) {
                h[j] = sigmoid(x[0] * w[j] + x[1] * w[2 + j] + b[j]);
            }
            double y = sigmoid(h[0] * v[0] + h[1] * v[1] + c[0]);
            double e = 2 * (y - TARGETS[i]) / 4 * y * (1 - y);
            gradients.get("dense_2/bias")[0] += e;
            for (int j = 0; j < 2; j++) {
                gradients.get("dense_2/kernel")[j] += h[j] * e;
                double d = v[j] * e * h[j] * (1 - h[j]);
                gradients.get("dense_1/bias")[j] += d;
                gradients.get("dense_1/kernel")[j] += x[0] * d;
                gradients.get("dense_1/kernel")[2 + j] += x[1] * d;
            }
        }
        return gradients;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    static double[] values(Model model, String name) {
        Variable variable = model.variables().get(name);
        return variable.value().toDoubleArray();
    }
}
