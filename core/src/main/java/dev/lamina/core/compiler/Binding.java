package dev.lamina.core.compiler;

import static java.util.Objects.requireNonNull;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Variable;
import dev.lamina.core.backend.Backends;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.NodeTable;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A user's graph taken apart: its structure, and where each run finds its data. */
final class Binding {
    private static final Integer NO_TARGET = -1;

    /** The nodes; nothing behind those that have values. */
    private final Nodes.Order order;

    /** For each node in order the slot that it is fed through, or -1. */
    private final int[] slots;

    /** The nodes that are fed, by slot. */
    private final List<Node> inputs;

    private final List<Node> outputs;

    /** How many of the first inputs may differ in each run. */
    private final int fed;

    /** For each output the slot that it updates in place, or -1. */
    private final List<Integer> targets;

    private final GraphKey key;

    private Binding(
            Nodes.Order order, int[] slots, List<Node> inputs, List<Node> outputs, List<Integer> targets, int fed) {
        this.order = order;
        this.slots = slots;
        this.inputs = inputs;
        this.outputs = outputs;
        this.targets = targets;
        this.fed = fed;
        key = new GraphKey(Backends.current().name(), order, slots, outputs, targets, inputs.subList(0, fed));
    }

    /**
     * @param outputs what is computed
     * @param updated for each of the last outputs the variable it is stored in (an empty list if there are no updates)
     * @param placeholders inputs that the caller feeds; they get the first slots
     * @param replayed whether many runs follow, for which what they read of variables and data stays
     */
    static Binding of(List<Node> outputs, List<Variable> updated, List<Node> placeholders, boolean replayed) {
        Nodes.Order order = Nodes.ordered(outputs, Binding::isEvaluated);
        int[] slots = new int[order.nodes().size()];
        Arrays.fill(slots, -1);
        List<Node> inputs = new ArrayList<>(placeholders);
        for (int i = 0; i < placeholders.size(); i++) {
            int at = order.positions().get(placeholders.get(i));
            if (at != NodeTable.NONE) {
                slots[at] = i;
            }
        }
        Map<Variable, Integer> reads = new HashMap<>();
        for (int i = 0; i < slots.length; i++) {
            Node node = order.nodes().get(i);
            if (slots[i] < 0 && isFed(node)) {
                slots[i] = inputs.size();
                inputs.add(node);
                if (!updated.isEmpty() && node.op() instanceof Leaf.Read read && !isData(node)) {
                    reads.put(read.variable(), slots[i]);
                }
            }
        }
        List<Integer> targets = new ArrayList<>(Collections.nCopies(outputs.size() - updated.size(), NO_TARGET));
        updated.forEach(variable -> targets.add(reads.getOrDefault(variable, NO_TARGET)));
        return new Binding(order, slots, inputs, outputs, targets, replayed ? placeholders.size() : inputs.size());
    }

    /** The structure to look programs up with. */
    GraphKey key() {
        return key;
    }

    /** The structure alone: every fed node is a fresh placeholder. */
    Graph graph() {
        List<Node> fresh = inputs.stream()
                .map(node -> new Node(new Leaf.Input(), List.of(), node.shape(), node.dtype()))
                .toList();
        Map<Node, Node> copies = Nodes.rewrite(order.nodes(), (node, in) -> {
            int slot = slots[order.positions().get(node)];
            return slot >= 0 ? fresh.get(slot) : Nodes.with(node, in);
        });
        return new Graph(fresh, outputs.stream().map(copies::get).toList(), targets, fed);
    }

    /** The variables that are read and not updated. */
    Variable[] reads() {
        List<Variable> reads = new ArrayList<>();
        for (int i = fed; i < inputs.size(); i++) {
            Node node = inputs.get(i);
            if (!targets.contains(i) && !isData(node) && node.op() instanceof Leaf.Read read) {
                reads.add(read.variable());
            }
        }
        return reads.toArray(Variable[]::new);
    }

    /** Where each run finds its data, by slot; placeholders are left to the caller. */
    MemorySegment[] sources() {
        MemorySegment[] result = new MemorySegment[inputs.size()];
        for (int i = 0; i < result.length; i++) {
            Node node = inputs.get(i);
            if (isData(node)) {
                result[i] = requireNonNull(node.value()).segment();
            } else if (node.op() instanceof Leaf.Read read) {
                result[i] = read.variable().target();
            }
        }
        return result;
    }

    /** Whether a node gets its elements from outside. A placeholder that nobody feeds is an error. */
    private static boolean isFed(Node node) {
        if (isData(node)) {
            return true;
        }
        if (node.op() instanceof Leaf.Read read) {
            requireFresh(read);
            return true;
        }
        if (node.op() instanceof Leaf.Input) {
            throw new LaminaException("evaluate: expected tensors with values, got a placeholder " + node.dtype() + " "
                    + node.shape() + "; placeholders get their values from a Plan's Execution");
        }
        return false;
    }

    /**
     * Whether a node has elements. Neighbouring rows of evaluated elements have them too: they are a part of that memory. So
     * where a batch begins is no part of a plan, and a loop over the batches of a data set compiles once.
     */
    private static boolean isEvaluated(Node node) {
        if (node.value() == null && node.op() instanceof View.Slice slice && isData(node.input(0))) {
            long start = SharedRows.start(node.input(0).shape(), slice, node.shape());
            if (start >= 0) {
                long bytes = node.dtype().bytes();
                node.value(requireNonNull(node.input(0).value())
                        .slice(start * bytes, node.shape().size() * bytes));
            }
        }
        return node.value() != null;
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
