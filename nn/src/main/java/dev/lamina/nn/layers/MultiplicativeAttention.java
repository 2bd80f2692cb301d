package dev.lamina.nn.layers;

import dev.lamina.core.Attention;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializers;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attention with products for scores: score(q, k) = q W k, or q k with {@link #dot} (Luong, Pham and Manning, "Effective approaches to
 * attention-based neural machine translation", 2015). The output is the mean of the values with weights softmax(scores).
 *
 * <p>Inputs: queries (N, T, C) and values (N, S, C2), which are the keys too, or values and keys (N, S, C3). Output (N, T, C2), and with {@link
 * #returnWeights} the weights (N, T, S). A mask of the values leaves out masked ones. Variable, but for {@code dot}: {@code kernel} (C,
 * C3), first Glorot uniform.
 */
public final class MultiplicativeAttention extends ValueAttention<MultiplicativeAttention> {
    private boolean dot;
    private @Nullable Variable kernel;

    /** A layer with a kernel between queries and keys. */
    public MultiplicativeAttention() {
        super("multiplicativeAttention");
    }

    /** Leaves the kernel out; queries and keys are of one width then. */
    public MultiplicativeAttention dot() {
        requireNotBuilt("dot");
        dot = true;
        return this;
    }

    @Override
    protected void build(List<Shape> inputs) {
        requireInputs(inputs);
        int left = inputs.getFirst().dim(2);
        int right = inputs.getLast().dim(2);
        if (dot && left != right) {
            throw new ShapeException("multiplicativeAttention: expected queries and keys of one width, got " + inputs
                    + "; leave out dot() to have a kernel between them");
        }
        if (!dot) {
            kernel = parameter("kernel", Shape.of(left, right), Initializers.glorotUniform());
        }
    }

    private Tensor turned(Tensor q) {
        return kernel == null ? q : q.matmul(value(kernel));
    }

    private static Attention attention(Optional<Tensor> real) {
        Attention plain = Attention.plain().scale(1);
        return real.map(mask -> plain.mask(mask.unsqueeze(1))).orElse(plain);
    }

    @Override
    Tensor weights(Tensor q, Tensor k, Optional<Tensor> real) {
        return attention(real).weights(turned(q), k);
    }

    @Override
    Tensor context(Tensor q, Tensor k, Tensor v, Optional<Tensor> real) {
        return attention(real).of(turned(q), k, v);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options().with("dot", dot));
    }

    /** Made again from its description. */
    public static MultiplicativeAttention of(Config config) {
        MultiplicativeAttention layer = new MultiplicativeAttention().options(config);
        layer.dot = config.flag("dot");
        return layer;
    }
}
