package dev.lamina.testkit;

import static dev.lamina.nn.Layers.feedForward;
import static dev.lamina.nn.Layers.multiHeadAttention;
import static dev.lamina.nn.Layers.positionalEncoding;
import static dev.lamina.nn.Layers.rotaryEmbedding;
import static dev.lamina.nn.Layers.transformerDecoderLayer;
import static dev.lamina.nn.Layers.transformerEncoder;
import static dev.lamina.nn.Layers.transformerEncoderLayer;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.layers.FeedForward;
import dev.lamina.nn.layers.MultiHeadAttention;
import dev.lamina.nn.layers.PositionalEncoding;
import dev.lamina.nn.layers.RotaryEmbedding;
import dev.lamina.nn.layers.TorchWeights;
import dev.lamina.nn.layers.TransformerDecoderLayer;
import dev.lamina.nn.layers.TransformerEncoderLayer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Attention and transformer layers against PyTorch's: outputs, weights, gradients of inputs and parameters. */
class GoldenAttentionTest {
    private static final Set<String> FUNCTIONS =
            Set.of("scaled_dot_product_attention", "sinusoidal_positional_encoding");
    private static final Set<String> OTHERS =
            Set.of("add_positional_encoding", "swiglu", "sinusoidal_positional_encoding");

    static final GoldenTests ALL = new GoldenTests(
            Set.of("attention", "layers"),
            golden -> (golden.group().equals("attention") || OTHERS.contains(golden.op()))
                    && !golden.op().equals("scaled_dot_product_attention"),
            GoldenAttentionTest::check);

    @TestFactory
    Stream<DynamicNode> cases() {
        return ALL.onAllBackends();
    }

    private static void check(GoldenCase golden) {
        if (FUNCTIONS.contains(golden.op())) {
            int count = golden.args().integer("max_len", 0);
            Tensor table = PositionalEncoding.table(count, golden.args().integer("d_model", 0), golden.dtype());
            Golden.check(golden, Map.of("y", table), Map.of());
            return;
        }
        Layer layer = layer(golden);
        layer.dtype(golden.dtype());
        List<Tensor> inputs = inputs(golden);
        List<Optional<Tensor>> masks = masks(golden);
        layer.applyMasked(inputs, masks);
        Map<String, List<TorchWeights.Entry>> entries = load(golden, layer);
        List<Tensor> results = layer.applyMasked(inputs, masks);
        Map<String, Tensor> outputs = new HashMap<>();
        outputs.put("y", results.getFirst());
        if (results.size() > 1) {
            outputs.put("weights", results.get(1));
        }
        Golden.check(golden, outputs, gradients(golden, entries, outputs));
    }

    private static Layer layer(GoldenCase golden) {
        Args args = golden.args();
        return switch (golden.op()) {
            case "multihead_attention" -> {
                MultiHeadAttention attention =
                        multiHeadAttention(args.integer("num_heads", 0)).returnWeights();
                attention = args.flag("causal", false) ? attention.causal() : attention;
                yield args.flag("bias", true) ? attention : attention.noBias();
            }
            case "transformer_encoder_layer" -> encoder(args);
            case "transformer_decoder_layer" -> {
                TransformerDecoderLayer decoder = transformerDecoderLayer(
                                args.integer("nhead", 0), args.integer("dim_feedforward", 0))
                        .activation(activation(args));
                decoder = args.flag("causal", false) ? decoder.causal() : decoder;
                yield args.flag("norm_first", false) ? decoder.preNorm() : decoder;
            }
            case "transformer_encoder" ->
                transformerEncoder(IntStream.range(0, args.integer("num_layers", 0))
                        .mapToObj(i -> encoder(args))
                        .toArray(TransformerEncoderLayer[]::new));
            case "rope" -> rotaryEmbedding().theta(args.number("theta", 0));
            case "rope_interleaved" ->
                rotaryEmbedding().layout(RotaryEmbedding.Layout.PAIRS).theta(args.number("theta", 0));
            case "add_positional_encoding" -> positionalEncoding();
            case "swiglu" ->
                feedForward(golden.tensor("in.w_up").dim(0)).gated().noBias();
            default -> throw new IllegalArgumentException(golden.op());
        };
    }

