package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One vector for a bag of indices: the sum, mean or largest values of their trained vectors. Padding and what a mask leaves out count for nothing, an empty
 * bag is 0.
 *
 * <p>Input integers (N, L), a bag in each row; or all indices (L,) and offsets (N,), where each bag begins, rising from 0. For
 * sums, a third form: indices (N, L) and weights (N, L). Output (N, dimension). Variable: {@code embeddings} (count, dimension).
 */
public final class EmbeddingBag extends EmbeddingTable<EmbeddingBag> {
    /** How the vectors of a bag become one. */
    public enum Mode {
        /** Their sum. */
        SUM,
        /** Their mean. */
        MEAN,
        /** The largest value in each place. */
        MAX
    }

    private Mode mode = Mode.MEAN;

    /** A layer of so many vectors of a length. */
    public EmbeddingBag(int count, int dimension) {
        super(count, dimension);
    }

    /** How the vectors of a bag become one; {@link Mode#MEAN} unless said otherwise. */
    public EmbeddingBag mode(Mode mode) {
        requireNotBuilt("mode");
        this.mode = mode;
        return this;
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        requireIndices(x);
        if (inputs.size() == 1 && x.rank() == 2) {
            return List.of(bags(x, Optional.empty()));
        }
        Shape shape = x.shape();
        if (inputs.size() == 2
                && shape.rank() == 2
                && mode == Mode.SUM
                && shape.equals(inputs.get(1).shape())) {
            return List.of(bags(x, Optional.of(inputs.get(1))));
        }
        if (inputs.size() == 2 && shape.rank() == 1 && inputs.get(1).rank() == 1) {
            requireIndices(inputs.get(1));
            return List.of(parts(x, inputs.get(1)));
        }
        throw new ShapeException("embeddingBag: expected indices (N, L), indices (L,) with offsets (N,), or for sums"
                + " indices with weights (N, L), got "
                + inputs.stream().map(Tensor::shape).toList() + "; pass one of these forms");
    }

    /** Vectors of the indices (..., dimension), and which of them count (..., 1). */
    private Tensor bags(Tensor x, Optional<Tensor> weights) {
        Tensor rows = rows(x.reshape(-1)).reshape(x.dim(0), x.dim(1), dimension());
        Tensor real = counting(x);
        Tensor counts = mask(x).map(real::logicalAnd).orElse(real).unsqueeze(-1);
        if (mode == Mode.MAX) {
            return largest(rows, counts);
        }
        Tensor kept = counts.where(rows, rows.zerosLike());
        Tensor sum = weights.map(w -> kept.mul(w.cast(rows.dtype()).unsqueeze(-1)))
                .orElse(kept)
                .sum(1);
        return mode == Mode.SUM ? sum : sum.div(counts.cast(rows.dtype()).sum(1).clampMin(1));
    }

    private Tensor parts(Tensor x, Tensor offsets) {
        int length = x.dim(0);
        int bags = offsets.dim(0);
        Tensor rows = rows(x);
        // (L, bags): the bag of an index is the last one that begins at or before it.
        Tensor begun = Tensor.arange(DType.I64, length)
                .unsqueeze(1)
                .ge(offsets.cast(DType.I64).unsqueeze(0))
                .cast(DType.I64)
                .sumKeep(1);
        Tensor member = begun.sub(1).eq(Tensor.arange(DType.I64, bags).unsqueeze(0));
        Tensor counts = member.logicalAnd(counting(x).unsqueeze(1));
        if (mode == Mode.MAX) {
            return largest(
                    rows.unsqueeze(0).expand(bags, length, dimension()),
                    counts.transpose().unsqueeze(-1));
        }
        Tensor weights = counts.cast(rows.dtype());
        Tensor sum = weights.transpose().matmul(rows);
        return mode == Mode.SUM ? sum : sum.div(weights.sum(0).clampMin(1).unsqueeze(-1));
    }

    private Tensor counting(Tensor x) {
        return hasPadding() ? isPadding(x).logicalNot() : x.eq(x);
    }

    private static Tensor largest(Tensor rows, Tensor counts) {
        if (rows.dim(1) == 0) {
            return rows.sum(1);
        }
        Tensor max = counts.where(rows, Double.NEGATIVE_INFINITY).max(1);
        return counts.any(1).where(max, max.zerosLike());
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("embeddingBag").with("mode", mode.name().toLowerCase(Locale.ROOT)));
    }

    /** Made again from its description. */
    public static EmbeddingBag of(Config config) {
        return new EmbeddingBag(config.integer("count"), config.integer("dimension"))
                .mode(config.choice("mode", Mode.class))
                .options(config);
    }
}
