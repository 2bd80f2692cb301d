package dev.lamina.nn.layers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.Optional;

/**
 * A trained vector for each index: y[...] = embeddings[x[...]].
 *
 * <p>Input integers (...) from 0 to count - 1, output (..., dimension). Variable: {@code embeddings} (count, dimension), first
 * uniform in +-0.05.
 */
public final class Embedding extends EmbeddingTable<Embedding> {
    private boolean masks;

    /** A layer of so many vectors of a length. */
    public Embedding(int count, int dimension) {
        super(count, dimension);
    }

    /** Masks the steps with the padding index, 0 unless said otherwise; layers behind leave them out. Input (N, T). */
    public Embedding maskPadding() {
        requireNotBuilt("maskPadding");
        masks = true;
        return hasPadding() ? this : paddingIndex(0);
    }

    @Override
    protected Tensor forward(Tensor x) {
        requireIndices(x);
        int[] dims = Arrays.copyOf(x.shape().dims(), x.rank() + 1);
        dims[x.rank()] = dimension();
        Tensor y = rows(x.reshape(-1)).reshape(dims);
        Optional<Tensor> given = mask(x);
        if (masks) {
            Tensor real = isPadding(x).logicalNot();
            return masked(y, given.map(real::logicalAnd).orElse(real));
        }
        return given.map(mask -> masked(y, mask)).orElse(y);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("embedding").with("maskPadding", masks));
    }

    /** Made again from its description. */
    public static Embedding of(Config config) {
        Embedding embedding = new Embedding(config.integer("count"), config.integer("dimension")).options(config);
        embedding.masks = config.has("maskPadding") && config.flag("maskPadding");
        return embedding;
    }
}
