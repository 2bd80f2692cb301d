package dev.lamina.core.op;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** Walks over graphs. None recurses, so that deep graphs do not overflow the stack. */
public final class Nodes {
    private static final int EXPECTED = 32;

    /** In place of the position of a node whose inputs come first. */
    private static final int OPEN = Integer.MAX_VALUE;

    private Nodes() {}

    /**
     * Nodes, inputs before users.
     *
     * @param nodes in order
     * @param positions where each is
     */
    public record Order(List<Node> nodes, NodeTable positions) {}

    /** All nodes that the roots need, inputs before users. */
    public static List<Node> order(Collection<Node> roots) {
        return order(roots, node -> false);
    }

    /** All nodes that the roots need, inputs before users; does not look behind nodes at which the test says stop. */
    public static List<Node> order(Collection<Node> roots, Predicate<Node> stop) {
        return ordered(roots, stop).nodes;
    }

    /** The same with the positions of the nodes. */
    public static Order ordered(Collection<Node> roots, Predicate<Node> stop) {
        List<Node> result = new ArrayList<>(4 * EXPECTED);
        NodeTable positions = new NodeTable(4 * EXPECTED);
        List<Node> stack = new ArrayList<>(EXPECTED);
        for (Node root : roots) {
            stack.add(root);
            while (!stack.isEmpty()) {
                Node node = stack.getLast();
                int position = positions.get(node);
                if (position == NodeTable.NONE && !node.inputs().isEmpty() && !stop.test(node)) {
                    positions.put(node, OPEN);
                    List<Node> inputs = node.inputs();
                    for (int i = inputs.size() - 1; i >= 0; i--) {
                        if (positions.get(inputs.get(i)) == NodeTable.NONE) {
                            stack.add(inputs.get(i));
                        }
                    }
                    continue;
                }
                stack.removeLast();
                if (position == NodeTable.NONE || position == OPEN) {
                    positions.put(node, result.size());
                    result.add(node);
                }
            }
        }
        return new Order(result, positions);
    }

    /** Builds every node anew: the function gets a node and its new inputs. Returns the map from old to new. */
    public static Map<Node, Node> rewrite(List<Node> order, BiFunction<Node, List<Node>, Node> rule) {
        Map<Node, Node> copies = new HashMap<>();
        for (Node node : order) {
            List<Node> inputs = new ArrayList<>(node.inputs().size());
            for (Node input : node.inputs()) {
                inputs.add(copies.getOrDefault(input, input));
            }
            copies.put(node, rule.apply(node, inputs));
        }
        return copies;
    }

    /** The node with the same inputs replaced; the very node if nothing changed. */
    public static Node with(Node node, List<Node> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) != node.input(i)) {
                return node.withInputs(List.copyOf(inputs));
            }
        }
        return node;
    }

    /**
     * Copies what lies between the replaced nodes and the root. The frontier receives the nodes that copies read and that
     * are no copies themselves, replacements included.
     */
    static Node copy(Node root, Map<Node, Node> replacements, List<Node> frontier) {
        Map<Node, Node> copies = new HashMap<>(replacements);
        Set<Node> seen = new HashSet<>();
        for (Node node : order(List.of(root), replacements::containsKey)) {
            if (copies.containsKey(node)) {
                continue;
            }
            boolean changed = node.inputs().stream().anyMatch(copies::containsKey);
            if (!changed) {
                continue;
            }
            List<Node> inputs = new ArrayList<>();
            for (Node input : node.inputs()) {
                Node copy = copies.getOrDefault(input, input);
                inputs.add(copy);
                boolean outside = copy == input || replacements.get(input) == copy;
                if (outside && seen.add(copy)) {
                    frontier.add(copy);
                }
            }
            copies.put(node, node.withInputs(List.copyOf(inputs)));
        }
        return copies.getOrDefault(root, root);
    }
}
