package dev.lamina.testkit;

import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.bilinear;
import static dev.lamina.nn.Layers.celu;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.elu;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.embeddingBag;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.glu;
import static dev.lamina.nn.Layers.groupNorm;
import static dev.lamina.nn.Layers.instanceNorm;
import static dev.lamina.nn.Layers.lambda;
import static dev.lamina.nn.Layers.layerNorm;
import static dev.lamina.nn.Layers.leakyRelu;
import static dev.lamina.nn.Layers.permute;
import static dev.lamina.nn.Layers.prelu;
import static dev.lamina.nn.Layers.rmsNorm;
import static dev.lamina.nn.Layers.softmax;
import static dev.lamina.nn.Layers.softplus;
import static dev.lamina.nn.Layers.swiglu;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Sequential;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.EmbeddingBag;
import dev.lamina.nn.layers.GroupNorm;
import dev.lamina.nn.layers.LayerNorm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Layers against PyTorch's: outputs, gradients of inputs and parameters, running statistics. */
class GoldenLayersTest {
    private static final Set<String> OPS = Set.of(
            "linear",
            "bilinear",
            "embedding",
            "embedding_bag",
            "dropout",
            "flatten",
            "batch_norm1d",
            "batch_norm2d",
            "layer_norm",
            "rms_norm",
            "group_norm",
            "instance_norm1d",
            "instance_norm2d",
            "prelu");

    /** PyTorch's names of our variables. */
    private static final Map<String, String> NAMES = Map.of(
            "weight", "gamma",
            "bias", "beta",
            "running_mean", "running_mean",
            "running_var", "running_variance",
            "num_batches_tracked", "batches");

    static final GoldenTests LAYERS = new GoldenTests(
            Set.of("layers", "norm", "activations"), golden -> OPS.contains(golden.op()), GoldenLayersTest::check);
    static final GoldenTests ACTIVATIONS = new GoldenTests(
            Set.of("activations"), golden -> !golden.op().equals("prelu"), GoldenLayersTest::activationInLayer);
    static final GoldenTests SWIGLU =
            new GoldenTests(Set.of("layers"), golden -> golden.op().equals("swiglu"), GoldenLayersTest::swigluInParts);

    @TestFactory
    Stream<DynamicNode> layers() {
        return LAYERS.onAllBackends();
    }

    @TestFactory
    Stream<DynamicNode> activationsAsLayers() {
        return ACTIVATIONS.onAllBackends();
    }

    @TestFactory
    Stream<DynamicNode> swigluBetweenDenseLayers() {
        return SWIGLU.onAllBackends();
    }

    private static void check(GoldenCase golden) {
        Layer layer = layer(golden);
        layer.dtype(golden.dtype());
        List<Tensor> xs = inputs(golden);
        layer.applyAll(xs);
        Map<String, Variable> variables = variables(golden, layer);
        Map<Variable, Tensor> values = new HashMap<>();
        variables.forEach((role, variable) -> values.put(variable, oriented(golden, role, golden.tensor(role))));
        Variable.assignAll(values, List.of());
        Map<String, Tensor> outputs = new HashMap<>();
        Map<String, Tensor> gradients = new HashMap<>();
        Runnable pass = () -> {
            Tensor y = layer.applyAll(xs).getFirst();
            outputs.put("y", y);
            gradients.putAll(gradients(golden, variables, y));
            List<Tensor> all = new ArrayList<>(gradients.values());
            all.add(y);
            Tensor.evaluateAll(all.toArray(Tensor[]::new));
        };
        boolean train = !golden.name().contains("eval") && golden.args().flag("train", true);
        if (train) {
            layer.training(pass);
        } else {
            pass.run();
        }
        Golden.check(golden, outputs, gradients);
        for (String name : golden.of("buf_after").keySet()) {
            Tensor got = variables.get("buf." + name).value();
            assertEquals(Optional.empty(), Golden.compare(golden, "buf_after." + name, Optional.of(got)));
        }
    }

