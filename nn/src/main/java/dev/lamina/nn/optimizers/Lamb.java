package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * LAMB (You and others 2020): with Adam's corrected averages m' and v', u = m' / (sqrt(v') + epsilon) + weightDecay p and p = p - rate
 * |p| / |u| u; the ratio is 1 where a norm is 0. Weight decay is 0.01 unless said otherwise.
 */
public final class Lamb extends Optimizer {
    private AdamMoments moments = new AdamMoments(0.9, 0.999);
    private double epsilon = 1e-6;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Lamb(double learningRate) {
        super(learningRate);
        decoupledWeightDecay(0.01);
    }

    /** Shares of the past in the running averages; 0.9 and 0.999 unless said otherwise. */
    public Lamb betas(double beta1, double beta2) {
        moments = AdamMoments.of("lamb", beta1, beta2);
        return this;
    }

    /** What is added to the divisor; 1e-6 unless said otherwise. */
    public Lamb epsilon(double epsilon) {
        this.epsilon = Checks.positive("lamb", "an epsilon", epsilon, 1e-6);
        return this;
    }

    @Override
    public Lamb weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected boolean appliesWeightDecay() {
        return true;
    }

    @Override
    protected double[] scalars(long t, double rate) {
        return moments.corrections(t);
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor adam = moments.move(p, epsilon);
        Tensor move = p.weightDecay() == 0 ? adam : adam.add(p.value().mul(p.weightDecay()));
        Tensor size = p.value().square().sum().sqrt();
        Tensor length = move.square().sum().sqrt();
        Tensor trust = size.div(length).maskedFill(size.eq(0).logicalOr(length.eq(0)), 1);
        return p.value().sub(move.mul(trust.mul(p.learningRate())));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("lamb")
                .with("beta1", moments.beta1())
                .with("beta2", moments.beta2())
                .with("epsilon", epsilon));
    }

    /** Makes one from its description. */
    public static Lamb of(double learningRate, Config config) {
        return new Lamb(learningRate)
                .betas(config.number("beta1"), config.number("beta2"))
                .epsilon(config.number("epsilon"));
    }
}
