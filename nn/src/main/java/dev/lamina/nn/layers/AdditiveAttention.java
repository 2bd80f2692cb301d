package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializers;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attention with a small network for scores: score(q, k) = v tanh(W q + U k) (Bahdanau, Cho and Bengio, "Neural machine translation by jointly
 * learning to align and translate", 2015). The output is the mean of the values with weights softmax(scores).
 *
 * <p>Inputs: queries (N, T, C) and values (N, S, C2), which are the keys too, or values and keys (N, S, C3). Output (N, T, C2), and with {@link
 * #returnWeights} the weights (N, T, S). A mask of the values leaves out masked ones. Variables: {@code query} (C, units), {@code key} (C3,
 * units) and {@code score} (units,), first Glorot uniform.
 */
public final class AdditiveAttention extends ValueAttention<AdditiveAttention> {
    private final int units;
    private @Nullable Variable query;
    private @Nullable Variable key;
    private @Nullable Variable score;

    /** A layer with so many features under the tanh. */
    public AdditiveAttention(int units) {
        super("additiveAttention");
        if (units < 1) {
            throw new LaminaException("additiveAttention: expected 1 or more units, got " + units
                    + "; the width of the queries is usual");
        }
        this.units = units;
    }

    @Override
    protected void build(List<Shape> inputs) {
        requireInputs(inputs);
        query = parameter("query", Shape.of(inputs.getFirst().dim(2), units), Initializers.glorotUniform());
        key = parameter("key", Shape.of(inputs.getLast().dim(2), units), Initializers.glorotUniform());
        score = parameter("score", Shape.of(units), Initializers.uniform(-1 / Math.sqrt(units), 1 / Math.sqrt(units)));
    }

    @Override
    Tensor weights(Tensor q, Tensor k, Optional<Tensor> real) {
        Tensor left = q.matmul(value(built(query))).unsqueeze(2);
        Tensor right = k.matmul(value(built(key))).unsqueeze(1);
        Tensor scores = left.add(right).tanh().mul(value(built(score))).sum(-1);
        return real.map(mask -> scores.maskedFill(mask.unsqueeze(1).logicalNot(), NEVER))
                .orElse(scores)
                .softmax(-1);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options().with("units", units));
    }

    /** Made again from its description. */
    public static AdditiveAttention of(Config config) {
        return new AdditiveAttention(config.integer("units")).options(config);
    }
}
