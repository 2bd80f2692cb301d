package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Adds to each position of a sequence what tells it from the others: sines and cosines (Vaswani and others 2017), p[t, 2i] = sin(t / 10000^(2i / C)),
 * p[t, 2i + 1] the cosine; or, with {@link #learned}, a trained vector for each position.
 *
 * <p>Input and output (N, T, C). Variable if learned: {@code embeddings} (longest, C), first normal with deviation 0.02.
 */
public final class PositionalEncoding extends Layer {
    private static final double THETA = 10_000;

    private int longest;
    private Initializer initializer = Initializers.normal(0, 0.02);
    private volatile int width;
    private final Positions waves = new Positions((t, c) -> wave(t, c, width));
    private @Nullable Variable embeddings;

    /** Sines and cosines. */
    public PositionalEncoding() {}

    /** Trained vectors for up to so many positions. */
    public PositionalEncoding learned(int longest) {
        requireNotBuilt("learned");
        if (longest < 1) {
            throw new LaminaException("positionalEncoding: expected 1 or more positions, got " + longest
                    + "; pass the length of the longest sequence");
        }
        this.longest = longest;
        return this;
    }

    /** The rule for the first vectors. */
    public PositionalEncoding initializer(Initializer initializer) {
        requireNotBuilt("initializer");
        this.initializer = initializer;
        return this;
    }

    private static double wave(int position, int column, int width) {
        double angle = Positions.angle(position, column / 2, THETA, width);
        return column % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
    }

    /** The sines and cosines of positions 0 to count - 1: (count, width). */
    public static Tensor table(int count, int width, DType dtype) {
        return new Positions((t, c) -> wave(t, c, width)).rows(count, width, dtype);
    }

    @Override
    protected void build(Shape input) {
        Positions.requireSequence("positionalEncoding", input);
        width = input.dim(2);
        if (longest > 0) {
            embeddings = parameter("embeddings", Shape.of(longest, width), initializer);
        }
    }

    @Override
    protected Tensor forward(Tensor x) {
        if (x.rank() != 3 || x.dim(2) != width) {
            throw new ShapeException("positionalEncoding: expected inputs (N, T, " + width + "), got " + x.shape()
                    + "; feed examples like those of the first use");
        }
        Inputs.requireFloats("positionalEncoding", x);
        int count = x.dim(1);
        if (embeddings == null) {
            return x.add(waves.rows(count, width, x.dtype()));
        }
        if (count > longest) {
            throw new ShapeException("positionalEncoding: expected at most " + longest + " positions, got " + x.shape()
                    + "; cut the sequences, or learn more positions");
        }
        Tensor all = value(embeddings);
        return x.add(
                KeyValueCache.current().map(cache -> cache.rows(all, count)).orElseGet(() -> all.narrow(0, 0, count)));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(
                Config.of("positionalEncoding").with("longest", longest).with("initializer", initializer));
    }

    /** Made again from its description. */
    public static PositionalEncoding of(Config config) {
        PositionalEncoding encoding = new PositionalEncoding();
        encoding.longest = config.integer("longest");
        encoding.initializer = config.initializer("initializer", encoding.initializer);
        return encoding;
    }
}
