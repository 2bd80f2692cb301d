package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Transformer layers one after the other, and, if wanted, a normalisation behind the last.
 *
 * @param <L> the layers
 */
public abstract sealed class TransformerStack<L extends TransformerLayer<L>> extends Layer
        permits TransformerEncoder, TransformerDecoder {
    private final List<L> layers = new ArrayList<>();
    private @Nullable LayerNorm norm;

    TransformerStack(List<L> layers) {
        if (layers.isEmpty()) {
            throw new LaminaException("transformer: expected one or more layers, got none; pass layers");
        }
        for (L layer : layers) {
            this.layers.add(child("layer" + this.layers.size(), layer));
        }
    }

    /** Marks that a normalisation follows the last layer. */
    final void normed() {
        requireNotBuilt("finalNorm");
        norm = norm == null ? child("norm", new LayerNorm()) : norm;
    }

    @Override
    protected void build(List<Shape> inputs) {
        Positions.requireSequence("transformer", inputs.getFirst());
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        List<Tensor> all = new ArrayList<>(inputs);
        for (L layer : layers) {
            all.set(0, layer.applyAll(all).getFirst());
        }
        return List.of(norm == null ? all.getFirst() : norm.apply(all.getFirst()));
    }

    final Config options(String type) {
        List<Config> configs =
                layers.stream().map(layer -> layer.config().orElseThrow()).toList();
        return Config.of(type).with("layers", configs).with("norm", norm != null);
    }

    /** PyTorch's names of the variables. */
    List<TorchWeights.Entry> torch(String prefix) {
        List<TorchWeights.Entry> entries = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            entries.addAll(layers.get(i).torch(prefix + "layers." + i + "."));
        }
        if (norm != null) {
            entries.addAll(TorchWeights.norm(norm, prefix + "norm."));
        }
        return entries;
    }
}
