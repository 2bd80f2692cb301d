package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.List;
import java.util.Optional;

/**
 * What attention with one head and values as they are has in common.
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract sealed class ValueAttention<S extends ValueAttention<S>> extends Layer
        permits AdditiveAttention, MultiplicativeAttention {
    /** A score whose weight is 0 beside any other. */
    static final double NEVER = -1e30;

    private final String type;
    private boolean returnsWeights;

    ValueAttention(String type) {
        this.type = type;
    }

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** Gives the weights as a second output. */
    public S returnWeights() {
        requireNotBuilt("returnWeights");
        returnsWeights = true;
        return self();
    }

    final void requireInputs(List<Shape> inputs) {
        boolean fits = inputs.size() == 2 || inputs.size() == 3;
        for (Shape input : inputs) {
            fits &= input.rank() == 3 && input.dim(0) == inputs.getFirst().dim(0);
        }
        if (!fits || !inputs.get(1).range(0, 2).equals(inputs.getLast().range(0, 2))) {
            throw new ShapeException(
                    type + ": expected queries (N, T, C), values (N, S, C2) and perhaps keys (N, S, C3), got " + inputs
                            + "; for one query use unsqueeze(1)");
        }
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        requireInputs(inputs.stream().map(Tensor::shape).toList());
        Tensor q = inputs.getFirst();
        Tensor v = inputs.get(1);
        Tensor k = inputs.getLast();
        Optional<Tensor> real = mask(v);
        if (!returnsWeights) {
            return List.of(context(q, k, v, real));
        }
        Tensor weights = weights(q, k, real);
        return List.of(weights.matmul(v), weights);
    }

    /** (N, T, S). */
    abstract Tensor weights(Tensor q, Tensor k, Optional<Tensor> real);

    /** (N, T, C2). */
    Tensor context(Tensor q, Tensor k, Tensor v, Optional<Tensor> real) {
        return weights(q, k, real).matmul(v);
    }

    final Config options() {
        return Config.of(type).with("returnWeights", returnsWeights);
    }

    final S options(Config config) {
        returnsWeights = config.flag("returnWeights");
        return self();
    }
}
