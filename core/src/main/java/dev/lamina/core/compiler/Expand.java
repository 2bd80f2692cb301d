package dev.lamina.core.compiler;

import dev.lamina.core.backend.Backend;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.util.List;
import java.util.Map;

/** Puts the definition in the place of each fused op that the backend does not claim. */
final class Expand {
    private Expand() {}

    static Graph run(Graph graph, Backend backend) {
        Graph current = graph;
        // A definition may be written with other fused ops.
        while (current.nodes().stream().anyMatch(node -> isUnknown(node, backend))) {
            Map<Node, Node> copies = Nodes.rewrite(current.nodes(), (node, inputs) -> {
                Node copy = Nodes.with(node, inputs);
                return copy.op() instanceof Fused fused && isUnknown(copy, backend)
                        ? fused.definition(copy).node()
                        : copy;
            });
            List<Node> outputs = current.outputs().stream().map(copies::get).toList();
            current = current.withOutputs(outputs);
        }
        return current;
    }

    private static boolean isUnknown(Node node, Backend backend) {
        boolean lowered = node.op() instanceof Fused.Scan && !backend.isOracle();
        return node.op() instanceof Fused && !lowered && !backend.claims(node);
    }
}
