package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterGroup;
import dev.lamina.nn.ParameterUpdate;
import java.util.List;
import java.util.Optional;

/**
 * Muon (Jordan and others 2024): b = m b + (1 - m) g, u = m b + (1 - m) g again (Nesterov), and p = p - rate 0.2 sqrt(max(R, C)) O(u)
 * for a parameter (..., R, C), its leading axes joined with R. O(u) is close to the nearest orthogonal matrix: five Newton-Schulz steps
 * X = 3.4445 X - 4.7750 (X X^T) X + 2.0315 (X X^T)^2 X from u / |u|. The factor makes updates as large as AdamW's (Liu and others 2025),
 * so one rate serves all parameters: vectors, and matrices given to {@link #adamFor} (embeddings and the last layer, usually), change by
 * AdamW. Weight decay is decoupled, 0.1 unless said otherwise.
 */
public final class Muon extends Optimizer {
    private double momentum = 0.95;
    private AdamMoments moments = new AdamMoments(0.9, 0.95);
    private int iterations = 5;
    private boolean nesterov = true;
    private List<ParameterGroup> others = List.of();

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Muon(double learningRate) {
        super(learningRate);
        decoupledWeightDecay(0.1);
    }

    /** Share of the past in the momentum; 0.95 unless said otherwise. */
    public Muon momentum(double momentum) {
        this.momentum = Checks.share("muon", "a momentum", momentum, 0.95);
        return this;
    }

    /** Uses the momentum itself, without the look ahead. */
    public Muon plainMomentum() {
        nesterov = false;
        return this;
    }

    /** Newton-Schulz steps; 5 unless said otherwise. */
    public Muon iterations(int count) {
        iterations = (int) Checks.notNegative("muon", "a number of iterations", count, 5);
        return this;
    }

    /** The betas of AdamW for the other parameters; 0.9 and 0.95 unless said otherwise. */
    public Muon betas(double beta1, double beta2) {
        moments = AdamMoments.of("muon", beta1, beta2);
        return this;
    }

    /** Matrices that change by AdamW, as vectors do. */
    public Muon adamFor(ParameterGroup... groups) {
        others = List.of(groups);
        return this;
    }

    @Override
    public Muon weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    @Override
    protected double[] scalars(long t, double rate) {
        return moments.corrections(t);
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        boolean adam = g.rank() < 2 || others.stream().anyMatch(group -> group.has(p.variable()));
        if (adam) {
            return p.value().sub(moments.move(p, 1e-8).mul(p.learningRate()));
        }
        Tensor average =
                p.keepShrinking("momentum", p.slot("momentum", 0).mul(momentum).add(g.mul(1 - momentum)));
        Tensor direction = nesterov ? average.mul(momentum).add(g.mul(1 - momentum)) : average;
        Tensor move = orthogonal(direction.reshape(-1, direction.dim(-1)), iterations);
        double scale = 0.2 * Math.sqrt(Math.max(move.dim(0), move.dim(1)));
        return p.value().sub(move.reshape(g.shape().dims()).mul(p.learningRate().mul(scale)));
    }

    /** Singular values of about 1 with the singular vectors of x (R, C). */
    static Tensor orthogonal(Tensor x, int iterations) {
        boolean tall = x.dim(0) > x.dim(1);
        Tensor y = tall ? x.transpose() : x;
        y = y.div(y.square().sum().sqrt().add(1e-7));
        for (int i = 0; i < iterations; i++) {
            Tensor square = y.matmul(y.transpose());
            Tensor weights = square.mul(-4.7750).add(square.matmul(square).mul(2.0315));
            y = y.mul(3.4445).add(weights.matmul(y));
        }
        return tall ? y.transpose() : y;
    }

    @Override
    protected Optional<Config> config() {
        List<Config> described =
                others.stream().flatMap(group -> group.config().stream()).toList();
        if (described.size() < others.size()) {
            return Optional.empty();
        }
        return Optional.of(Config.of("muon")
                .with("momentum", momentum)
                .with("nesterov", nesterov)
                .with("iterations", iterations)
                .with("beta1", moments.beta1())
                .with("beta2", moments.beta2())
                .with("adamFor", described));
    }

    /** Makes one from its description. */
    public static Muon of(double learningRate, Config config) {
        Muon muon = new Muon(learningRate)
                .momentum(config.number("momentum"))
                .iterations(config.integer("iterations"))
                .betas(config.number("beta1"), config.number("beta2"))
                .adamFor(config.configs("adamFor").stream()
                        .map(ParameterGroup::of)
                        .toArray(ParameterGroup[]::new));
        muon.nesterov = config.flag("nesterov");
        return muon;
    }
}
