package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Optional;

/**
 * Self-attention and a feed-forward layer ({@link TransformerLayer}). With {@link #causal} it is the block of a language model.
 *
 * <p>Input and output (N, T, C); a mask of the input leaves out masked positions. Variables: those of {@code attention}, {@code feedForward}, {@code
 * norm1} and {@code norm2}.
 */
public final class TransformerEncoderLayer extends TransformerLayer<TransformerEncoderLayer> {
    /** A layer with so many heads and hidden features. */
    public TransformerEncoderLayer(int heads, int hidden) {
        this(new MultiHeadAttention(heads), new FeedForward(hidden));
    }

    private TransformerEncoderLayer(MultiHeadAttention attention, FeedForward feedForward) {
        super(attention, feedForward);
    }

    @Override
    protected void build(Shape input) {
        buildParts(input, 2);
    }

    @Override
    protected Tensor forward(Tensor x) {
        requireWidth(x, inputShape().orElse(x.shape()));
        return residual(1, residual(0, x, selfAttention()::apply), inner()::apply);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("transformerEncoderLayer"));
    }

    /** Made again from its description. */
    public static TransformerEncoderLayer of(Config config) {
        return new TransformerEncoderLayer(
                        MultiHeadAttention.of(config.config("attention")), FeedForward.of(config.config("feedForward")))
                .options(config);
    }
}
