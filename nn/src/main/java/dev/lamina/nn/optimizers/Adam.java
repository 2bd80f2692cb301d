package dev.lamina.nn.optimizers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.Optional;

/**
 * Adam (Kingma and Ba 2015) and its relatives, which share the running averages m = b1 m + (1 - b1) g and v = b2 v + (1 - b2)
 * g^2 of the gradient g, corrected for their start at 0 by 1 - b1^t and 1 - b2^t at step t.
 *
 * <ul>
 *   <li>Adam: p = p - rate m' / (sqrt(v') + epsilon). AMSGrad (Reddi and others 2018) takes the largest v so far.
 *   <li>AdamW (Loshchilov and Hutter 2019): the same, and p shrinks by rate weightDecay p, apart from the gradient.
 *   <li>Adamax: the running maximum of |g| in place of sqrt(v').
 *   <li>NAdam (Dozat 2016): Nesterov's look ahead, with a momentum that grows.
 *   <li>RAdam (Liu and others 2020): divides only when enough steps make v reliable.
 * </ul>
 */
public final class Adam extends Optimizer {
    /** Which of the relatives. */
    public enum Rule {
        /** Adam. */
        ADAM,
        /** AdamW. */
        ADAMW,
        /** Adamax. */
        ADAMAX,
        /** NAdam. */
        NADAM,
        /** RAdam. */
        RADAM
    }

    private final Rule rule;
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double epsilon = 1e-8;
    private double momentumDecay = 0.004;
    private boolean amsgrad;
    private boolean lazy;
    private boolean oldProduct;
    private long productStep;
    private double product = 1;

    /** See {@link dev.lamina.nn.Optimizers}. */
    public Adam(Rule rule, double learningRate) {
        super(learningRate);
        this.rule = rule;
        if (rule == Rule.ADAMW) {
            decoupledWeightDecay(0.01);
        }
    }

    /** Shares of the past in the running averages; 0.9 and 0.999 unless said otherwise. */
    public Adam betas(double beta1, double beta2) {
        this.beta1 = Checks.share("adam", "a beta1", beta1, 0.9);
        this.beta2 = Checks.share("adam", "a beta2", beta2, 0.999);
        return this;
    }

    /** What is added to the divisor; 1e-8 unless said otherwise. */
    public Adam epsilon(double epsilon) {
        this.epsilon = Checks.positive("adam", "an epsilon", epsilon, 1e-8);
        return this;
    }

    @Override
    public Adam weightDecay(double decay) {
        super.weightDecay(decay);
        return this;
    }

    /** Divides by the largest running average so far. Adam and AdamW only. */
    public Adam amsgrad() {
        if (rule != Rule.ADAM && rule != Rule.ADAMW) {
            throw new LaminaException(rule + ": expected adam or adamw with amsgrad; leave it out");
        }
        amsgrad = true;
        return this;
    }

    /**
     * Moves only those rows of a table that were read by index, as PyTorch's SparseAdam does: a step on a large embedding costs what its batch costs,
     * and some nanoseconds for each row. The averages of a row, and its weight decay, then rest while it is not read. Where the gradient is not one of rows (a clip,
     * a regularizer, several batches in a step), all rows move as ever.
     */
    public Adam lazy() {
        lazy = true;
        return this;
    }

    @Override
    protected boolean movesRowsAlone(double weightDecay) {
        return lazy;
    }

    /** How fast the momentum of NAdam grows; 0.004 unless said otherwise. */
    public Adam momentumDecay(double decay) {
        momentumDecay = Checks.notNegative("nadam", "a decay", decay, 0.004);
        return this;
    }

    /**
     * NAdam with the product of momenta of PyTorch 1.13, which counts the present momentum twice and is kept in f32; the paper
     * does neither. For results that must equal those of that release.
     */
    public Adam asInPyTorch113() {
        oldProduct = true;
        return this;
    }

