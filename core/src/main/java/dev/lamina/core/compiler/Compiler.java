package dev.lamina.core.compiler;

import dev.lamina.core.backend.Backend;
import dev.lamina.core.backend.Program;
import dev.lamina.core.op.Body;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * Runs the passes over a graph and hands it to a backend. {@code -Dlamina.trace=passes} logs each pass with node counts and time,
 * {@code -Dlamina.check=true} checks the graph after each.
 */
public final class Compiler {
    /** A named step from graph to graph, for a backend. */
    private record Pass(String name, BiFunction<Graph, Backend, Graph> step) {}

    private static final Pass EXPAND =
            new Pass("expand", (graph, backend) -> withBodies(graph, part -> Expand.run(part, backend)));
    private static final List<Pass> PASSES = List.of(
            EXPAND,
            new Pass("simplify", (graph, backend) -> withBodies(graph, Simplify::run)),
            new Pass("prune", (graph, backend) -> pruned(graph)));

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

    /** What pruning leaves of scans is simplified again. */
    private static Graph pruned(Graph graph) {
        boolean scans = graph.nodes().stream().anyMatch(node -> node.op() instanceof Fused.Scan);
        return scans ? withBodies(withBodies(graph, PruneScans::run), Simplify::run) : graph;
    }

    /** Applies a pass to a graph and to the bodies of its scans. */
    private static Graph withBodies(Graph graph, UnaryOperator<Graph> pass) {
        Graph done = pass.apply(graph);
        List<Node> order = done.nodes();
        if (order.stream().noneMatch(node -> node.op() instanceof Fused.Scan)) {
            return done;
        }
        Map<Node, Node> copies = Nodes.rewrite(order, (node, inputs) -> {
            if (node.op() instanceof Fused.Scan scan) {
                Body body = scan.body();
                Graph step = withBodies(new Graph(body.inputs(), body.results()), pass);
                Fused.Scan op = new Fused.Scan(body.withResults(step.outputs()), scan.steps(), scan.reversed());
                return new Node(op, List.copyOf(inputs), node.shape(), node.dtype());
            }
            return Nodes.with(node, inputs);
        });
        return done.withOutputs(done.outputs().stream().map(copies::get).toList());
    }

    private static void log(String pass, int before, String after, long start) {
        long micros = (System.nanoTime() - start) / 1000;
        System.getLogger("dev.lamina")
                .log(System.Logger.Level.INFO, "pass {0}: {1} nodes -> {2}, {3} us", pass, before, after, micros);
    }
}
