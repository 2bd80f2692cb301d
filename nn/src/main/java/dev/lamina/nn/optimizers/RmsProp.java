package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * RMSprop (Tieleman and Hinton 2012): v = alpha v + (1 - alpha) g^2 and p = p - rate g / (sqrt(v) + epsilon). Centred: v less
 * the square of the running mean of g. With momentum m: b = m b + g / (sqrt(v) + epsilon), p = p - rate b.
 */
public final class RmsProp extends Optimizer {
    private double alpha = 0.99;
    private double epsilon = 1e-8;
    private double momentum;
    private boolean centered;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public RmsProp(double learningRate) {
        super(learningRate);
    }

    /** Share of the past in the running averages; 0.99 unless said otherwise (Keras calls it rho, 0.9). */
    public RmsProp alpha(double alpha) {
        this.alpha = Checks.share("rmsprop", "an alpha", alpha, 0.99);
        return this;
    }

    /** What is added to the divisor; 1e-8 unless said otherwise. */
    public RmsProp epsilon(double epsilon) {
        this.epsilon = Checks.positive("rmsprop", "an epsilon", epsilon, 1e-8);
        return this;
    }

    /** Share of the last move that goes on; 0 unless said otherwise. */
    public RmsProp momentum(double momentum) {
        this.momentum = Checks.share("rmsprop", "a momentum", momentum, 0.9);
        return this;
    }

    /** Divides by the standard deviation of the gradient instead of its root mean square. */
    public RmsProp centered() {
        centered = true;
        return this;
    }

    @Override
    public RmsProp weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected double[] scalars(long step, double learningRate) {
        return new double[] {scheduledMomentum(momentum)};
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        Tensor square = p.keepShrinking(
                "square", p.slot("square", 0).mul(alpha).add(g.square().mul(1 - alpha)));
        if (centered) {
            Tensor mean = p.keepShrinking("mean", p.slot("mean", 0).mul(alpha).add(g.mul(1 - alpha)));
            square = square.sub(mean.square());
        }
        Tensor step = g.div(square.sqrt().add(epsilon));
        if (momentum != 0) {
            step = p.keepShrinking(
                    "momentum", p.slot("momentum", 0).mul(p.scalar(0)).add(step));
        }
        return p.value().sub(step.mul(p.learningRate()));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("rmsprop")
                .with("alpha", alpha)
                .with("epsilon", epsilon)
                .with("momentum", momentum)
                .with("centered", centered));
    }

    /** Makes one from its description. */
    public static RmsProp of(double learningRate, Config config) {
        RmsProp optimizer = new RmsProp(learningRate)
                .alpha(config.number("alpha"))
                .epsilon(config.number("epsilon"))
                .momentum(config.number("momentum"));
        optimizer.centered = config.flag("centered");
        return optimizer;
    }
}
