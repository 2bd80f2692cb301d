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

    /** Plain gradient descent: p = p - rate g. */
    public static Sgd gradientDescent(double learningRate) {
        return new Sgd(learningRate);
    }

    /** Stochastic gradient descent; {@code .momentum(0.9)} and {@code .nesterov()} are options. */
    public static Sgd sgd(double learningRate) {
        return new Sgd(learningRate);
    }

    /** RMSprop. */
    public static RmsProp rmsprop(double learningRate) {
        return new RmsProp(learningRate);
    }

    /** Adam; {@code .amsgrad()} is an option. */
    public static Adam adam(double learningRate) {
        return new Adam(Adam.Rule.ADAM, learningRate);
    }

    /** Adam with decoupled weight decay of 0.01; {@code .weightDecay(...)} and {@code .amsgrad()} are options. */
    public static Adam adamw(double learningRate) {
        return new Adam(Adam.Rule.ADAMW, learningRate);
    }

    /** Adamax: Adam with the largest gradient in place of the root mean square. */
    public static Adam adamax(double learningRate) {
        return new Adam(Adam.Rule.ADAMAX, learningRate);
    }

    /** NAdam: Adam with Nesterov's momentum. */
    public static Adam nadam(double learningRate) {
        return new Adam(Adam.Rule.NADAM, learningRate);
    }

    /** RAdam: Adam that divides only when enough steps make it reliable. */
    public static Adam radam(double learningRate) {
        return new Adam(Adam.Rule.RADAM, learningRate);
    }

    /** Adagrad. */
    public static Adagrad adagrad(double learningRate) {
        return new Adagrad(learningRate);
    }

    /** Adadelta; a rate of 1 is usual. */
    public static Adadelta adadelta(double learningRate) {
        return new Adadelta(learningRate);
    }

    /** Lion: the sign of a momentum; 1e-4 is a usual rate. */
    public static Lion lion(double learningRate) {
        return new Lion(learningRate);
    }

    /** LAMB: Adam whose steps are as long as the parameter asks for, for large batches. */
    public static Lamb lamb(double learningRate) {
        return new Lamb(learningRate);
    }

    /** Adafactor: Adam's second moments from sums of rows and columns; 0.01 is a usual rate. */
    public static Adafactor adafactor(double learningRate) {
        return new Adafactor(learningRate);
    }

    /** Muon: momentum made orthogonal for matrices, AdamW for the other parameters. */
    public static Muon muon(double learningRate) {
        return new Muon(learningRate);
    }

    /** L-BFGS, for a hand-written loop over all data at once. */
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
