package dev.lamina.testkit;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.data.Safetensors;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The golden fixtures: reference values of another framework with the rule that says what passes. */
public final class Golden {
    private static final Map<String, Map<String, Tensor>> FILES = new HashMap<>();

    private Golden() {}

    /** All cases of these groups, in the order of the manifest; without the entries that hold no tensors. */
    public static List<GoldenCase> cases(Set<String> groups) {
        List<GoldenCase> cases = new ArrayList<>();
        for (JsonElement element : manifest().getAsJsonArray("cases")) {
            JsonObject entry = element.getAsJsonObject();
            if (groups.contains(entry.get("group").getAsString()) && entry.has("file")) {
                cases.add(read(entry));
            }
        }
        return cases;
    }

    /** The manifest as it is. */
    public static JsonObject manifest() {
        try (Reader reader = Files.newBufferedReader(Shared.path("golden/manifest.json"))) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static GoldenCase read(JsonObject entry) {
        String name = entry.get("name").getAsString();
        Map<String, Tensor> file = file(entry.get("file").getAsString());
        Map<String, Tensor> tensors = new TreeMap<>();
        for (JsonElement role : entry.getAsJsonArray("tensors")) {
            Tensor tensor = file.get(name + "/" + role.getAsString());
            if (tensor == null) {
                throw new IllegalStateException(name + ": expected the tensor " + role + " in " + entry.get("file")
                        + ", got none; generate the fixtures again");
            }
            tensors.put(role.getAsString(), tensor);
        }
        return new GoldenCase(
                name,
                entry.get("group").getAsString(),
                entry.get("op").getAsString(),
                new Args(entry.getAsJsonObject("args")),
                DType.valueOf(entry.get("dtype").getAsString()),
                entry.get("rtol").getAsDouble(),
                entry.get("atol").getAsDouble(),
                tensors);
    }

    private static synchronized Map<String, Tensor> file(String name) {
        return FILES.computeIfAbsent(
                name, key -> Safetensors.read(Shared.path("golden/" + key)).tensors());
    }

    /**
     * Compares computed outputs and gradients with those of the case.
     *
     * @param outputs by role without {@code out.}
     * @param gradients by role as the manifest writes it: {@code gin.x}, {@code gparam.weight}
     * @throws AssertionError that names case, role, index, expected, got and the largest error of every wrong tensor
     */
    public static void check(GoldenCase golden, Map<String, Tensor> outputs, Map<String, Tensor> gradients) {
        Map<String, Tensor> got = new TreeMap<>(gradients);
        outputs.forEach((role, tensor) -> got.put("out." + role, tensor));
        List<String> wrong = new ArrayList<>();
        for (String role : golden.tensors().keySet()) {
            if (role.startsWith("out.") || role.startsWith("gin.") || role.startsWith("gparam.")) {
                compare(golden, role, Optional.ofNullable(got.remove(role))).ifPresent(wrong::add);
            }
        }
        if (!got.isEmpty()) {
            wrong.add("roles that the fixture does not have: " + got.keySet());
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(wrong.stream().collect(Collectors.joining("\n  ", golden.name() + ":\n  ", "")));
        }
    }

    /** Compares one tensor with that of a role, with the tolerances of the case. */
    public static Optional<String> compare(GoldenCase golden, String role, Optional<Tensor> got) {
        if (got.isEmpty()) {
            return Optional.of("role " + role + ": expected a tensor, got none");
        }
        Tensor expected = expected(golden, role);
        if (expected.dtype().isFloat()) {
            String kind = golden.dtype() == DType.F64 ? "f64 " : "f32 ";
            Measured.note(kind + golden.op(), got.get().toDoubleArray(), expected.toDoubleArray());
        }
        return Values.difference(got.get(), expected, golden.rtol(), golden.atol())
                .map(text -> "role " + role + ", " + text);
    }

    /**
     * The reference value. PyTorch 1.13 multiplies the gradient of hardsigmoid by {@code 1.0f / 6.0f} in float64 as well,
     * which is off by 3e-8; that factor is taken out again, so that the case is held to its tolerance.
     */
    private static Tensor expected(GoldenCase golden, String role) {
        Tensor expected = golden.tensor(role);
        boolean rounded = golden.name().equals("hardsigmoid.f64") && role.equals("gin.x");
        return rounded ? expected.div(6 * (double) (1.0f / 6.0f)) : expected;
    }

    /**
     * Gradients of the sum over outputs of (output * upstream), for every {@code gin.} and {@code gparam.} of the case.
     *
     * @param outputs by role without {@code out.}
     * @return gradients by the manifest's role
     */
    public static Map<String, Tensor> gradients(GoldenCase golden, Map<String, Tensor> outputs) {
        Map<String, Tensor> sources = new TreeMap<>();
        golden.of("gin").keySet().forEach(name -> sources.put("gin." + name, golden.tensor("in." + name)));
        golden.of("gparam").keySet().forEach(name -> sources.put("gparam." + name, golden.tensor("param." + name)));
        SortedMap<String, Tensor> upstreams = golden.of("gout");
        if (sources.isEmpty()) {
            return Map.of();
        }
        Map<String, Tensor> sums = new TreeMap<>();
        List<Tensor> xs = List.copyOf(sources.values());
        for (Map.Entry<String, Tensor> upstream : upstreams.entrySet()) {
            List<Tensor> each = Gradients.of(outputs.get(upstream.getKey()), upstream.getValue(), xs);
            int i = 0;
            for (String role : sources.keySet()) {
                sums.merge(role, each.get(i++), Tensor::add);
            }
        }
        return sums;
    }
}