    private static Layer layer(GoldenCase golden) {
        Args args = golden.args();
        return switch (golden.op()) {
            case "linear" -> {
                Dense dense = dense(args.integer("out_features", 0));
                yield args.flag("bias", true) ? dense : dense.noBias();
            }
            case "embedding" -> {
                Embedding embedding = embedding(args.integer("num_embeddings", 0), args.integer("embedding_dim", 0));
                yield args.has("padding_idx") ? embedding.paddingIndex(args.integer("padding_idx", 0)) : embedding;
            }
            case "bilinear" -> bilinear(args.integer("out_features", 0));
            case "embedding_bag" ->
                embeddingBag(args.integer("num_embeddings", 0), args.integer("embedding_dim", 0))
                        .mode(EmbeddingBag.Mode.valueOf(args.text("mode", "").toUpperCase(Locale.ROOT)));
            case "rms_norm" -> rmsNorm().epsilon(args.number("eps", 0));
            case "group_norm" -> groupNorm(args.integer("num_groups", 0)).axis(1);
            case "instance_norm1d", "instance_norm2d" -> {
                GroupNorm norm = instanceNorm().axis(1);
                yield args.flag("affine", false) ? norm : norm.noAffine();
            }
            case "prelu" -> activationLayer(golden);
            case "dropout" -> dropout(args.number("p", 0.5));
            case "flatten" -> flatten();
            case "layer_norm" -> {
                LayerNorm norm =
                        layerNorm().axes(args.ints("normalized_shape").length).epsilon(args.number("eps", 1e-5));
                yield args.flag("elementwise_affine", true) ? norm : norm.noAffine();
            }
            default -> {
                BatchNorm norm = batchNorm().axis(1).epsilon(args.number("eps", 1e-5));
                boolean cumulative = args.json().has("momentum") && !args.has("momentum");
                norm = cumulative ? norm.cumulative() : norm.momentum(args.number("momentum", 0.1));
                yield args.flag("affine", true) ? norm : norm.noAffine();
            }
        };
    }

    /** The inputs of the layer, x first; weights that PyTorch's function takes as inputs are our variables. */
    private static List<Tensor> inputs(GoldenCase golden) {
        return golden.of("in").keySet().stream()
                .filter(name -> name.startsWith("x") || name.equals("offsets"))
                .sorted(Comparator.comparing(name -> name.equals("offsets")))
                .map(name -> golden.tensor("in." + name))
                .toList();
    }

    private static Layer channelsFirst(GoldenCase golden, Layer layer) {
        return golden.tensor("in.x").rank() < 3 ? layer : Sequential.of(permute(2, 1), layer, permute(2, 1));
    }

    /** Our variables by the manifest's roles. */
    private static Map<String, Variable> variables(GoldenCase golden, Layer layer) {
        Map<String, Variable> found = new LinkedHashMap<>();
        for (String kind : List.of("param", "buf", "in")) {
            for (String name : golden.of(kind).keySet()) {
                String ours = switch (golden.op()) {
                    case "linear", "bilinear" -> name.equals("weight") ? "kernel" : "bias";
                    case "embedding", "embedding_bag" -> "embeddings";
                    case "prelu" -> "alpha";
                    default -> NAMES.getOrDefault(name, name);
                };
                if (kind.equals("in") && !name.equals("weight")) {
                    continue;
                }
                layer.variables().forEach((path, variable) -> {
                    if (path.equals(ours) || path.endsWith("/" + ours)) {
                        found.put(kind + "." + name, variable);
                    }
                });
            }
        }
        return found;
    }

    /** PyTorch's linear weight is (out, in), our kernel (in, out); its bilinear one (out, a, b), ours (a, b, out). */
    private static Tensor oriented(GoldenCase golden, String role, Tensor value) {
        if (!role.endsWith("weight")) {
            return value;
        }
        boolean back = role.startsWith("g");
        return switch (golden.op()) {
            case "linear" -> value.transpose();
            case "bilinear" -> back ? value.permute(2, 0, 1) : value.permute(1, 2, 0);
            default -> value;
        };
    }

