package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Lion (Chen and others 2023): p = p - rate sign(b1 m + (1 - b1) g), then m = b2 m + (1 - b2) g. Weight decay is decoupled. Rates are
 * three to ten times smaller than Adam's.
 */
public final class Lion extends Optimizer {
    private double beta1 = 0.9;
    private double beta2 = 0.99;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Lion(double learningRate) {
        super(learningRate);
        decoupledWeightDecay(0);
    }

    /** Shares of the past in the direction and in the momentum; 0.9 and 0.99 unless said otherwise. */
    public Lion betas(double beta1, double beta2) {
        this.beta1 = Checks.share("lion", "a beta1", beta1, 0.9);
        this.beta2 = Checks.share("lion", "a beta2", beta2, 0.99);
        return this;
    }

    @Override
    public Lion weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        Tensor mean = p.slot("mean", 0);
        Tensor direction = mean.mul(beta1).add(g.mul(1 - beta1)).sign();
        p.keepShrinking("mean", mean.mul(beta2).add(g.mul(1 - beta2)));
        return p.value().sub(direction.mul(p.learningRate()));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("lion").with("beta1", beta1).with("beta2", beta2));
    }

    /** Makes one from its description. */
    public static Lion of(double learningRate, Config config) {
        return new Lion(learningRate).betas(config.number("beta1"), config.number("beta2"));
    }
}
