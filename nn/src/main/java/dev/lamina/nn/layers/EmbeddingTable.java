package dev.lamina.nn.layers;

import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Constraint;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.ParameterOptions;
import dev.lamina.nn.Regularizer;
import org.jspecify.annotations.Nullable;

/**
 * What layers with a trained vector for each index have in common. Variable: {@code embeddings} (count, dimension), first uniform
 * in +-0.05. For large tables: {@code sgd} without momentum, {@code adagrad} and {@code
 * adam(...).lazy()} change only the rows of the batch. A {@link #maxNorm}, regularizer or constraint goes over all rows.
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract class EmbeddingTable<S extends EmbeddingTable<S>> extends Layer {
    private static final int NONE = -1;
    private static final double EPSILON = 1e-7;

    private final int count;
    private final int dimension;
    private int padding = NONE;
    private double maxNorm = Double.POSITIVE_INFINITY;
    private ParameterOptions options = ParameterOptions.of(Initializers.uniform(-0.05, 0.05));
    private @Nullable Variable embeddings;

    /** Starts with the number of indices and the length of a vector. */
    protected EmbeddingTable(int count, int dimension) {
        if (count < 1 || dimension < 1) {
            throw new LaminaException("embedding: expected a count and a dimension of 1 or more, got " + count + " and "
                    + dimension + "; pass the number of indices and the length of a vector");
        }
        this.count = count;
        this.dimension = dimension;
    }

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** The index that stands for padding: its vector takes no part in training. */
    public S paddingIndex(int index) {
        requireNotBuilt("paddingIndex");
        if (index < 0 || index >= count) {
            throw new LaminaException(typeName() + ": expected a padding index from 0 to " + (count - 1) + ", got "
                    + index + "; pass the index of the padding token");
        }
        padding = index;
        return self();
    }

    /** Keeps the Euclidean length of each vector at or below this, at first and after each step of an optimizer. */
    public S maxNorm(double norm) {
        requireNotBuilt("maxNorm");
        if (!(norm > 0)) {
            throw new LaminaException(typeName() + ": expected a norm above 0, got " + norm + "; 1 is usual");
        }
        maxNorm = norm;
        return self();
    }

    private S options(ParameterOptions options) {
        requireNotBuilt("options of the embeddings");
        this.options = options;
        return self();
    }

    /** The rule for the first vectors. */
    public S initializer(Initializer initializer) {
        return options(options.with(initializer));
    }

    /** Adds a penalty of all vectors to the loss. */
    public S regularizer(Regularizer regularizer) {
        return options(options.with(regularizer));
    }

    /** Keeps the vectors where they shall be, after each step of an optimizer. */
    public S constraint(Constraint constraint) {
        return options(options.with(constraint));
    }

    /** The vectors (count, dimension). */
    public Variable embeddings() {
        return built(embeddings);
    }

    @Override
    protected void build(Shape input) {
        ParameterOptions all = options;
        if (maxNorm < Double.POSITIVE_INFINITY) {
            all = options.with((Initializer) (dtype, shape, random) ->
                            limited(options.initializer().create(dtype, shape, random)))
                    .with((Constraint) value -> limited(options.constraint().of(value)));
        }
        embeddings = parameter("embeddings", Shape.of(count, dimension), all);
    }

    private Tensor limited(Tensor rows) {
        Tensor norm = rows.square().sumKeep(-1).sqrt();
        return rows.mul(norm.clampMax(maxNorm).div(norm.clampMin(EPSILON)));
    }

    /** The vectors of indices in one list: (n,) to (n, dimension). */
    protected final Tensor rows(Tensor indices) {
        Tensor rows = value(embeddings()).take(indices, path());
        return padding == NONE ? rows : isPadding(indices).unsqueeze(-1).where(rows.stopGradient(), rows);
    }

    /** True where an index stands for padding; only with a padding index. */
    protected final Tensor isPadding(Tensor indices) {
        return indices.eq(padding);
    }

    /** True when there is a padding index. */
    protected final boolean hasPadding() {
        return padding != NONE;
    }

    /** Length of a vector. */
    protected final int dimension() {
        return dimension;
    }

    /** Refuses inputs that are no indices. */
    protected final void requireIndices(Tensor x) {
        if (!x.dtype().isInteger()) {
            throw new DTypeException(typeName() + ": expected integer indices, got " + x.dtype() + " " + x.shape()
                    + "; cast them, for example with cast(DType.I64)");
        }
    }

    /** The options of this class, for {@code config()}. */
    protected final Config options(String type) {
        Config config = Config.of(type)
                .with("count", count)
                .with("dimension", dimension)
                .with("paddingIndex", padding);
        return options.into(
                maxNorm < Double.POSITIVE_INFINITY ? config.with("maxNorm", maxNorm) : config, "embeddings");
    }

    /** Takes the options of this class from a description. */
    protected final S options(Config config) {
        padding = config.integer("paddingIndex");
        maxNorm = config.number("maxNorm", Double.POSITIVE_INFINITY);
        options = options.from(config, "embeddings");
        return self();
    }
}
