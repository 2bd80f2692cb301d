package dev.lamina.nn;

import dev.lamina.core.Tensor;
import dev.lamina.nn.losses.BinaryCrossentropy;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** The ready losses, each under the name users say; import them statically. */
public final class Losses {
    private Losses() {}

    /** -log p[label] for scores (N, C) and integer labels (N,). */
    public static CategoricalCrossentropy sparseCategoricalCrossentropy() {
        return new CategoricalCrossentropy(true);
    }

    /** -sum t log p for scores (N, C) and probabilities t (N, C), such as one-hot labels. */
    public static CategoricalCrossentropy categoricalCrossentropy() {
        return new CategoricalCrossentropy(false);
    }

    /** -t log p - (1 - t) log(1 - p) for scores and answers t of one shape. */
    public static BinaryCrossentropy binaryCrossentropy() {
        return new BinaryCrossentropy();
    }

    /** (prediction - target)^2, for equal shapes. */
    public static Loss mse() {
        return new Difference("mse", (p, t) -> p.sub(t).square());
    }

    /** |prediction - target|, for equal shapes. */
    public static Loss mae() {
        return new Difference("mae", (p, t) -> p.sub(t).abs());
    }

    static Loss of(Config config) {
        Loss loss = switch (config.type()) {
            case "mse" -> mse();
            case "mae" -> mae();
            case "sparseCategoricalCrossentropy", "categoricalCrossentropy" -> CategoricalCrossentropy.of(config);
            case "binaryCrossentropy" -> BinaryCrossentropy.of(config);
            default -> throw Catalogue.unknown("loss", config.type());
        };
        return loss.reduction(Loss.Reduction.valueOf(config.text("reduction")));
    }

    /** A loss of each pair of elements. */
    private static final class Difference extends Loss {
        private final String name;
        private final BinaryOperator<Tensor> function;

        Difference(String name, BinaryOperator<Tensor> function) {
            this.name = name;
            this.function = function;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        protected Tensor each(Tensor prediction, Tensor target) {
            requireSameShape(prediction, target);
            return function.apply(prediction, target.cast(prediction.dtype()));
        }

        @Override
        protected Optional<Config> config() {
            return Optional.of(Config.of(name).with("reduction", reduction().name()));
        }
    }
}
