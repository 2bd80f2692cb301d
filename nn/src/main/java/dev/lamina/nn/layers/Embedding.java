package dev.lamina.nn.layers;

import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A trained vector for each index: y[...] = embeddings[x[...]].
 *
 * <p>Input integers (...) from 0 to count - 1, output (..., dimension). Variable: {@code embeddings} (count, dimension), first
 * uniform in +-0.05.
 */
public final class Embedding extends Layer {
    private static final int NO_PADDING = -1;

    private final int count;
    private final int dimension;
    private int paddingIndex = NO_PADDING;
    private Initializer initializer = Initializers.uniform(-0.05, 0.05);
    private @Nullable Variable embeddings;

    /** A layer of so many vectors of a length. */
    public Embedding(int count, int dimension) {
        if (count < 1 || dimension < 1) {
            throw new LaminaException("embedding: expected a count and a dimension of 1 or more, got " + count + " and "
                    + dimension + "; pass the number of indices and the length of a vector");
        }
        this.count = count;
        this.dimension = dimension;
    }

    /** The index that stands for padding: its vector takes no part in training. */
    public Embedding paddingIndex(int index) {
        requireNotBuilt("paddingIndex");
        if (index < 0 || index >= count) {
            throw new LaminaException("embedding: expected a padding index from 0 to " + (count - 1) + ", got " + index
                    + "; pass the index of the padding token");
        }
        paddingIndex = index;
        return this;
    }

    /** The rule for the first vectors. */
    public Embedding initializer(Initializer initializer) {
        requireNotBuilt("initializer");
        this.initializer = initializer;
        return this;
    }

    @Override
    protected void build(Shape input) {
        embeddings = parameter("embeddings", Shape.of(count, dimension), initializer);
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (!x.dtype().isInteger()) {
            throw new DTypeException("embedding: expected integer indices, got " + x.dtype() + " " + x.shape()
                    + "; cast them, for example with cast(DType.I64)");
        }
        Tensor rows = value(built(embeddings)).indexSelect(0, x.reshape(-1));
        if (paddingIndex != NO_PADDING) {
            Tensor padding = x.reshape(-1, 1).eq(paddingIndex);
            rows = padding.where(rows.stopGradient(), rows);
        }
        int[] dims = java.util.Arrays.copyOf(x.shape().dims(), x.rank() + 1);
        dims[x.rank()] = dimension;
        return rows.reshape(dims);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("embedding")
                .with("count", count)
                .with("dimension", dimension)
                .with("paddingIndex", paddingIndex)
                .with("initializer", initializer));
    }

    /** Made again from its description. */
    public static Embedding of(Config config) {
        Embedding embedding = new Embedding(config.integer("count"), config.integer("dimension"));
        embedding.paddingIndex = config.integer("paddingIndex");
        embedding.initializer = config.initializer("initializer", embedding.initializer);
        return embedding;
    }
}
