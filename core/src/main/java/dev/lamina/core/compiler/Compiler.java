package dev.lamina.core.compiler;

import dev.lamina.core.backend.Backend;
import dev.lamina.core.backend.Program;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Runs the passes over a graph and hands it to a backend. {@code -Dlamina.trace=passes} logs each pass with node counts and time,
 * {@code -Dlamina.check=true} checks the graph after each.
 */
public final class Compiler {
    /** A named step from graph to graph, for a backend. */
    private record Pass(String name, BiFunction<Graph, Backend, Graph> step) {}

    private static final Pass EXPAND = new Pass("expand", Expand::run);
    private static final List<Pass> PASSES =
            List.of(EXPAND, new Pass("simplify", (graph, backend) -> Simplify.run(graph)));

    private Compiler() {}

    /** Compiles a graph for a backend. */
    public static Program compile(Graph graph, Backend backend) {
        boolean traced = System.getProperty("lamina.trace", "").contains("passes");
        boolean checked = Boolean.getBoolean("lamina.check");
        Graph current = graph;
        if (checked) {
            GraphCheck.check(current, "trace");
        }
        for (Pass pass : backend.isOracle() ? List.of(EXPAND) : PASSES) {
            long start = System.nanoTime();
            Graph next = pass.step().apply(current, backend);
            if (checked) {
                GraphCheck.check(next, pass.name());
            }
            if (traced) {
                log(pass.name(), current.nodes().size(), next.nodes().size() + " nodes", start);
            }
            current = next;
        }
        long start = System.nanoTime();
        Program program = backend.compile(current);
        if (traced) {
            log("compile for " + backend.name(), current.nodes().size(), "\n" + program.describe(), start);
        }
        return program;
    }

    private static void log(String pass, int before, String after, long start) {
        long micros = (System.nanoTime() - start) / 1000;
        System.getLogger("dev.lamina")
                .log(System.Logger.Level.INFO, "pass {0}: {1} nodes -> {2}, {3} us", pass, before, after, micros);
    }
}
