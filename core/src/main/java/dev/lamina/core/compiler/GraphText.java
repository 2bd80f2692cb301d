package dev.lamina.core.compiler;

import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Graphs as text, one node a line, inputs before users. */
public final class GraphText {
    private GraphText() {}

    /** The graph behind the roots. */
    public static String of(List<Node> roots) {
        StringBuilder text = new StringBuilder();
        Map<Node, Integer> numbers = new HashMap<>();
        for (Node node : Nodes.order(roots)) {
            int number = numbers.size();
            numbers.put(node, number);
            text.append('%').append(number).append(" = ").append(node.op());
            node.inputs().forEach(input -> text.append(" %").append(numbers.get(input)));
            text.append("  : ").append(node.dtype()).append(' ').append(node.shape());
            text.append(node.value() != null ? "  (evaluated)" : "").append('\n');
        }
        return text.toString();
    }
}
