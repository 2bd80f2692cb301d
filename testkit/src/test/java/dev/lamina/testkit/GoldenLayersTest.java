package dev.lamina.testkit;

import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.layerNorm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.LayerNorm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Layers against PyTorch's: outputs, gradients of inputs and parameters, running statistics. */
class GoldenLayersTest {
    private static final Set<String> OPS =
            Set.of("linear", "embedding", "dropout", "flatten", "batch_norm1d", "batch_norm2d", "layer_norm");

    /** PyTorch's names of our variables. */
    private static final Map<String, String> NAMES = Map.of(
            "weight", "gamma",
            "bias", "beta",
            "running_mean", "running_mean",
            "running_var", "running_variance",
            "num_batches_tracked", "batches");

    @TestFactory
    Stream<DynamicNode> layers() {
        return Stream.of("interpreter", "cpu")
                .flatMap(backend -> Golden.cases(Set.of("layers", "norm")).stream()
                        .filter(golden -> OPS.contains(golden.op()))
                        .map(golden -> dynamicTest(
                                golden.name() + " on " + backend,
                                () -> OnBackend.of(backend, () -> {
                                    check(golden);
                                    return true;
                                }))));
    }

    private static void check(GoldenCase golden) {
        Layer layer = layer(golden);
        layer.dtype(golden.dtype());
        Tensor x = golden.tensor("in.x");
        layer.apply(x);
        Map<String, Variable> variables = variables(golden, layer);
        Map<Variable, Tensor> values = new HashMap<>();
        variables.forEach((role, variable) -> values.put(variable, oriented(golden, role, golden.tensor(role))));
        Variable.assignAll(values, List.of());
        Map<String, Tensor> outputs = new HashMap<>();
        Map<String, Tensor> gradients = new HashMap<>();
        Runnable pass = () -> {
            Tensor y = layer.apply(x);
            outputs.put("y", y);
            gradients.putAll(gradients(golden, variables, x, y));
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

    /** Our variables by the manifest's roles. */
    private static Map<String, Variable> variables(GoldenCase golden, Layer layer) {
        Map<String, Variable> found = new LinkedHashMap<>();
        for (String kind : List.of("param", "buf")) {
            for (String name : golden.of(kind).keySet()) {
                String ours = switch (golden.op()) {
                    case "linear" -> name.equals("weight") ? "kernel" : "bias";
                    case "embedding" -> "embeddings";
                    default -> NAMES.get(name);
                };
                found.put(kind + "." + name, layer.variables().get(ours));
            }
        }
        return found;
    }

    /** PyTorch's linear weight is (out, in), our kernel (in, out). */
    private static Tensor oriented(GoldenCase golden, String role, Tensor value) {
        return golden.op().equals("linear") && role.endsWith("weight") ? value.transpose() : value;
    }

    private static Map<String, Tensor> gradients(
            GoldenCase golden, Map<String, Variable> variables, Tensor x, Tensor y) {
        Map<String, Tensor> sources = new LinkedHashMap<>();
        if (golden.tensors().containsKey("gin.x")) {
            sources.put("gin.x", x);
        }
        golden.of("gparam")
                .keySet()
                .forEach(name -> sources.put(
                        "gparam." + name, variables.get("param." + name).value()));
        List<Tensor> each = Gradients.of(y, golden.tensor("gout.y"), List.copyOf(sources.values()));
        Map<String, Tensor> gradients = new HashMap<>();
        int i = 0;
        for (String role : sources.keySet()) {
            gradients.put(role, oriented(golden, role, each.get(i++)));
        }
        return gradients;
    }
}