    private static Map<String, Tensor> gradients(GoldenCase golden, Map<String, Variable> variables, Tensor y) {
        Map<String, Tensor> sources = new LinkedHashMap<>();
        for (String kind : List.of("in", "param")) {
            for (String name : golden.of("g" + kind).keySet()) {
                Variable variable = variables.get(kind + "." + name);
                sources.put("g" + kind + "." + name, variable == null ? golden.tensor("in." + name) : variable.value());
            }
        }
        List<Tensor> each = Gradients.of(y, golden.tensor("gout.y"), List.copyOf(sources.values()));
        Map<String, Tensor> gradients = new HashMap<>();
        int i = 0;
        for (String role : sources.keySet()) {
            gradients.put(role, oriented(golden, role, each.get(i++)));
        }
        return gradients;
    }

    /** The layers of functions without variables, by PyTorch's names. */
    private static Layer activationLayer(GoldenCase golden) {
        Args args = golden.args();
        return switch (golden.op()) {
            case "celu" -> celu(args.number("alpha", 1));
            case "elu" -> elu(args.number("alpha", 1));
            case "gelu" -> activation(args.has("approximate") ? Activation.GELU_TANH : Activation.GELU);
            case "glu" -> channelsFirst(golden, glu());
            case "hardsigmoid" -> activation(Activation.HARD_SIGMOID);
            case "hardswish" -> activation(Activation.HARD_SWISH);
            case "hardtanh" -> activation(Activation.HARD_TANH);
            case "leaky_relu" -> leakyRelu(args.number("negative_slope", 0.01));
            case "log_softmax" -> lambda(x -> x.logSoftmax(args.integer("dim", -1)));
            case "logsigmoid" -> activation(Activation.LOG_SIGMOID);
            case "softmax" -> softmax(args.integer("dim", -1));
            case "softplus" -> softplus(args.number("beta", 1));
            case "prelu" -> channelsFirst(golden, args.has("num_parameters") ? prelu() : prelu().shared());
            default -> activation(Activation.valueOf(golden.op().toUpperCase(Locale.ROOT)));
        };
    }

    private static void activationInLayer(GoldenCase golden) {
        Tensor x = golden.tensor("in.x");
        Tensor y = activationLayer(golden).apply(x);
        Tensor g = Gradients.of(y, golden.tensor("gout.y"), List.of(x)).getFirst();
        Golden.check(golden, Map.of("y", y), Map.of("gin.x", g));
    }

    /** y = silu(x gate) (x up) down, where up and gate are the halves of one dense layer. */
    private static void swigluInParts(GoldenCase golden) {
        Tensor x = golden.tensor("in.x");
        Tensor up = golden.tensor("in.w_up").transpose();
        Tensor gate = golden.tensor("in.w_gate").transpose();
        Tensor down = golden.tensor("in.w_down").transpose();
        Dense first = dense(2 * up.dim(1)).noBias();
        first.kernelInitializer(Initializers.value(Tensor.concat(1, up, gate)));
        Dense last = dense(down.dim(1)).noBias().kernelInitializer(Initializers.value(down));
        Layer block = Sequential.of(first, swiglu(), last);
        block.dtype(golden.dtype());
        Tensor y = block.apply(x);
        List<Tensor> g = Gradients.of(
                y,
                golden.tensor("gout.y"),
                List.of(x, first.kernel().value(), last.kernel().value()));
        Tensor both = g.get(1).transpose();
        int half = up.dim(1);
        Map<String, Tensor> gradients = Map.of(
                "gin.x", g.get(0),
                "gin.w_up", both.narrow(0, 0, half),
                "gin.w_gate", both.narrow(0, half, half),
                "gin.w_down", g.get(2).transpose());
        Golden.check(golden, Map.of("y", y), gradients);
    }
}
