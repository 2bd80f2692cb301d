package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.op.Body;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.Packed;
import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Scans give away all that their gradients might want. This pass keeps of each scan the outputs that somebody reads, the carries that
 * these depend on, and the inputs that are left.
 */
final class PruneScans {
    /** For each scan the parts that are read. */
    private final Map<Node, BitSet> read = new HashMap<>();

    private final Map<Node, Node> copies = new HashMap<>();

    /** For each part of an old scan its number in the new one, or -1. */
    private final Map<Node, int[]> moved = new HashMap<>();

    private PruneScans() {}

    static Graph run(Graph graph) {
        List<Node> order = graph.nodes();
        if (order.stream().noneMatch(node -> node.op() instanceof Fused.Scan)) {
            return graph;
        }
        PruneScans pass = new PruneScans();
        order.forEach(pass::look);
        graph.outputs().forEach(output -> pass.look(output, -1));
        for (Node node : order) {
            List<Node> inputs = new ArrayList<>();
            node.inputs().forEach(input -> inputs.add(pass.copies.get(input)));
            pass.copies.put(node, pass.rebuilt(node, inputs));
        }
        return graph.withOutputs(graph.outputs().stream().map(pass.copies::get).toList());
    }

    private void look(Node node) {
        node.inputs().forEach(input -> look(input, part(node, input)));
    }

    /** Marks a part of a node as read; all of them if the part is -1. */
    private void look(Node node, int part) {
        if (node.op() instanceof Fused.Scan scan) {
            int count = scan.layout().shapes().size();
            read.computeIfAbsent(node, key -> new BitSet()).set(Math.max(0, part), part < 0 ? count : part + 1);
        }
    }

    /** Which part of a scan a node is, or -1. */
    private static int part(Node node, Node input) {
        if (node.op() instanceof View.Slice slice && input.op() instanceof Fused.Scan scan) {
            Packed layout = scan.layout();
            for (int i = 0; i < layout.shapes().size(); i++) {
                if (slice.starts().get(0) == layout.start(i)
                        && slice.steps().get(0) == 1
                        && node.shape().size() == layout.shapes().get(i).size()) {
                    return i;
                }
            }
        }
        return -1;
    }

    private Node rebuilt(Node node, List<Node> inputs) {
        if (node.op() instanceof Fused.Scan scan) {
            return pruned(scan, node, inputs);
        }
        if (node.inputs().size() == 1 && moved.containsKey(node.input(0))) {
            Node from = inputs.get(0);
            int part = part(node, node.input(0));
            int now = part < 0 ? -1 : moved.get(node.input(0))[part];
            if (now >= 0) {
                int start = ((Fused.Scan) from.op()).layout().start(now);
                return new Node(new View.Slice(List.of(start), List.of(1)), inputs, node.shape(), node.dtype());
            }
        }
        return Nodes.with(node, inputs);
    }

    private Node pruned(Fused.Scan scan, Node node, List<Node> inputs) {
        Body body = inlined(scan.body(), inputs);
        int carries = body.carries().size();
        BitSet wanted = (BitSet) read.get(node).clone();
        Set<Node> needed = needed(body, wanted);
        int[] now = new int[body.results().size()];
        List<List<Node>> kept = List.of(new ArrayList<>(), new ArrayList<>());
        int count = 0;
        for (int i = 0; i < now.length; i++) {
            now[i] = wanted.get(i) ? count++ : -1;
            if (wanted.get(i)) {
                kept.get(i < carries ? 0 : 1).add(body.results().get(i));
            }
        }
        List<Node> left = new ArrayList<>();
        List<List<Node>> placeholders = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < inputs.size(); i++) {
            int kind = i < carries ? 0 : i < carries + body.sequences().size() ? 1 : 2;
            Node placeholder = body.inputs().get(i);
            if (kind == 0 ? wanted.get(i) : needed.contains(placeholder)) {
                placeholders.get(kind).add(placeholder);
                left.add(inputs.get(i));
            }
        }
        Body rest = new Body(placeholders.get(0), placeholders.get(1), placeholders.get(2), kept.get(0), kept.get(1));
        Fused.Scan op = new Fused.Scan(rest, scan.steps(), scan.reversed());
        moved.put(node, now);
        return new Node(op, List.copyOf(left), op.layout().shape(), node.dtype());
    }

    /** The nodes that the wanted results need; adds the carries among them to what is wanted. */
    private static Set<Node> needed(Body body, BitSet wanted) {
        List<Node> results = body.results();
        while (true) {
            List<Node> roots = wanted.stream().mapToObj(results::get).toList();
            Set<Node> needed = new HashSet<>(Nodes.order(roots));
            int before = wanted.cardinality();
            for (int i = 0; i < body.carries().size(); i++) {
                if (needed.contains(body.carries().get(i))) {
                    wanted.set(i);
                }
            }
            if (wanted.cardinality() == before) {
                return needed;
            }
        }
    }

    /** The body with constants in place of the sequences and captures that are constant. */
    private static Body inlined(Body body, List<Node> inputs) {
        Map<Node, Node> constants = new HashMap<>();
        for (int i = body.carries().size(); i < inputs.size(); i++) {
            if (inputs.get(i).op() instanceof Leaf.Constant constant) {
                Node placeholder = body.inputs().get(i);
                DType dtype = placeholder.dtype();
                constants.put(placeholder, new Node(constant, List.of(), placeholder.shape(), dtype));
            }
        }
        if (constants.isEmpty()) {
            return body;
        }
        Map<Node, Node> copies = Nodes.rewrite(
                Nodes.order(body.results()), (node, in) -> constants.getOrDefault(node, Nodes.with(node, in)));
        return body.withResults(body.results().stream().map(copies::get).toList());
    }
}
