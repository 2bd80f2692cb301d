package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Two dense layers with an activation between them: y = down(activation(up(x))), or, gated (Shazeer, "GLU variants improve
 * transformer", 2020), y = down(activation(gate(x)) * up(x)).
 *
 * <p>Input and output (..., C). Variables: those of the dense layers {@code up} (C, hidden), {@code gate} (C, hidden) and {@code down} (hidden, C).
 */
public final class FeedForward extends Layer {
    private final int hidden;
    private Activation activation = Activation.GELU;
    private boolean gated;
    private boolean bias = true;
    private double dropout;
    private @Nullable Dropout thin;
    private @Nullable Dense up;
    private @Nullable Dense gate;
    private @Nullable Dense down;

    /** A layer with so many features between, and GELU. */
    public FeedForward(int hidden) {
        if (hidden < 1) {
            throw new LaminaException(
                    "feedForward: expected 1 or more hidden features, got " + hidden + "; 4 C is usual");
        }
        this.hidden = hidden;
    }

    /** Sets the activation. */
    public FeedForward activation(Activation activation) {
        requireNotBuilt("activation");
        this.activation = activation;
        return this;
    }

    /** A gate beside the hidden features; its activation becomes SiLU (SwiGLU), unless another one is set afterwards. */
    public FeedForward gated() {
        requireNotBuilt("gated");
        gated = true;
        activation = Activation.SILU;
        return this;
    }

    /** Leaves all biases out. */
    public FeedForward noBias() {
        requireNotBuilt("noBias");
        bias = false;
        return this;
    }

    /** Dropout of the hidden features in training. */
    public FeedForward dropout(double probability) {
        requireNotBuilt("dropout");
        dropout = probability;
        return this;
    }

    @Override
    protected void build(Shape input) {
        up = child("up", dense(hidden));
        gate = gated ? child("gate", dense(hidden)) : null;
        thin = child("dropout", new Dropout(dropout));
        down = child("down", dense(input.dim(-1)));
    }

    private Dense dense(int units) {
        Dense dense = new Dense(units);
        return bias ? dense : dense.noBias();
    }

    @Override
    protected Tensor forward(Tensor x) {
        Dense wide = part(up);
        Tensor inside = gate == null
                ? activation.of(wide.apply(x))
                : activation.of(gate.apply(x)).mul(wide.apply(x));
        return part(down).apply(Objects.requireNonNull(thin).apply(inside));
    }

    private static Dense part(@Nullable Dense dense) {
        return Objects.requireNonNull(dense, "built");
    }

    /** What PyTorch's transformer layers call the variables. */
    List<TorchWeights.Entry> torch(String prefix) {
        List<TorchWeights.Entry> entries = new ArrayList<>(TorchWeights.linear(part(up), prefix + "linear1.", bias));
        entries.addAll(TorchWeights.linear(part(down), prefix + "linear2.", bias));
        return entries;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("feedForward")
                .with("hidden", hidden)
                .with("activation", activation)
                .with("gated", gated)
                .with("bias", bias)
                .with("dropout", dropout));
    }

    /** Made again from its description. */
    public static FeedForward of(Config config) {
        FeedForward layer = new FeedForward(config.integer("hidden"));
        layer.gated = config.flag("gated");
        layer.bias = config.flag("bias");
        return layer.activation(config.activation("activation")).dropout(config.number("dropout"));
    }
}
