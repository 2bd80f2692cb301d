package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

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

    /** Not only that the cases could run there: the factories of the test classes are asked for the tests that they make. */
    @Test
    void everyCaseRunsOnEveryBackend() {
        Set<String> made = new TreeSet<>();
        CatalogueTests.golden().forEach(test -> names(test, made));
        Set<String> missing = new TreeSet<>();
        List<String> backends = GoldenTests.backends();
        assertTrue(
                backends.containsAll(List.of("interpreter", "tasks", "cpu", "guarded-PLAIN_JAVA")), backends::toString);
        for (GoldenTests tests : TESTS) {
            for (GoldenCase golden :
                    tests.equals(GoldenOptimizersTest.SCHEDULES) ? List.<GoldenCase>of() : tests.cases()) {
                backends.stream()
                        .map(backend -> golden.name() + " on " + backend)
                        .filter(name -> !made.contains(name))
                        .forEach(missing::add);
            }
        }
        for (Object suite : List.of(new InterpreterTest(), new TaskInterpreterTest(), new CpuBackendTest())) {
            Set<String> there = new TreeSet<>();
            names(suite, there);
            BackendSuite.golden("interpreter")
                    .map(test -> test.getDisplayName())
                    .filter(name -> !there.contains(name))
                    .forEach(
                            name -> missing.add(name + " in " + suite.getClass().getSimpleName()));
        }
        assertEquals(Set.of(), missing, "let the test make them, with onAllBackends() or BackendSuite");
    }

    private static void names(Object test, Set<String> names) {
        for (Method method : test.getClass().getDeclaredMethods()) {
            if (method.isAnnotationPresent(TestFactory.class)) {
                method.setAccessible(true);
                try {
                    names((Stream<?>) method.invoke(test), names);
                } catch (ReflectiveOperationException e) {
                    throw new LinkageError(e.getMessage(), e);
                }
            }
        }
    }

    private static void names(Stream<?> nodes, Set<String> names) {
        nodes.forEach(node -> {
            if (node instanceof DynamicContainer container) {
                if (container.getDisplayName().equals("golden")) {
                    names(container.getChildren(), names);
                }
            } else if (node instanceof DynamicTest test) {
                names.add(test.getDisplayName());
            }
        });
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
