package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.testkit.FuzzGraph.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * Differential test: random graphs give the same on a backend as on the interpreter, within bounds that follow from dtype
 * and depth.
 *
 * <p>{@code -Dlamina.fuzz=N} runs N graphs, {@code -Dlamina.fuzz.seed=S} starts at another seed: a failure prints its seed,
 * and {@code -Dlamina.fuzz=1 -Dlamina.fuzz.seed=S} repeats it.
 */
public final class GraphFuzz {
    private GraphFuzz() {}

    /** How many graphs a run takes: {@code lamina.fuzz}, or 2,000. */
    public static int count() {
        return Integer.getInteger("lamina.fuzz", 2000);
    }

    /** The first seed of a run: {@code lamina.fuzz.seed}, or 1. */
    public static long firstSeed() {
        return Long.getLong("lamina.fuzz.seed", 1);
    }

    /** Tests of some seeds each, from the first seed of a run on. */
    static Stream<DynamicNode> tests(int count, int perTest, LongConsumer check) {
        long first = firstSeed();
        return IntStream.iterate(0, i -> i < count, i -> i + perTest).mapToObj(i -> {
            long from = first + i;
            long to = first + Math.min(count, i + perTest);
            return dynamicTest("seeds " + from + " to " + (to - 1), () -> {
                for (long seed = from; seed < to; seed++) {
                    check.accept(seed);
                }
            });
        });
    }

    /**
     * Compares the graph of a seed.
     *
     * @throws AssertionError with the seed, the first differing value and the text of the smallest graph that differs
     */
    public static void check(String backend, long seed) {
        Optional<String> difference = difference(backend, seed, Integer.MAX_VALUE);
        if (difference.isEmpty()) {
            return;
        }
        int steps = 0;
        while (steps < 19 && difference(backend, seed, steps).isEmpty()) {
            steps++;
        }
        throw new AssertionError("fuzz seed " + seed + " on " + backend + ": " + difference.get() + "\nsmallest graph, "
                + steps + " steps: " + difference(backend, seed, steps).orElse("(only the whole graph differs)") + "\n"
                + text(seed, steps) + "repeat with -Dlamina.fuzz=1 -Dlamina.fuzz.seed=" + seed);
    }

    private static Optional<String> difference(String backend, long seed, int steps) {
        List<Output> expected;
        List<Output> got;
        try {
            expected = OnBackend.of("interpreter", () -> evaluated(seed, steps));
            got = OnBackend.of(backend, () -> evaluated(seed, steps));
        } catch (RuntimeException | Error e) {
            return Optional.of(e + " at "
                    + List.of(e.getStackTrace()).subList(0, Math.min(6, e.getStackTrace().length)));
        }
        for (int i = 0; i < expected.size(); i++) {
            Optional<String> text = compare(got.get(i), expected.get(i));
            if (text.isPresent()) {
                return Optional.of("output " + i + ", " + text.get());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> compare(Output got, Output expected) {
        double allowed = expected.error();
        if (expected.relative() > 0) {
            double largest = 1;
            for (double value : expected.tensor().toDoubleArray()) {
                largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
            }
            allowed = expected.relative() * largest;
        }
        return Values.difference(got.tensor(), expected.tensor(), 0, allowed);
    }

    /** Outputs and new values of variables, computed in one run. */
    private static List<Output> evaluated(long seed, int steps) {
        FuzzGraph.Built graph = FuzzGraph.of(seed, steps);
        List<Tensor> outputs = graph.outputs().stream().map(Output::tensor).toList();
        List<Output> results = new ArrayList<>(graph.outputs());
        if (graph.updates().isEmpty()) {
            Tensor.evaluateAll(outputs.toArray(Tensor[]::new));
            return results;
        }
        Map<Variable, Tensor> updates = new LinkedHashMap<>();
        graph.updates().forEach((variable, next) -> updates.put(variable, next.tensor()));
        Variable.assignAll(updates, outputs);
        graph.updates()
                .forEach((variable, next) ->
                        results.add(new Output(variable.value().evaluate(), next.error(), next.relative())));
        return results;
    }

    private static String text(long seed, int steps) {
        StringBuilder text = new StringBuilder();
        FuzzGraph.Built graph = FuzzGraph.of(seed, steps);
        graph.outputs().forEach(output -> text.append(output.tensor().debug()).append('\n'));
        graph.updates()
                .forEach((variable, next) -> text.append(variable.name())
                        .append(" <-\n")
                        .append(next.tensor().debug())
                        .append('\n'));
        return text.toString();
    }
}
