package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Adadelta (Zeiler 2012): v = rho v + (1 - rho) g^2, d = g sqrt(u + epsilon) / sqrt(v + epsilon), u = rho u + (1 - rho) d^2, p =
 * p - rate d.
 */
public final class Adadelta extends Optimizer {
    private double rho = 0.9;
    private double epsilon = 1e-6;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Adadelta(double learningRate) {
        super(learningRate);
    }

    /** Share of the past in the running averages; 0.9 unless said otherwise. */
    public Adadelta rho(double rho) {
        this.rho = Checks.share("adadelta", "a rho", rho, 0.9);
        return this;
    }

    /** What is added under the roots; 1e-6 unless said otherwise. */
    public Adadelta epsilon(double epsilon) {
        this.epsilon = Checks.positive("adadelta", "an epsilon", epsilon, 1e-6);
        return this;
    }

    @Override
    public Adadelta weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        Tensor square = p.keepShrinking(
                "square", p.slot("square", 0).mul(rho).add(g.square().mul(1 - rho)));
        Tensor moves = p.slot("moves", 0);
        Tensor move = moves.add(epsilon).sqrt().div(square.add(epsilon).sqrt()).mul(g);
        p.keepShrinking("moves", moves.mul(rho).add(move.square().mul(1 - rho)));
        return p.value().sub(move.mul(p.learningRate()));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("adadelta").with("rho", rho).with("epsilon", epsilon));
    }

    /** Makes one from its description. */
    public static Adadelta of(double learningRate, Config config) {
        return new Adadelta(learningRate).rho(config.number("rho")).epsilon(config.number("epsilon"));
    }
}