    @Override
    protected double[] scalars(long t, double rate) {
        double past = scheduledMomentum(beta1);
        double first = 1 - Math.pow(past, (double) t);
        double second = 1 - Math.pow(beta2, (double) t);
        return switch (rule) {
            case ADAM, ADAMW -> new double[] {past, 1 - past, rate / first, Math.sqrt(second)};
            case ADAMAX -> new double[] {past, 1 - past, rate / first};
            case NADAM -> {
                double next = product(t) * momentum(t + 1) * (oldProduct ? momentum(t) : 1);
                yield new double[] {
                    beta1,
                    1 - beta1,
                    rate * (1 - momentum(t)) / (1 - product(t)),
                    rate * momentum(t + 1) / (1 - next),
                    second
                };
            }
            case RADAM -> {
                double[] weights = rectified(t, second);
                yield new double[] {past, 1 - past, rate / first, weights[0], weights[1]};
            }
        };
    }

    /** Weights of the divided move and of the plain move: exactly one is not 0. */
    private double[] rectified(long t, double second) {
        double longest = 2 / (1 - beta2) - 1;
        double length = longest - 2.0 * t * Math.pow(beta2, (double) t) / second;
        if (length <= 5) {
            return new double[] {0, 1};
        }
        double rectification =
                Math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        return new double[] {rectification * Math.sqrt(second), 0};
    }

    /** The momentum of NAdam at a step. */
    private double momentum(long t) {
        return beta1 * (1 - 0.5 * Math.pow(0.96, t * momentumDecay));
    }

    /** The product of the momenta up to a step, multiplied in order, so that a resumed run has the same bits. */
    private double product(long t) {
        if (t < productStep) {
            productStep = 0;
            product = 1;
        }
        while (productStep < t) {
            double next = momentum(++productStep);
            product = oldProduct ? (float) product * (float) next : product * next;
        }
        return product;
    }

    @Override
    protected Tensor next(ParameterUpdate p) {
        Tensor g = p.gradient();
        Tensor mean = p.keepShrinking("mean", p.slot("mean", 0).mul(p.scalar(0)).add(g.mul(p.scalar(1))));
        if (rule == Rule.ADAMAX) {
            Tensor largest = p.keep(
                    "largest", p.slot("largest", 0).mul(beta2).maximum(g.abs().add(epsilon)));
            return p.value().sub(mean.div(largest).mul(p.scalar(2)));
        }
        Tensor square =
                p.keep("square", p.slot("square", 0).mul(beta2).add(g.square().mul(1 - beta2)));
        return switch (rule) {
            case ADAM, ADAMW -> {
                if (amsgrad) {
                    square = p.keep("largest", p.slot("largest", 0).maximum(square));
                }
                Tensor divisor = square.sqrt().div(p.scalar(3)).add(epsilon);
                yield p.value().sub(mean.div(divisor).mul(p.scalar(2)));
            }
            case NADAM -> {
                Tensor divisor = square.div(p.scalar(4)).sqrt().add(epsilon);
                yield p.value()
                        .sub(g.mul(p.scalar(2)).add(mean.mul(p.scalar(3))).div(divisor));
            }
            case RADAM -> {
                Tensor weight = p.scalar(3).div(square.sqrt().add(epsilon)).add(p.scalar(4));
                yield p.value().sub(mean.mul(weight).mul(p.scalar(2)));
            }
            case ADAMAX -> throw new AssertionError("done above");
        };
    }

    @Override
    protected Optional<Config> config() {
        return Optional.of(Config.of(rule.name().toLowerCase(java.util.Locale.ROOT))
                .with("beta1", beta1)
                .with("beta2", beta2)
                .with("epsilon", epsilon)
                .with("momentumDecay", momentumDecay)
                .with("amsgrad", amsgrad)
                .with("lazy", lazy)
                .with("oldProduct", oldProduct));
    }

    /** Makes one from its description. */
    public static Adam of(Rule rule, double learningRate, Config config) {
        Adam adam = new Adam(rule, learningRate)
                .betas(config.number("beta1"), config.number("beta2"))
                .epsilon(config.number("epsilon"))
                .momentumDecay(config.number("momentumDecay"));
        adam.amsgrad = config.flag("amsgrad");
        adam.lazy = config.has("lazy") && config.flag("lazy");
        adam.oldProduct = config.flag("oldProduct");
        return adam;
    }
}
