package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Adagrad (Duchi and others 2011): s = s + g^2 and p = p - rate' g / (sqrt(s) + epsilon), rate' = rate / (1 + (t - 1) decay) at
 * step t. Of a table that is read by index, such as an embedding, a step without weight decay touches the rows that were read alone.
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
        learningRateDecay = Checks.notNegative("adagrad", "a decay", decay, 0);
        return this;
    }

    /** The sum of squares before the first step; 0 unless said otherwise. */
    public Adagrad initialAccumulator(double value) {
        initialAccumulator = Checks.notNegative("adagrad", "a first sum", value, 0.1);
        return this;
    }

    /** What is added to the divisor; 1e-10 unless said otherwise. */
    public Adagrad epsilon(double epsilon) {
        this.epsilon = Checks.positive("adagrad", "an epsilon", epsilon, 1e-10);
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

    /** Nothing else moves a row, so what is left out changes no result. */
    @Override
    protected boolean movesRowsAlone(double weightDecay) {
        return weightDecay == 0;
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
