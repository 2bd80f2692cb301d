package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/** A loss that is one {@link Formula} of predictions p and targets t of one shape. */
public final class FormulaLoss extends Loss {
    /**
     * What is computed from p and t, with a parameter a where one is named. Result before reduction (...), or (N, ...) where the
     * formula adds up the last axis.
     */
    public enum Formula {
        /** (p - t)^2. */
        MSE("mse", (p, t, a) -> p.sub(t).square()),
        /** |p - t|. */
        MAE("mae", (p, t, a) -> p.sub(t).abs()),
        /** 100 |p - t| / max(|t|, 1e-7): percent, as in Keras. */
        MAPE("mape", (p, t, a) -> p.sub(t).abs().div(t.abs().clampMin(SMALLEST)).mul(100)),
        /** (log(1 + p) - log(1 + t))^2; values below 0 count as 0. */
        MSLE("msle", (p, t, a) -> p.relu().log1p().sub(t.relu().log1p()).square()),
        /** d^2 / 2 where d = |p - t| is at most a, else a (d - a / 2) (Huber 1964). */
        HUBER("huber", (p, t, a) -> huber(p.sub(t), a)),
        /** d^2 / (2 a) where d = |p - t| is below a, else d - a / 2: Huber's loss divided by a (Girshick 2015). */
        SMOOTH_L1("smoothL1", (p, t, a) -> huber(p.sub(t), a).div(a)),
        /** log(cosh(p - t)). */
        LOG_COSH("logCosh", (p, t, a) -> logCosh(p.sub(t))),
        /** p - t log(p + 1e-7), for counts t and rates p. */
        POISSON("poisson", (p, t, a) -> p.sub(t.mul(p.add(SMALLEST).log()))),
        /** e^p - t p, for counts t and logarithms of rates p. */
        POISSON_NLL("poissonNll", (p, t, a) -> p.exp().sub(t.mul(p))),
        /** max(0, 1 - s p), s = 1 where t is above 0, else -1. */
        HINGE("hinge", (p, t, a) -> sign(t).mul(p).rsub(1).relu()),
        /** max(0, 1 - s p)^2. */
        SQUARED_HINGE("squaredHinge", (p, t, a) -> sign(t).mul(p).rsub(1).relu().square()),
        /** p where t is above 0, else max(0, a - p), for distances p (a the margin). */
        HINGE_EMBEDDING(
                "hingeEmbedding", (p, t, a) -> t.gt(0).where(p, p.rsub(a).relu())),
        /** max(0, 1 + max over the wrong classes of p - p of the right class), for one-hot t; along the last axis. */
        CATEGORICAL_HINGE("categoricalHinge", (p, t, a) -> {
            Tensor right = p.mul(t).sum(-1);
            return t.rsub(1).mul(p).max(-1).sub(right).add(1).relu();
        }),
        /** -p t / (|p| |t|) along the last axis, -1 for equal directions, as in Keras. */
        COSINE_SIMILARITY(
                "cosineSimilarity",
                (p, t, a) -> p.normalize(2, -1, 1e-12)
                        .mul(t.normalize(2, -1, 1e-12))
                        .sum(-1)
                        .neg());

        private final String label;
        // Functions of tensors, which have no state.
        @SuppressWarnings("ImmutableEnumChecker")
        private final Function function;

        Formula(String label, Function function) {
            this.label = label;
            this.function = function;
        }

        /** The name users say. */
        public String label() {
            return label;
        }

        private boolean takesRows() {
            return this == CATEGORICAL_HINGE || this == COSINE_SIMILARITY;
        }
    }

    private interface Function {
        Tensor of(Tensor p, Tensor t, double a);
    }

    private static final double SMALLEST = 1e-7;

    private final Formula formula;
    private final double parameter;

    /** A loss without a parameter. */
    public FormulaLoss(Formula formula) {
        this(formula, 1);
    }

    /** A loss with its parameter, above 0. */
    public FormulaLoss(Formula formula, double parameter) {
        this.formula = formula;
        this.parameter = Checks.positive(formula.label, "parameter", parameter);
    }

    private static Tensor huber(Tensor difference, double a) {
        Tensor d = difference.abs();
        Tensor inner = d.minimum(a);
        return inner.mul(d.sub(inner.mul(0.5)));
    }

    // log(cosh(d)) = d + log((1 + e^-2d) / 2), which does not overflow
    private static Tensor logCosh(Tensor d) {
        return d.add(d.mul(-2).softplus(1)).sub(Math.log(2));
    }

    /** 1 where a target says yes (1), -1 where it says no (0 or -1). */
    static Tensor sign(Tensor target) {
        return target.gt(0).cast(target.dtype()).mul(2).sub(1);
    }

    @Override
    public String name() {
        return formula.label;
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        requireSameShape(prediction, target);
        if (formula.takesRows() && prediction.rank() == 0) {
            throw new ShapeException(name() + ": expected predictions (N, D), got a scalar; keep the last axis");
        }
        return formula.function.of(prediction, target.cast(prediction.dtype()), parameter);
    }

    @Override
    public boolean isBinary() {
        return formula == Formula.HINGE || formula == Formula.SQUARED_HINGE;
    }

    @Override
    public double threshold() {
        return isBinary() ? 0 : super.threshold();
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(
                Config.of(name()).with("reduction", reduction().name()).with("parameter", parameter));
    }

    /** Makes a saved one again; empty when the description is of another kind. */
    public static Optional<Loss> of(Config config) {
        return config.oneOf(Formula.values(), formula -> formula.label)
                .map(formula -> new FormulaLoss(formula, config.number("parameter", 1)));
    }
}
