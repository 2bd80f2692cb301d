package dev.lamina.nn.layers;

import dev.lamina.nn.Config;
import java.util.List;
import java.util.Optional;

/**
 * A stack of {@link TransformerDecoderLayer}s.
 *
 * <p>Inputs (N, T, C) and memory (N, S, C2), output (N, T, C); every layer attends to the memory. Variables: those of the layers {@code layer0}, {@code layer1} and so on, and of {@code norm}.
 */
public final class TransformerDecoder extends TransformerStack<TransformerDecoderLayer> {
    /** These layers. */
    public TransformerDecoder(List<TransformerDecoderLayer> layers) {
        super(layers);
    }

    /** Normalises the output; usual where the layers normalise their inputs. */
    public TransformerDecoder finalNorm() {
        normed();
        return this;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("transformerDecoder"));
    }

    /** Made again from its description. */
    public static TransformerDecoder of(Config config) {
        TransformerDecoder stack = new TransformerDecoder(config.configs("layers").stream()
                .map(TransformerDecoderLayer::of)
                .toList());
        return config.flag("norm") ? stack.finalNorm() : stack;
    }
}
