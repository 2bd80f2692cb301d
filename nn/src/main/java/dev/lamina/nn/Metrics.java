package dev.lamina.nn;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.metrics.Accuracy;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** The ready metrics, each under the name users say; import them statically. */
public final class Metrics {
    private Metrics() {}

    /** Share of right answers, for labels, one-hot targets and answers of yes or no; the loss and the shapes say which. */
    public static Accuracy accuracy() {
        return new Accuracy();
    }

    /** Mean of (prediction - target)^2. */
    public static Metric meanSquaredError() {
        return new Mean("mse", (p, t) -> p.sub(t).square());
    }

    /** Mean of |prediction - target|. */
    public static Metric meanAbsoluteError() {
        return new Mean("mae", (p, t) -> p.sub(t).abs());
    }

    static Metric of(Config config) {
        return switch (config.type()) {
            case "accuracy" -> accuracy();
            case "mse" -> meanSquaredError();
            case "mae" -> meanAbsoluteError();
            default -> throw Catalogue.unknown("metric", config.type());
        };
    }

    /** The mean of a function of each pair of elements. */
    private static final class Mean extends Metric {
        private final String name;
        private final BinaryOperator<Tensor> function;

        Mean(String name, BinaryOperator<Tensor> function) {
            this.name = name;
            this.function = function;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        protected Tensor sums(Tensor prediction, Tensor target) {
            Losses.mse().requireSameShape(prediction, target);
            Tensor values = function.apply(prediction, target.cast(prediction.dtype()));
            return sumAndCount(values.sum(), Tensor.full(values.dtype(), (double) values.size(), Shape.of()));
        }

        @Override
        protected double value(double[] sums) {
            return sums[0] / sums[1];
        }

        @Override
        public boolean higherIsBetter() {
            return false;
        }

        @Override
        protected Optional<Config> config() {
            return Optional.of(Config.of(name));
        }
    }
}
