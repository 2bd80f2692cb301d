package dev.lamina.core.compiler;

import static java.util.Objects.requireNonNull;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Variable;
import dev.lamina.core.backend.Backends;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A user's graph taken apart: its structure, and where each run finds its data.
 *
 * @param graph the structure, without data
 * @param key the structure to look plans up with
 * @param sources for each graph input the elements, or a placeholder's own slot (null there)
 */
record Binding(List<Node> order, Map<Node, Integer> slots, List<Node> outputs, List<Integer> targets, GraphKey key) {

    /**
     * @param outputs what is computed
     * @param updated for each output the variable it is stored in, or nothing (an empty list if there are no updates)
     * @param placeholders inputs that the caller feeds; they get the first slots
     */
    static Binding of(List<Node> outputs, List<Variable> updated, List<Node> placeholders) {
        Map<Node, Integer> slots = new IdentityHashMap<>();
        placeholders.forEach(node -> slots.put(node, slots.size()));
        List<Node> order = Nodes.order(outputs, node -> node.value() != null);
        for (Node node : order) {
            if (isData(node)) {
                slots.putIfAbsent(node, slots.size());
            } else if (node.op() instanceof Leaf.Read read) {
                requireFresh(read);
                slots.putIfAbsent(node, slots.size());
            } else if (node.op() instanceof Leaf.Input && !slots.containsKey(node)) {
                throw new LaminaException("evaluate: expected tensors with values, got a placeholder " + node.dtype()
                        + " " + node.shape() + "; placeholders get their values from a Plan's Execution");
            }
        }
        Map<Variable, Integer> reads = new HashMap<>();
        slots.forEach((node, slot) -> {
            if (!isData(node) && node.op() instanceof Leaf.Read read) {
                reads.put(read.variable(), slot);
            }
        });
        List<Integer> targets = new ArrayList<>();
        int plain = outputs.size() - updated.size();
        for (int i = 0; i < outputs.size(); i++) {
            targets.add(i < plain ? Integer.valueOf(-1) : reads.getOrDefault(updated.get(i - plain), -1));
        }
        GraphKey key = new GraphKey(Backends.current().name(), order, slots, outputs, targets);
        return new Binding(order, slots, outputs, targets, key);
    }

    /** The structure alone: every fed node is a fresh placeholder. */
    Graph graph() {
        Node[] inputs = new Node[slots.size()];
        slots.forEach((node, slot) -> inputs[slot] = new Node(new Leaf.Input(), List.of(), node.shape(), node.dtype()));
        Map<Node, Node> copies = Nodes.rewrite(order, (node, in) -> {
            Integer slot = slots.get(node);
            return slot != null ? inputs[slot] : Nodes.with(node, in);
        });
        return new Graph(List.of(inputs), outputs.stream().map(copies::get).toList(), targets);
    }

    /** Where each run finds its data, by slot; placeholders are left to the caller. */
    MemorySegment[] sources() {
        MemorySegment[] result = new MemorySegment[slots.size()];
        slots.forEach((node, slot) -> {
            if (isData(node)) {
                result[slot] = requireNonNull(node.value()).segment();
            } else if (node.op() instanceof Leaf.Read read) {
                result[slot] = read.variable().target();
            }
        });
        return result;
    }

    /**
     * Whether a node's elements are those that it was evaluated to. The current value of a variable is read from the variable
     * even if somebody looked at it: a plan is replayed after the variable has changed.
     */
    private static boolean isData(Node node) {
        return node.value() != null
                && !(node.op() instanceof Leaf.Read read
                        && read.version() == read.variable().version());
    }

    private static void requireFresh(Leaf.Read read) {
        if (read.version() != read.variable().version()) {
            throw new LaminaException(
                    "evaluate: expected the current value of variable '"
                            + read.variable().name() + "' (version "
                            + read.variable().version() + "), got a tensor built from version " + read.version()
                            + "; evaluate it before the variable is assigned, for instance loss.evaluate() before optimizer.step");
        }
    }
}
