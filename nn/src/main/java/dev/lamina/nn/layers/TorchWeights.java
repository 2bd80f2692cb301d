package dev.lamina.nn.layers;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights of PyTorch's attention and transformer layers, by PyTorch's names: {@code in_proj_weight} stacks the projections of queries, keys and
 * values, and a linear weight is (out, in). The layer has been applied once, so that its variables exist.
 */
public final class TorchWeights {
    private TorchWeights() {}

    /**
     * Where a variable's value is.
     *
     * @param variable ours
     * @param name PyTorch's tensor
     * @param part which of the parts of equal size along the first axis
     * @param turned whether it is transposed
     */
    public record Entry(Variable variable, String name, int part, boolean turned) {
        static Entry turned(Variable variable, String name, int part) {
            return new Entry(variable, name, part, true);
        }

        static Entry plain(Variable variable, String name, int part) {
            return new Entry(variable, name, part, false);
        }

        private Tensor of(Map<String, Tensor> weights) {
            Tensor all = weights.get(name);
            int rows = variable.shape().dim(turned ? 1 : 0);
            boolean fits = all != null
                    && all.rank() == variable.shape().rank()
                    && (part + 1) * rows <= all.dim(0)
                    && (!turned || all.dim(1) == variable.shape().dim(0));
            if (!fits) {
                throw new DataException("torch weights: expected " + name + " for " + variable.name() + " "
                        + variable.shape() + ", got "
                        + (all == null ? "none" : all.shape().toString())
                        + "; check the prefix and the options of the layer");
            }
            Tensor mine = all.narrow(0, part * rows, rows);
            return (turned ? mine.transpose() : mine).cast(variable.dtype());
        }
    }

    /**
     * Sets the variables of a layer: {@link MultiHeadAttention}, {@link TransformerEncoderLayer}, {@link TransformerDecoderLayer}, {@link
     * TransformerEncoder} or {@link TransformerDecoder}.
     *
     * @param weights by name
     * @param prefix in front of the names, for example {@code "encoder."}; may be empty
     * @throws DataException if a tensor is missing or has another shape; nothing is set then
     */
    public static void load(Layer layer, Map<String, Tensor> weights, String prefix) {
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        for (Entry entry : entries(layer, prefix, weights.containsKey(first(layer, prefix)))) {
            values.put(entry.variable(), entry.of(weights));
        }
        Variable.assignAll(values, List.of());
    }

    private static String first(Layer layer, String prefix) {
        return layer instanceof MultiHeadAttention ? prefix + "in_proj_weight" : "";
    }

    /** Where each variable of a layer is. */
    public static List<Entry> entries(Layer layer, String prefix, boolean stacked) {
        return switch (layer) {
            case MultiHeadAttention attention -> attention.torch(prefix, stacked);
            case TransformerLayer<?> block -> block.torch(prefix);
            case TransformerStack<?> stack -> stack.torch(prefix);
            default ->
                throw new DataException("torch weights: expected an attention or transformer layer, got " + layer
                        + "; load the parts of your model one by one");
        };
    }

    static List<Entry> linear(Dense dense, String prefix, boolean bias) {
        List<Entry> entries = new ArrayList<>(List.of(Entry.turned(dense.kernel(), prefix + "weight", 0)));
        if (bias) {
            entries.add(Entry.plain(dense.bias(), prefix + "bias", 0));
        }
        return entries;
    }

    static List<Entry> norm(LayerNorm norm, String prefix) {
        return List.of(
                Entry.plain(norm.variables().get("gamma"), prefix + "weight", 0),
                Entry.plain(norm.variables().get("beta"), prefix + "bias", 0));
    }
}
