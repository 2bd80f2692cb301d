package dev.lamina.nn.layers;

import dev.lamina.nn.Config;
import java.util.List;
import java.util.Optional;

/**
 * A stack of {@link TransformerEncoderLayer}s.
 *
 * <p>Input and output (N, T, C); a mask of the input leaves out masked positions. Variables: those of the layers {@code layer0}, {@code layer1} and so on, and of {@code norm}.
 */
public final class TransformerEncoder extends TransformerStack<TransformerEncoderLayer> {
    /** These layers. */
    public TransformerEncoder(List<TransformerEncoderLayer> layers) {
        super(layers);
    }

    /** Normalises the output; usual where the layers normalise their inputs. */
    public TransformerEncoder finalNorm() {
        normed();
        return this;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("transformerEncoder"));
    }

    /** Made again from its description. */
    public static TransformerEncoder of(Config config) {
        TransformerEncoder stack = new TransformerEncoder(config.configs("layers").stream()
                .map(TransformerEncoderLayer::of)
                .toList());
        return config.flag("norm") ? stack.finalNorm() : stack;
    }
}
