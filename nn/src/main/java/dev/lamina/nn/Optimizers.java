package dev.lamina.nn;

import dev.lamina.nn.optimizers.Adadelta;
import dev.lamina.nn.optimizers.Adafactor;
import dev.lamina.nn.optimizers.Adagrad;
import dev.lamina.nn.optimizers.Adam;
import dev.lamina.nn.optimizers.Lamb;
import dev.lamina.nn.optimizers.Lbfgs;
import dev.lamina.nn.optimizers.Lion;
import dev.lamina.nn.optimizers.Muon;
import dev.lamina.nn.optimizers.RmsProp;
import dev.lamina.nn.optimizers.Sgd;
import java.util.Optional;

/** The ready optimizers, each under the name users say, with PyTorch's defaults; import them statically. */
public final class Optimizers {
    private Optimizers() {}

    /** p = p - rate g, plain gradient descent; with all data in one batch the exact gradient. */
    public static Sgd gradientDescent(double learningRate) {
        return new Sgd(learningRate);
    }

    /** p = p - rate g; {@code .momentum(m)}: b = m b + g, p = p - rate b; and {@code .nesterov()}: p = p - rate (g + m b). */
    public static Sgd sgd(double learningRate) {
        return new Sgd(learningRate);
    }

    /**
     * v = 0.99 v + 0.01 g^2, p = p - rate g / (sqrt(v) + epsilon); {@code .centered()} and {@code .momentum(m)} are
     * options.
     */
    public static RmsProp rmsprop(double learningRate) {
        return new RmsProp(learningRate);
    }

    /**
     * m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g^2, p = p - rate m' / (sqrt(v') + epsilon), corrected for the start at
     * 0; {@code .amsgrad()}: the largest v so far.
     */
    public static Adam adam(double learningRate) {
        return new Adam(Adam.Rule.ADAM, learningRate);
    }

    /**
     * Adam, and p = p - rate decay p apart from the gradient; {@code .weightDecay(0.01)} unless said otherwise;
     * {@code .amsgrad()} is an option.
     */
    public static Adam adamw(double learningRate) {
        return new Adam(Adam.Rule.ADAMW, learningRate);
    }

    /** Adam with u = max(0.999 u, |g|) in place of sqrt(v'): p = p - rate m' / u. */
    public static Adam adamax(double learningRate) {
        return new Adam(Adam.Rule.ADAMAX, learningRate);
    }

    /** p = p - rate (mu m' + (1 - mu) g') / (sqrt(v') + epsilon), Adam with Nesterov's look ahead and a momentum mu that grows (Dozat 2016). */
    public static Adam nadam(double learningRate) {
        return new Adam(Adam.Rule.NADAM, learningRate);
    }

    /** p = p - rate r m' / (sqrt(v') + epsilon), r a weight; p - rate m' until enough steps make v reliable (Liu and others 2020). */
    public static Adam radam(double learningRate) {
        return new Adam(Adam.Rule.RADAM, learningRate);
    }

    /** s = s + g^2, p = p - rate g / (sqrt(s) + epsilon). */
    public static Adagrad adagrad(double learningRate) {
        return new Adagrad(learningRate);
    }

    /**
     * v = rho v + (1 - rho) g^2, d = g sqrt(u + epsilon) / sqrt(v + epsilon), u = rho u + (1 - rho) d^2, p = p - rate
     * d; a rate of 1 is usual.
     */
    public static Adadelta adadelta(double learningRate) {
        return new Adadelta(learningRate);
    }

    /** p = p - rate sign(0.9 m + 0.1 g), m = 0.99 m + 0.01 g (Chen and others 2023); 1e-4 is a usual rate. */
    public static Lion lion(double learningRate) {
        return new Lion(learningRate);
    }

    /** u = Adam's move + decay p, p = p - rate |p| / |u| u, for large batches (You and others 2020). */
    public static Lamb lamb(double learningRate) {
        return new Lamb(learningRate);
    }

    /**
     * Adam's second moments from means of rows and columns: v = row col / mean(row) (Shazeer and Stern 2018); 0.01 is
     * a usual rate.
     */
    public static Adafactor adafactor(double learningRate) {
        return new Adafactor(learningRate);
    }

    /**
     * p = p - rate 0.2 sqrt(max(R, C)) O(momentum) for matrices, O the nearest orthogonal one by Newton-Schulz
     * (Jordan and others 2024); AdamW for vectors.
     */
    public static Muon muon(double learningRate) {
        return new Muon(learningRate);
    }

    /** p = p + a d, d = -H g with H from the last 10 moves, a from a line search for the strong Wolfe conditions; for a loop over all data at once. */
    public static Lbfgs lbfgs() {
        return new Lbfgs(1);
    }

    static Optimizer of(Config config) {
        double rate = config.number("learningRate");
        Optimizer optimizer = switch (config.type()) {
            case "sgd" -> Sgd.of(rate, config);
            case "rmsprop" -> RmsProp.of(rate, config);
            case "adam" -> Adam.of(Adam.Rule.ADAM, rate, config);
            case "adamw" -> Adam.of(Adam.Rule.ADAMW, rate, config);
            case "adamax" -> Adam.of(Adam.Rule.ADAMAX, rate, config);
            case "nadam" -> Adam.of(Adam.Rule.NADAM, rate, config);
            case "radam" -> Adam.of(Adam.Rule.RADAM, rate, config);
            case "adagrad" -> Adagrad.of(rate, config);
            case "adadelta" -> Adadelta.of(rate, config);
            case "lion" -> Lion.of(rate, config);
            case "lamb" -> Lamb.of(rate, config);
            case "adafactor" -> Adafactor.of(rate, config);
            case "muon" -> Muon.of(rate, config);
            default -> throw Catalogue.unknown("optimizer", config.type());
        };
        return optimizer.common(config);
    }

    /** The description of an optimizer with what all of them have; empty when something can be made by its own code only. */
    static Optional<Config> config(Optimizer optimizer) {
        return optimizer.config().flatMap(optimizer::withCommon);
    }
}
