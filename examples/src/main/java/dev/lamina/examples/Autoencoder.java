package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Schedules.oneCycle;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;

/** Digits of 64 pixels through a bottleneck of 8 numbers and back: 64-48-8-48-64, mean squared error, Adam in one cycle of the rate. */
public final class Autoencoder {
    private Autoencoder() {}

    /** Trains, prints, and draws a digit beside its reconstruction. */
    public static void main(String[] args) {
        Model model = network();
        System.out.println(train(model, 60, ProgressLine.of(System.out, false)));
        Tensor digits = Digits.test().features();
        float[] before = digits.narrow(0, 0, 1).reshape(64).toFloatArray();
        float[] after = model.predict(digits.narrow(0, 0, 1)).reshape(64).toFloatArray();
        for (int row = 0; row < 8; row++) {
            System.out.println(line(before, row) + "   " + line(after, row));
        }
    }

    static Model network() {
        return Sequential.of(
                dense(48).gelu(), dense(8), dense(48).gelu(), dense(64).sigmoid());
    }

    static Evaluation train(Model model, int epochs, Callback... callbacks) {
        Dataset train = toItself(Digits.train());
        int steps = epochs * (int) Math.ceilDiv(train.size(), 32);
        model.compile(adam(1e-2).schedule(oneCycle(steps)), mse());
        model.fit(train, epochs(epochs).batchSize(32).seed(1).callbacks(callbacks));
        return model.evaluate(toItself(Digits.test()));
    }

    /** The target of each digit is the digit. */
    static Dataset toItself(Dataset digits) {
        Tensor x = digits.features();
        return Dataset.of(x, x);
    }

    private static String line(float[] pixels, int row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            line.append(" .:-=+*#%@".charAt(Math.min(9, (int) (pixels[8 * row + i] * 10))))
                    .append(' ');
        }
        return line.toString();
    }
}
