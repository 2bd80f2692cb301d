package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No case of the manifest is forgotten: each is taken by a test, and {@link Golden#check} asks for every tensor of it. */
class GoldenCoverageTest {
    /** Entries that hold no tensors are taken by {@link GoldenInitializersTest}; whole models come with module {@code models}. */
    private static final Set<String> ELSEWHERE = Set.of("init", "models");

    private static final List<GoldenTests> TESTS = List.of(
            GoldenLayersTest.LAYERS,
            GoldenLayersTest.ACTIVATIONS,
            GoldenLayersTest.SWIGLU,
            ConvolutionLayersTest.CONVOLUTIONS,
            ConvolutionLayersTest.WITHOUT_WEIGHTS,
            GoldenAttentionTest.ALL,
            GoldenRecurrentTest.ALL,
            GoldenLossesTest.ALL,
            GoldenOptimizersTest.RULES,
            GoldenOptimizersTest.CLIPS,
            GoldenOptimizersTest.SCHEDULES);

    @Test
    void everyCaseOfEveryFileIsTaken() {
        Set<String> taken = new TreeSet<>();
        BackendSuite.golden("interpreter").forEach(test -> taken.add(test.getDisplayName()));
        TESTS.forEach(tests -> tests.cases().forEach(golden -> taken.add(golden.name())));
        Map<String, Set<String>> missing = new TreeMap<>();
        for (JsonElement element : Golden.manifest().getAsJsonArray("cases")) {
            JsonObject entry = element.getAsJsonObject();
            String name = entry.get("name").getAsString();
            if (!ELSEWHERE.contains(entry.get("group").getAsString()) && !taken.contains(name)) {
                missing.computeIfAbsent(entry.get("file").getAsString(), file -> new TreeSet<>())
                        .add(name);
            }
        }
        assertEquals(Map.of(), missing, "map them in OpCases, or let a golden test take them");
    }

    @Test
    void everyTestTakesCases() {
        List<Integer> counts = Stream.of(
                        "ops", "activations", "layers", "norm", "rnn", "attention", "losses", "optim", "chains")
                .map(group -> Golden.cases(Set.of(group)).size())
                .toList();
        assertEquals(List.of(380, 72, 110, 34, 50, 44, 124, 74, 14), counts);
        TESTS.forEach(tests -> assertEquals(false, tests.cases().isEmpty(), tests.toString()));
    }
}
