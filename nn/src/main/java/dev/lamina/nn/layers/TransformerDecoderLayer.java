package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Self-attention, attention to an encoder's output, and a feed-forward layer ({@link TransformerLayer}). Call {@link #causal} for a decoder that
 * generates.
 *
 * <p>Inputs (N, T, C) and memory (N, S, C2), output (N, T, C); masks of the inputs leave out masked positions. Variables: those of {@code
 * attention}, {@code crossAttention}, {@code feedForward} and {@code norm1} to {@code norm3}.
 */
public final class TransformerDecoderLayer extends TransformerLayer<TransformerDecoderLayer> {
    private MultiHeadAttention cross;

    /** A layer with so many heads and hidden features. */
    public TransformerDecoderLayer(int heads, int hidden) {
        this(new MultiHeadAttention(heads), new MultiHeadAttention(heads), new FeedForward(hidden));
    }

    private TransformerDecoderLayer(MultiHeadAttention attention, MultiHeadAttention cross, FeedForward feedForward) {
        super(attention, feedForward);
        this.cross = cross;
    }

    /** Changes the attention to the memory. */
    public TransformerDecoderLayer crossAttention(UnaryOperator<MultiHeadAttention> change) {
        requireNotBuilt("crossAttention");
        cross = change.apply(cross);
        return this;
    }

    @Override
    protected void build(List<Shape> inputs) {
        requireTwo(inputs.size());
        buildParts(inputs.getFirst(), 3);
        child("crossAttention", cross);
    }

    private static void requireTwo(int count) {
        if (count != 2) {
            throw new LaminaException("transformerDecoderLayer: expected two inputs (N, T, C) and (N, S, C2), got "
                    + count + "; pass the output of an encoder as the second");
        }
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        requireTwo(inputs.size());
        Tensor x = inputs.getFirst();
        requireWidth(x, inputShape().orElse(x.shape()));
        Tensor own = residual(0, x, selfAttention()::apply);
        Tensor both = residual(1, own, y -> cross.apply(y, inputs.get(1)));
        return List.of(residual(2, both, inner()::apply));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("transformerDecoderLayer")
                .with("crossAttention", cross.config().orElseThrow()));
    }

    /** Made again from its description. */
    public static TransformerDecoderLayer of(Config config) {
        return new TransformerDecoderLayer(
                        MultiHeadAttention.of(config.config("attention")),
                        MultiHeadAttention.of(config.config("crossAttention")),
                        FeedForward.of(config.config("feedForward")))
                .options(config);
    }

    @Override
    List<TorchWeights.Entry> torch(String prefix) {
        List<TorchWeights.Entry> entries = new ArrayList<>(super.torch(prefix));
        entries.addAll(cross.torch(prefix + "multihead_attn.", true));
        return entries;
    }
}
