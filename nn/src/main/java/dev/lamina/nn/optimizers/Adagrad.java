package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Adagrad (Duchi and others 2011): s = s + g^2 and p = p - rate' g / (sqrt(s) + epsilon), rate' = rate / (1 + (t - 1) decay) at
 * step t.
 */
public final class Adagrad extends Optimizer {
    private double learningRateDecay;
    private double initialAccumulator;
    private double epsilon = 1e-10;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Adagrad(double learningRate) {
        super(learningRate);
    }

    /** How fast the learning rate falls; 0 unless said otherwise. */
    public Adagrad learningRateDecay(double decay) {
        learningRateDecay = decay;
        return this;
    }

    /** The sum of squares before the first step; 0 unless said otherwise. */
    public Adagrad initialAccumulator(double value) {
        initialAccumulator = value;
        return this;
    }

    /** What is added to the divisor; 1e-10 unless said otherwise. */
    public Adagrad epsilon(double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    @Override
    public Adagrad weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected double[] scalars(long step, double learningRate) {
        return new double[] {learningRate / (1 + (step - 1) * learningRateDecay)};
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        Tensor sum = p.keep("sum", p.slot("sum", initialAccumulator).add(g.square()));
        return p.value().sub(g.div(sum.sqrt().add(epsilon)).mul(p.scalar(0)));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("adagrad")
                .with("learningRateDecay", learningRateDecay)
                .with("initialAccumulator", initialAccumulator)
                .with("epsilon", epsilon));
    }

    /** Makes one from its description. */
    public static Adagrad of(double learningRate, Config config) {
        return new Adagrad(learningRate)
                .learningRateDecay(config.number("learningRateDecay"))
                .initialAccumulator(config.number("initialAccumulator"))
                .epsilon(config.number("epsilon"));
    }
}
