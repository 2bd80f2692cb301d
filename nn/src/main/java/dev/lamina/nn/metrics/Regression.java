package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Metric;
import java.util.Arrays;
import java.util.Optional;

/**
 * How much of the targets predictions explain; predictions and targets (N,) or (N, D) of one shape. The value is the mean over the
 * D columns. Batches give means and squared deviations, which are joined without loss of digits (Chan and others 1983).
 */
public final class Regression extends Metric {
    /** Which figure. */
    public enum Figure {
        /** 1 - sum (t - p)^2 / sum (t - mean t)^2. */
        R2,
        /** 1 - variance of t - p / variance of t. */
        EXPLAINED_VARIANCE
    }

    /** Numbers for each column: mean and squared deviations of t, of t - p, and the sum of (t - p)^2. */
    private static final int PARTS = 5;

    private final Figure figure;

    /** A figure. */
    public Regression(Figure figure) {
        this.figure = figure;
    }

    @Override
    public String name() {
        return figure == Figure.R2 ? "r2" : "explainedVariance";
    }

    @Override
    protected Tensor sums(Tensor prediction, Tensor target) {
        if (!prediction.shape().equals(target.shape()) || prediction.rank() == 0) {
            throw new ShapeException(name() + ": expected targets of the shape of the predictions " + prediction.shape()
                    + ", got " + target.shape() + "; reshape one of them");
        }
        boolean vector = prediction.rank() == 1;
        Tensor t = vector
                ? target.unsqueeze(1).toF64()
                : target.flatten(0, target.rank() - 2).toF64();
        Tensor p = vector
                ? prediction.unsqueeze(1).toF64()
                : prediction.flatten(0, prediction.rank() - 2).toF64();
        Tensor rest = t.sub(p);
        Tensor columns = Tensor.concat(
                0,
                t.mean(0),
                t.sub(t.meanKeep(0)).square().sum(0),
                rest.mean(0),
                rest.sub(rest.meanKeep(0)).square().sum(0),
                rest.square().sum(0));
        return Tensor.concat(0, Tensor.full(DType.F64, t.dim(0), dev.lamina.core.Shape.of(1)), columns);
    }

    @Override
    protected Tally tally() {
        return new Joined();
    }

    private final class Joined implements Tally {
        private double[] total = {};

        @Override
        public void add(double[] values, int count) {
            if (total.length == 0 || total[0] == 0) {
                total = Arrays.copyOf(values, count);
                return;
            }
            int columns = (count - 1) / PARTS;
            double n = total[0];
            double m = values[0];
            for (int c = 1; c <= columns; c++) {
                join(values, c, c + columns, n, m);
                join(values, c + 2 * columns, c + 3 * columns, n, m);
                total[c + 4 * columns] += values[c + 4 * columns];
            }
            total[0] = n + m;
        }

        private void join(double[] values, int mean, int squares, double n, double m) {
            double apart = values[mean] - total[mean];
            total[squares] += values[squares] + apart * apart * n * m / (n + m);
            total[mean] += apart * m / (n + m);
        }

        @Override
        public double value() {
            return total.length == 0 ? Double.NaN : Regression.this.value(total);
        }

        @Override
        public void clear() {
            Arrays.fill(total, 0);
        }
    }

    @Override
    protected double value(double[] sums) {
        int columns = (sums.length - 1) / PARTS;
        double sum = 0;
        for (int c = 1; c <= columns; c++) {
            double missed = sums[c + (figure == Figure.R2 ? 4 : 3) * columns];
            double all = sums[c + columns];
            sum += all == 0 ? (missed == 0 ? 1 : 0) : 1 - missed / all;
        }
        return sums[0] == 0 ? Double.NaN : sum / columns;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
