package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.Optional;

/**
 * How much of the targets predictions explain; predictions and targets (N,) or (N, D) of one shape. The value is the mean over the
 * D columns. Batches give means and squared deviations, which are joined without loss of digits (Chan and others 1983).
 */
public final class Regression extends Weighable {
    /** Which figure. */
    public enum Figure {
        /** 1 - sum (t - p)^2 / sum (t - mean t)^2. */
        R2,
        /** 1 - variance of t - p / variance of t. */
        EXPLAINED_VARIANCE
    }

    /** Numbers for each column: count, mean and squared deviations of t, of t - p, and the sum of (t - p)^2. */
    private static final int PARTS = 6;

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
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
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
        // (M, D), all alike without weights
        Tensor each = weights.map(w -> Weights.spread(name(), w, prediction)
                        .toF64()
                        .reshape(t.shape().dims()))
                .orElseGet(() -> Tensor.full(DType.F64, 1, t.shape()));
        Tensor count = each.sum(0);
        Tensor some = count.maximum(Double.MIN_NORMAL);
        Tensor mean = kept(t, each).div(some);
        Tensor meanRest = kept(rest, each).div(some);
        return Tensor.concat(
                0,
                count,
                mean,
                kept(t.sub(mean).square(), each),
                meanRest,
                kept(rest.sub(meanRest).square(), each),
                kept(rest.square(), each));
    }

    /** The weighted sum of each column; what does not count is left out even where it is not finite. */
    private static Tensor kept(Tensor x, Tensor weights) {
        return weights.ne(0).where(x.mul(weights), x.zerosLike()).sum(0);
    }

    @Override
    protected Tally tally() {
        return new Joined();
    }

    private final class Joined implements Tally {
        private double[] total = {};

        @Override
        public void add(double[] values, int count) {
            if (total.length == 0) {
                total = new double[count];
            }
            int columns = count / PARTS;
            for (int c = 0; c < columns; c++) {
                double n = total[c];
                double m = values[c];
                if (m > 0) {
                    join(values, c + columns, c + 2 * columns, n, m);
                    join(values, c + 3 * columns, c + 4 * columns, n, m);
                    total[c + 5 * columns] += values[c + 5 * columns];
                    total[c] = n + m;
                }
            }
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
        int columns = sums.length / PARTS;
        double sum = 0;
        int counted = 0;
        for (int c = 0; c < columns; c++) {
            double missed = sums[c + (figure == Figure.R2 ? 5 : 4) * columns];
            double all = sums[c + 2 * columns];
            sum += sums[c] == 0 ? 0 : all == 0 ? (missed == 0 ? 1 : 0) : 1 - missed / all;
            counted += sums[c] == 0 ? 0 : 1;
        }
        return counted == 0 ? Double.NaN : sum / counted;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
