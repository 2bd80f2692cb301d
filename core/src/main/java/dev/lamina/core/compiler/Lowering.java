package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From a graph to tasks: what is stored ({@link Storage}), which stored nodes share a loop (here), in which order
 * ({@link Schedule}), where in memory ({@link MemoryPlan}).
 */
public final class Lowering {
    private final Storage storage;
    private final Map<Node, Unit> units = new HashMap<>();

    private Lowering(Graph graph) {
        storage = new Storage(graph);
    }

    /** Forms the tasks of a graph. */
    public static Lowered lower(Graph graph) {
        Graph separate = separateOutputs(shareBases(graph));
        Lowering lowering = new Lowering(separate);
        lowering.join(lowering.fuse());
        lowering.keep(separate);
        lowering.chain();
        return new Schedule(separate, lowering.storage, lowering.units).lowered();
    }

    /**
     * Gives each output a node of its own that is computed. A reshape has the same bytes as its input, which can join the loop it
     * comes from; an output that is a leaf or a second name of another is moved.
     */
    private static Graph separateOutputs(Graph graph) {
        Set<Node> seen = new HashSet<>();
        List<Node> outputs = new ArrayList<>();
        for (Node output : graph.outputs()) {
            Node node = output;
            while (node.op() instanceof View.Reshape) {
                node = node.input(0);
            }
            boolean own = !(node.op() instanceof Leaf) && seen.add(node);
            outputs.add(own ? node : new Node(new View.Reshape(), List.of(node), node.shape(), node.dtype()));
        }
        return graph.withOutputs(outputs);
    }

    /** A constant that rows are added to (the zeros of an embedding's gradient) is one element in memory, not a matrix that is filled. */
    private static Graph shareBases(Graph graph) {
        if (graph.nodes().stream().noneMatch(Lowering::fillsBase)) {
            return graph;
        }
        Map<Node, Node> copies = Nodes.rewrite(graph.nodes(), (node, inputs) -> {
            if (fillsBase(node)) {
                Node base = node.input(0);
                Node element = new Node(base.op(), List.of(), Shape.of(1, 1), base.dtype());
                inputs.set(0, new Node(new View.Expand(), List.of(element), base.shape(), base.dtype()));
            }
            return Nodes.with(node, inputs);
        });
        return graph.withOutputs(graph.outputs().stream().map(copies::get).toList());
    }

    private static boolean fillsBase(Node node) {
        return node.op() instanceof Scatter && node.input(0).op() instanceof Leaf.Constant;
    }

    /** One unit for each stored node that is computed; then units that can share a loop grow together. */
    private List<Node> fuse() {
        List<Node> computed = new ArrayList<>();
        for (Node node : storage.order()) {
            if (storage.contains(node) && !(node.op() instanceof Leaf.Input)) {
                computed.add(node);
                units.put(node, new Unit(node, storage, computed.size()));
            }
        }
        for (Node node : computed) {
            Unit user = units.get(node);
            for (Unit source : sources(user)) {
                Unit now = units.get(node);
                if (source != now && source.fits(now) && !reaches(source, now)) {
                    source.absorb(now);
                    move(now, source);
                }
            }
        }
        return computed;
    }

    /** Reductions side by side that read the same memory go through it together: the gradients of scale and shift, mean and mean square. */
    private void join(List<Node> computed) {
        Map<Shape, List<Unit>> groups = new HashMap<>();
        for (Node node : computed) {
            Unit unit = units.get(node);
            List<Unit> group = groups.computeIfAbsent(unit.full(), shape -> new ArrayList<>());
            if (unit.reduced().isEmpty() || group.contains(unit)) {
                continue;
            }
            Unit other = group.stream()
                    .filter(before -> before.isBeside(unit) && areApart(before, unit))
                    .findFirst()
                    .orElse(null);
            if (other == null) {
                group.add(unit);
            } else {
                other.absorb(unit);
                move(unit, other);
            }
        }
    }

    private boolean areApart(Unit a, Unit b) {
        return !sources(a).contains(b) && !sources(b).contains(a) && !reaches(a, b) && !reaches(b, a);
    }

    /** An input that is kept as an output, as carries are for a gradient, is moved by the loop that updates it. */
    private void keep(Graph graph) {
        for (Node kept : graph.outputs()) {
            Unit move = units.get(kept);
            Node input = kept.inputs().isEmpty() ? kept : kept.input(0);
            int place = graph.inputs().indexOf(input);
            int update = place < 0 ? -1 : graph.targets().indexOf(place);
            boolean moves = kept.op() instanceof View.Reshape && move.nodes().size() == 1 && update >= 0;
            Unit updates = moves ? units.get(graph.outputs().get(update)) : move;
            if (updates != move && updates.takes(move)) {
                updates.absorb(move);
                move(move, updates);
            }
        }
    }

    /** Each product takes the first map that reads it alone, or at each index before others do, with it. */
    private void chain() {
        Map<Unit, Set<Unit>> readers = new LinkedHashMap<>();
        for (Node node : storage.order()) {
            Unit unit = units.get(node);
            for (Storage.Read read : unit == null ? List.<Storage.Read>of() : unit.reads(node)) {
                if (Storage.isProduct(read.memory())) {
                    readers.putIfAbsent(units.get(read.memory()), new LinkedHashSet<>());
                    readers.get(units.get(read.memory())).add(unit);
                }
            }
        }
        for (Unit product : readers.keySet()) {
            for (Unit map : readers.get(product)) {
                if (product.leads(map, storage) && !reaches(product, map)) {
                    product.lead(map);
                    move(map, product);
                }
            }
        }
    }

    private void move(Unit from, Unit to) {
        for (Node node : from.nodes()) {
            units.put(node, to);
        }
    }

    /** The units that this one reads from. */
    private Set<Unit> sources(Unit user) {
        Set<Unit> sources = new LinkedHashSet<>();
        for (Node node : user.nodes()) {
            for (Storage.Read read : user.reads(node)) {
                Unit unit = units.get(read.memory());
                if (unit != null && unit != user) {
                    sources.add(unit);
                }
            }
        }
        return sources;
    }

    /** Whether there is a way from one unit to its user through a third one: then the two cannot be one loop. */
    private boolean reaches(Unit source, Unit user) {
        List<Unit> stack = new ArrayList<>(sources(user));
        stack.remove(source);
        Set<Unit> seen = new HashSet<>();
        while (!stack.isEmpty()) {
            Unit unit = stack.remove(stack.size() - 1);
            if (unit == source) {
                return true;
            }
            if (unit.mayFollow(source) && seen.add(unit)) {
                stack.addAll(sources(unit));
            }
        }
        return false;
    }
}
