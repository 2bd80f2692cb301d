package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What transformer layers have in common: attention and a feed-forward layer, each with a residual connection and a layer normalisation, which comes
 * after the sum (Vaswani and others 2017), or, with {@link #preNorm}, before the part (Xiong and others, "On layer normalization in the transformer
 * architecture", 2020).
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract sealed class TransformerLayer<S extends TransformerLayer<S>> extends Layer
        permits TransformerEncoderLayer, TransformerDecoderLayer {
    private MultiHeadAttention attention;
    private FeedForward feedForward;
    private boolean preNorm;
    private double dropout;
    private double epsilon = 1e-5;
    private final List<LayerNorm> norms = new ArrayList<>();
    private final List<Dropout> dropouts = new ArrayList<>();

    TransformerLayer(MultiHeadAttention attention, FeedForward feedForward) {
        this.attention = attention;
        this.feedForward = feedForward;
    }

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** Normalises the input of each part in place of the sum. */
    public S preNorm() {
        requireNotBuilt("preNorm");
        preNorm = true;
        return self();
    }

    /** Changes the self-attention, for example {@code attention(a -> a.causal().keyHeads(2))}. */
    public S attention(UnaryOperator<MultiHeadAttention> change) {
        requireNotBuilt("attention");
        attention = change.apply(attention);
        return self();
    }

    /** Changes the feed-forward part, for example {@code feedForward(f -> f.gated())}. */
    public S feedForward(UnaryOperator<FeedForward> change) {
        requireNotBuilt("feedForward");
        feedForward = change.apply(feedForward);
        return self();
    }

    /** Sets the activation of the feed-forward part, in place of GELU. */
    public S activation(Activation activation) {
        return feedForward(part -> part.activation(activation));
    }

    /** Positions attend to themselves and the ones before only. */
    public S causal() {
        return attention(MultiHeadAttention::causal);
    }

    /** Dropout of each part's result in training; that of weights and hidden features is theirs. */
    public S dropout(double probability) {
        requireNotBuilt("dropout");
        dropout = probability;
        return self();
    }

    /** What is added to variances; 1e-5 unless said otherwise. */
    public S epsilon(double epsilon) {
        requireNotBuilt("epsilon");
        this.epsilon = epsilon;
        return self();
    }

    /** Takes over the parts and makes {@code count} normalisations, {@code norm1} and so on. */
    final void buildParts(Shape input, int count) {
        Positions.requireSequence("transformer layer", input);
        child("attention", attention);
        child("feedForward", feedForward);
        for (int i = 1; i <= count; i++) {
            norms.add(child("norm" + i, new LayerNorm().epsilon(epsilon)));
            dropouts.add(child("dropout" + i, new Dropout(dropout)));
        }
    }

    /** One part with its residual connection and normalisation; the mask stays. */
    final Tensor residual(int index, Tensor x, UnaryOperator<Tensor> part) {
        LayerNorm norm = norms.get(index);
        Tensor inside = part.apply(preNorm ? norm.apply(x) : x);
        Tensor sum = x.add(dropouts.get(index).apply(inside));
        Tensor y = preNorm ? sum : norm.apply(sum);
        mask(x).ifPresent(mask -> masked(y, mask));
        return y;
    }

    static void requireWidth(Tensor x, Shape first) {
        if (x.rank() != 3 || x.dim(2) != first.dim(2)) {
            throw new ShapeException("transformer layer: expected inputs (N, T, " + first.dim(2) + "), got " + x.shape()
                    + "; feed sequences as wide as at the first use");
        }
    }

    final MultiHeadAttention selfAttention() {
        return attention;
    }

    final FeedForward inner() {
        return feedForward;
    }

    final Config options(String type) {
        return Config.of(type)
                .with("attention", attention.config().orElseThrow())
                .with("feedForward", feedForward.config().orElseThrow())
                .with("preNorm", preNorm)
                .with("dropout", dropout)
                .with("epsilon", epsilon);
    }

    final S options(Config config) {
        preNorm = config.flag("preNorm");
        dropout = config.number("dropout");
        epsilon = config.number("epsilon");
        return self();
    }

    /** PyTorch's names of the variables. */
    List<TorchWeights.Entry> torch(String prefix) {
        List<TorchWeights.Entry> entries = new ArrayList<>(attention.torch(prefix + "self_attn.", true));
        entries.addAll(feedForward.torch(prefix));
        for (int i = 0; i < norms.size(); i++) {
            entries.addAll(TorchWeights.norm(norms.get(i), prefix + "norm" + (i + 1) + "."));
        }
        return entries;
    }
}
