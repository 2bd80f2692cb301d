package dev.lamina.nn.optimizers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Scatter;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Stochastic gradient descent. With gradient g: p = p - rate g; with momentum m, b = m b + (1 -
 * dampening) g (b = g in the first step) and p = p - rate b, or with Nesterov p = p - rate (g + m b) (Sutskever and others 2013).
 *
 * <p>Without momentum and weight decay a parameter that is read by index, such as an embedding, changes in the rows that were read alone: a
 * step on a table of a million rows costs what its batch costs, and some nanoseconds a row. So it is with {@link Adagrad}, and with {@link Adam#lazy}; the other rules
 * move rows without a gradient too (momentum, running averages), so they go over the whole table.
 */
public final class Sgd extends Optimizer {
    private double momentum;
    private double dampening;
    private boolean nesterov;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Sgd(double learningRate) {
        super(learningRate);
    }

    /** Share of the last move that goes on; 0.9 is usual, 0 unless said otherwise. */
    public Sgd momentum(double momentum) {
        this.momentum = Checks.share("sgd", "a momentum", momentum, 0.9);
        return this;
    }

    /** Looks ahead along the last move. Needs a momentum. */
    public Sgd nesterov() {
        nesterov = true;
        return this;
    }

    /** Share of the gradient that does not enter the momentum; 0 unless said otherwise. */
    public Sgd dampening(double dampening) {
        this.dampening = Checks.share("sgd", "a dampening", dampening, 0);
        return this;
    }

    @Override
    public Sgd weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected double[] scalars(long step, double learningRate) {
        return new double[] {scheduledMomentum(momentum), step == 1 ? 1 : 1 - dampening};
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        if (nesterov && (momentum == 0 || dampening != 0)) {
            throw new LaminaException("sgd: expected a momentum and no dampening with nesterov, got momentum "
                    + momentum + " and dampening " + dampening + "; add .momentum(0.9)");
        }
        Tensor g = p.gradient();
        if (momentum == 0) {
            return p.gradientRows()
                    .map(rows -> p.value()
                            .scatterRows(
                                    Scatter.Kind.ADD,
                                    rows.index(),
                                    rows.values().mul(p.learningRate().neg())))
                    .orElseGet(() -> p.value().sub(g.mul(p.learningRate())));
        }
        Tensor before = p.slot("momentum", 0).mul(p.scalar(0));
        Tensor move = p.keepShrinking("momentum", before.add(dampening == 0 ? g : g.mul(p.scalar(1))));
        Tensor step = nesterov ? g.add(move.mul(p.scalar(0))) : move;
        return p.value().sub(step.mul(p.learningRate()));
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of("sgd")
                .with("momentum", momentum)
                .with("dampening", dampening)
                .with("nesterov", nesterov));
    }

    /** Makes one from its description. */
    public static Sgd of(double learningRate, Config config) {
        Sgd sgd = new Sgd(learningRate).momentum(config.number("momentum")).dampening(config.number("dampening"));
        return config.flag("nesterov") ? sgd.nesterov() : sgd;
    }
}
