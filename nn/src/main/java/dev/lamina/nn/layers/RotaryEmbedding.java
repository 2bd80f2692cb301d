package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Locale;
import java.util.Optional;

/**
 * Turns pairs of columns by an angle that grows with the position, so that products of queries and keys depend on distances (Su and
 * others, "RoFormer", 2021): (a, b) at position t becomes (a cos - b sin, b cos + a sin) of t / theta^(2 i / D).
 *
 * <p>Input and output (..., T, D), D even. Pairs are columns i and i + D / 2 ({@link Layout#HALVES}, as Llama's weights on Hugging Face have it) or
 * 2 i and 2 i + 1 ({@link Layout#PAIRS}, as in the paper).
 */
public final class RotaryEmbedding extends Layer {
    /** Which columns are a pair. */
    public enum Layout {
        /** i and i + D / 2. */
        HALVES,
        /** 2 i and 2 i + 1. */
        PAIRS
    }

    private Layout layout = Layout.HALVES;
    private double theta = 10_000;
    private final Positions cosines = new Positions((t, i) -> Math.cos(angle(t, i)));
    private final Positions sines = new Positions((t, i) -> Math.sin(angle(t, i)));
    private volatile int width;

    /** Pairs of columns i and i + D / 2, theta 10000. */
    public RotaryEmbedding() {}

    /** Chooses the pairs. */
    public RotaryEmbedding layout(Layout layout) {
        requireNotBuilt("layout");
        this.layout = layout;
        return this;
    }

    /** Sets theta, the base of the wavelengths. */
    public RotaryEmbedding theta(double theta) {
        requireNotBuilt("theta");
        if (!(theta > 0)) {
            throw new LaminaException("rotaryEmbedding: expected a theta above 0, got " + theta + "; 10000 is usual");
        }
        this.theta = theta;
        return this;
    }

    private double angle(int position, int pair) {
        return Positions.angle(position, pair, theta, width);
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() < 2 || input.dim(-1) % 2 != 0) {
            throw new ShapeException("rotaryEmbedding: expected inputs (..., T, D) with an even D, got " + input
                    + "; choose an even width of heads");
        }
        width = input.dim(-1);
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() < 2 || x.dim(-1) != width) {
            throw new ShapeException("rotaryEmbedding: expected inputs (..., T, " + width + "), got " + x.shape()
                    + "; feed heads of the width of the first use");
        }
        Inputs.requireFloats("rotaryEmbedding", x);
        int half = width / 2;
        int count = x.dim(-2);
        DType dtype = x.dtype();
        Tensor cos = cosines.rows(count, half, dtype);
        Tensor sin = sines.rows(count, half, dtype);
        boolean pairs = layout == Layout.PAIRS;
        Shape split = x.shape().with(-1, pairs ? half : 2);
        Tensor both = x.reshape(split.insert(x.rank(), pairs ? 2 : half));
        int axis = pairs ? -1 : -2;
        Tensor a = both.narrow(axis, 0, 1).reshape(x.shape().with(-1, half));
        Tensor b = both.narrow(axis, 1, 1).reshape(x.shape().with(-1, half));
        Tensor first = a.mul(cos).sub(b.mul(sin));
        Tensor second = b.mul(cos).add(a.mul(sin));
        return pairs ? Tensor.stack(-1, first, second).reshape(x.shape()) : Tensor.concat(-1, first, second);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("rotaryEmbedding")
                .with("layout", layout.name().toLowerCase(Locale.ROOT))
                .with("theta", theta));
    }

    /** Made again from its description. */
    public static RotaryEmbedding of(Config config) {
        Layout layout = Layout.valueOf(config.text("layout").toUpperCase(Locale.ROOT));
        return new RotaryEmbedding().layout(layout).theta(config.number("theta"));
    }
}
