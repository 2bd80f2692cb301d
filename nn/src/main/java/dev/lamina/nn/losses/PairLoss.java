package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/**
 * A loss of two things that belong together or not, such as the embeddings of two pictures.
 *
 * <p>In a loop of your own call {@link #ofPair}. In {@code fit} the prediction is both, one after the other: (N, 2, D), or (N, 2) for
 * scores, as a layer that is applied to both halves of an input (N, 2, ...) gives it. Target (N,). Result before reduction (N,).
 */
public final class PairLoss extends Loss {
    /** What is computed from a and b, the target t and the margin m. */
    public enum Formula {
        /** 1 - cos(a, b) where t is above 0, else max(0, cos(a, b) - m); a, b (N, D). */
        COSINE_EMBEDDING("cosineEmbedding", true, (a, b, t, m) -> {
            Tensor cosine = cosine(a, b);
            return t.gt(0).where(cosine.rsub(1), cosine.sub(m).relu());
        }),
        /** d^2 where t is above 0, else max(0, m - d)^2, d = |a - b| (Hadsell and others 2006); a, b (N, D). */
        CONTRASTIVE("contrastive", true, (a, b, t, m) -> {
            Tensor squares = a.sub(b).square().sum(-1);
            Tensor distance = squares.add(1e-12).sqrt();
            return t.gt(0).where(squares, distance.rsub(m).relu().square());
        }),
        /** max(0, m - s (a - b)), s = 1 where t is above 0 (a shall rank higher), else -1; a, b (N,). */
        MARGIN_RANKING(
                "marginRanking",
                false,
                (a, b, t, m) -> FormulaLoss.sign(t).mul(a.sub(b)).rsub(m).relu());

        private final String label;
        private final boolean vectors;
        // Functions of tensors, which have no state.
        @SuppressWarnings("ImmutableEnumChecker")
        private final Function function;

        Formula(String label, boolean vectors, Function function) {
            this.label = label;
            this.vectors = vectors;
            this.function = function;
        }
    }

    private interface Function {
        Tensor of(Tensor a, Tensor b, Tensor target, double margin);
    }

    private final Formula formula;
    private final double margin;

    /** A loss with a margin: 0 or more for distances and ranks, -1 to 1 for cosines. */
    public PairLoss(Formula formula, double margin) {
        this.formula = formula;
        this.margin = formula == Formula.COSINE_EMBEDDING
                ? Checks.cosine(formula.label, margin)
                : Checks.notNegative(formula.label, "margin", margin);
    }

    // PyTorch's way to keep away from a division by 0
    private static Tensor cosine(Tensor a, Tensor b) {
        Tensor squares = a.square().sum(-1).add(1e-12).mul(b.square().sum(-1).add(1e-12));
        return a.mul(b).sum(-1).div(squares.sqrt());
    }

    @Override
    public String name() {
        return formula.label;
    }

    /**
     * The loss of two tensors.
     *
     * @param first (N, D), or (N,) for scores
     * @param second of the same shape
     * @param target (N,): above 0 for alike (ranking: first before second), 0 or below for different (second before first)
     */
    public Tensor ofPair(Tensor first, Tensor second, Tensor target) {
        return reduced(first, target, values(first, second, target));
    }

    private Tensor values(Tensor first, Tensor second, Tensor target) {
        int rank = formula.vectors ? 2 : 1;
        if (first.rank() != rank || !first.shape().equals(second.shape())) {
            throw new ShapeException(name() + ": expected two tensors of one shape " + (rank == 2 ? "(N, D)" : "(N,)")
                    + ", got " + first.shape() + " and " + second.shape() + "; nothing is broadcast");
        }
        if (!target.shape().equals(first.shape().range(0, 1))) {
            throw new ShapeException(name() + ": expected one target for each pair, "
                    + first.shape().range(0, 1) + ", got " + target.shape() + "; reshape the targets");
        }
        return formula.function.of(first, second, target.cast(first.dtype()), margin);
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        Parts.require(this, prediction, 2, formula.vectors);
        return values(Parts.part(prediction, 0), Parts.part(prediction, 1), target);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(
                Config.of(name()).with("reduction", reduction().name()).with("margin", margin));
    }

    /** Makes a saved one again; empty when the description is of another kind. */
    public static Optional<Loss> of(Config config) {
        return config.oneOf(Formula.values(), formula -> formula.label)
                .map(formula -> new PairLoss(formula, config.number("margin")));
    }
}