    private static TransformerEncoderLayer encoder(Args args) {
        TransformerEncoderLayer layer = transformerEncoderLayer(
                        args.integer("nhead", 0), args.integer("dim_feedforward", 0))
                .activation(activation(args));
        layer = args.flag("causal", false) ? layer.causal() : layer;
        return args.flag("norm_first", false) ? layer.preNorm() : layer;
    }

    private static Activation activation(Args args) {
        return args.text("activation", "relu").equals("gelu") ? Activation.GELU : Activation.RELU;
    }

    private static List<Tensor> inputs(GoldenCase golden) {
        List<Tensor> inputs = new ArrayList<>();
        for (String name : List.of("query", "key", "value", "x", "memory")) {
            if (golden.tensors().containsKey("in." + name)) {
                inputs.add(golden.tensor("in." + name));
            }
        }
        if (golden.tensors().containsKey("in.attn_mask")) {
            Tensor query = inputs.getFirst();
            return List.of(query, query, query, golden.tensor("in.attn_mask"));
        }
        return inputs;
    }

    /** PyTorch marks what is padding. */
    private static List<Optional<Tensor>> masks(GoldenCase golden) {
        return Stream.of("in.key_padding_mask", "in.memory_key_padding_mask")
                .map(role -> Optional.ofNullable(golden.tensors().get(role)).map(Tensor::logicalNot))
                .limit(inputs(golden).size())
                .toList();
    }

    /** Sets the parameters; returns where each of PyTorch's is. */
    private static Map<String, List<TorchWeights.Entry>> load(GoldenCase golden, Layer layer) {
        Map<String, List<TorchWeights.Entry>> found = new LinkedHashMap<>();
        if (layer instanceof FeedForward) {
            Map<Variable, Tensor> values = new HashMap<>();
            for (String part : List.of("gate", "up", "down")) {
                Variable kernel = layer.variables().get(part + "/kernel");
                values.put(kernel, golden.tensor("in.w_" + part).transpose());
                found.put("gin.w_" + part, List.of(new TorchWeights.Entry(kernel, "", 0, true)));
            }
            Variable.assignAll(values, List.of());
            return found;
        }
        Map<String, Tensor> parameters = golden.of("param");
        if (parameters.isEmpty()) {
            return found;
        }
        TorchWeights.load(layer, parameters, "");
        for (TorchWeights.Entry entry : TorchWeights.entries(layer, "", parameters.containsKey("in_proj_weight"))) {
            found.computeIfAbsent("gparam." + entry.name(), name -> new ArrayList<>())
                    .add(entry);
        }
        return found;
    }

    private static Map<String, Tensor> gradients(
            GoldenCase golden, Map<String, List<TorchWeights.Entry>> entries, Map<String, Tensor> outputs) {
        Tensor loss = outputs.entrySet().stream()
                .map(out -> out.getValue()
                        .mul(golden.tensor("gout." + out.getKey()))
                        .sum())
                .reduce(Tensor::add)
                .orElseThrow();
        Map<String, Tensor> gradients = new HashMap<>();
        for (String name : golden.of("gin").keySet()) {
            if (!entries.containsKey("gin." + name)) {
                Tensor x = golden.tensor("in." + name);
                gradients.put("gin." + name, Gradients.of(loss, List.of(x)).getFirst());
            }
        }
        entries.forEach((role, parts) -> {
            Tensor[] turned = parts.stream()
                    .map(entry -> {
                        Tensor g = Gradients.of(loss, List.of(entry.variable().value()))
                                .getFirst();
                        return entry.turned() ? g.transpose() : g;
                    })
                    .toArray(Tensor[]::new);
            gradients.put(role, Tensor.concat(0, turned));
        });
        return gradients;
    }
}
