package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Tensor;
import dev.lamina.data.Csv;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;

/**
 * The next month of a series: air passengers (in thousands) of each month from 1949 to 1960. An LSTM reads by which factor the months of a
 * year grew and says the next factor; it learns from the first nine years and is tried on the last three. Adam, mean squared error.
 */
public final class AirlinePassengers {
    private static final int TESTED = 36;
    private static final int WINDOW = 12;
    /** Brings logarithms of factors to about -2 to 2. */
    private static final double SCALE = 10;

    private AirlinePassengers() {}

    /**
     * Mean absolute errors on the last three years, in thousands of passengers.
     *
     * @param lstm of the network
     * @param naive of "as many as this month"
     * @param lastYear of "as many as in this month of last year"
     */
    record Errors(double lstm, double naive, double lastYear) {}

    /** Trains and prints; the argument is the path of airline-passengers.csv. */
    public static void main(String[] args) {
        System.out.println(run(passengers(Path.of(args[0])), 200, ProgressLine.of(System.out, false)));
    }

    static double[] passengers(Path file) {
        return Csv.read(file, Csv.options().columns("Passengers")).values().toDoubleArray();
    }

    static Errors run(double[] months, int epochs, Callback... callbacks) {
        int first = WINDOW + 1;
        int tested = months.length - TESTED;
        Model model = Sequential.of(lstm(32), dense(1));
        model.seed(1);
        model.compile(adam(3e-3), mse());
        Dataset train = Dataset.of(windows(months, first, tested), factors(months, first, tested));
        model.fit(train, epochs(epochs).batchSize(16).seed(1).callbacks(callbacks));
        double[] said = model.predict(windows(months, tested, months.length)).toDoubleArray();
        double lstm = 0;
        double naive = 0;
        double lastYear = 0;
        for (int i = 0; i < TESTED; i++) {
            double now = months[tested + i];
            double before = months[tested + i - 1];
            lstm += Math.abs(before * Math.exp(said[i] / SCALE) - now) / TESTED;
            naive += Math.abs(before - now) / TESTED;
            lastYear += Math.abs(months[tested + i - 12] - now) / TESTED;
        }
        return new Errors(lstm, naive, lastYear);
    }

    /** For each month the factors of the months before, (N, WINDOW, 1). */
    private static Tensor windows(double[] months, int from, int to) {
        float[] values = new float[(to - from) * WINDOW];
        for (int i = 0; i < values.length; i++) {
            values[i] = factor(months, from + i / WINDOW - WINDOW + i % WINDOW);
        }
        return Tensor.of(values, to - from, WINDOW, 1);
    }

    private static Tensor factors(double[] months, int from, int to) {
        float[] values = new float[to - from];
        for (int i = 0; i < values.length; i++) {
            values[i] = factor(months, from + i);
        }
        return Tensor.of(values, to - from, 1);
    }

    /** By how much a month grew over the one before, as a logarithm. */
    private static float factor(double[] months, int month) {
        return (float) (SCALE * Math.log(months[month] / months[month - 1]));
    }
}
