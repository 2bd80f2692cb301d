package dev.lamina.core.compiler;

import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph in two parts: what depends only on inputs that stay the same for many runs, such as the factors of a batch normalization in
 * {@code predict}, and the rest, which gets these values as further inputs.
 *
 * @param once computes the further inputs
 * @param rest what each run computes
 */
public record Prologue(Graph once, Graph rest) {
    /** Takes a graph apart. */
    public static Prologue of(Graph graph) {
        if (graph.fed() == graph.inputs().size()) {
            return new Prologue(new Graph(graph.inputs(), List.of()), graph);
        }
        List<Node> order = graph.nodes();
        Map<Node, Long> limits = limits(graph, order);
        Map<Node, Node> values = new LinkedHashMap<>();
        Map<Node, Node> copies = Nodes.rewrite(order, (node, inputs) -> {
            if (!isWorthKeeping(node, limits)) {
                return Nodes.with(node, inputs);
            }
            Node place = new Node(new Leaf.Input(), List.of(), node.shape(), node.dtype());
            values.put(place, node);
            return place;
        });
        // What a run hands out it computes itself.
        List<Node> outputs = graph.outputs().stream()
                .map(output -> limits.containsKey(output) ? output : copies.get(output))
                .toList();
        values.keySet().retainAll(Set.copyOf(Nodes.order(outputs)));
        List<Node> inputs = new ArrayList<>(graph.inputs());
        inputs.addAll(values.keySet());
        return new Prologue(
                new Graph(
                        graph.inputs(),
                        List.copyOf(values.values()),
                        noTargets(values.size()),
                        graph.inputs().size()),
                new Graph(inputs, outputs, graph.targets(), graph.fed()));
    }

    private static List<Integer> noTargets(int count) {
        return Collections.nCopies(count, -1);
    }

    /** For each node that depends on no other inputs than those that stay: the size of the largest of them. */
    private static Map<Node, Long> limits(Graph graph, List<Node> order) {
        Map<Node, Long> limits = new HashMap<>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            if (graph.stays(i)) {
                Node input = graph.inputs().get(i);
                limits.put(input, input.shape().size());
            }
        }
        for (Node node : order) {
            boolean stays = !(node.op() instanceof Leaf.Input);
            long limit = 0;
            for (Node input : node.inputs()) {
                stays &= limits.containsKey(input);
                limit = Math.max(limit, limits.getOrDefault(input, 0L));
            }
            if (stays) {
                limits.put(node, limit);
            }
        }
        return limits;
    }

    /** Views cost nothing, and what is larger than all that it is computed from is better computed where it is used. */
    private static boolean isWorthKeeping(Node node, Map<Node, Long> limits) {
        boolean moves =
                node.op() instanceof View && !(node.op() instanceof View.Pad || node.op() instanceof View.Concat);
        return !moves && !(node.op() instanceof Leaf) && node.shape().size() <= limits.getOrDefault(node, -1L);
    }
}
