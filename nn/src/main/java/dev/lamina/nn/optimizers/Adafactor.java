package dev.lamina.nn.optimizers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Adafactor (Shazeer and Stern 2018), as in PyTorch 2.5: the second moments v of a parameter (..., R, C) are kept as their means over
 * columns and rows, v = row col / mean(row); those of a vector as they are. With b = 1 - t^-0.8, u = g / sqrt(v): p = p - max(0.001,
 * rms(p)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip). Weight decay is decoupled.
 */
public final class Adafactor extends Optimizer {
    /** Square of the smallest difference of f32, as in PyTorch. */
    private static final double LEAST = Math.scalb(1.0, -46);

    private double decay = 0.8;
    private double leastScale = 1e-3;
    private double clip = 1;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Adafactor(double learningRate) {
        super(learningRate);
        decoupledWeightDecay(0);
    }

    /** How fast the past fades: its share is 1 - t^-decay; 0.8 unless said otherwise. */
    public Adafactor decay(double decay) {
        this.decay = Checks.notNegative("adafactor", "a decay", decay, 0.8);
        return this;
    }

    /** The smallest size that a parameter counts as; 0.001 unless said otherwise. */
    public Adafactor leastScale(double scale) {
        leastScale = Checks.notNegative("adafactor", "a least scale", scale, 1e-3);
        return this;
    }

    /** The root mean square that an update may have; 1 unless said otherwise. */
    public Adafactor clipUpdate(double limit) {
        clip = Checks.positive("adafactor", "a limit", limit, 1);
        return this;
    }

    @Override
    public Adafactor weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected double[] scalars(long t, double rate) {
        return new double[] {Math.pow((double) t, -decay), Math.min(rate, 1 / Math.sqrt((double) t))};
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor squares = p.gradient().square();
        int rank = squares.rank();
        Tensor second;
        if (rank < 2) {
            second = average(p, "square", squares);
        } else {
            Tensor row = average(p, "row", squares.meanKeep(-1));
            Tensor column = average(p, "column", squares.meanKeep(-2));
            second = row.div(row.meanKeep(-2).maximum(Math.sqrt(LEAST))).mul(column);
        }
        Tensor update = p.gradient().div(second.maximum(LEAST).sqrt());
        Tensor tooLong = update.square().mean().sqrt().mul(1 / clip).maximum(1);
        Tensor scale = p.value().square().mean().sqrt().maximum(leastScale);
        return p.value().sub(update.mul(scale.mul(p.scalar(1)).div(tooLong)));
    }

    private static Tensor average(ParameterUpdate p, String name, Tensor value) {
        Shape shape = value.shape();
        Tensor old = p.slot(name, shape, 0);
        return p.keepShrinking(name, old.add(value.sub(old).mul(p.scalar(0))));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("adafactor")
                .with("decay", decay)
                .with("leastScale", leastScale)
                .with("clipUpdate", clip));
    }

    /** Makes one from its description. */
    public static Adafactor of(double learningRate, Config config) {
        return new Adafactor(learningRate)
                .decay(config.number("decay"))
                .leastScale(config.number("leastScale"))
                .clipUpdate(config.number("clipUpdate"));
    }
}
