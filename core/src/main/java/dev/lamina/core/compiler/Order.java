package dev.lamina.core.compiler;

import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Orders units so that inputs come before users and little memory is alive at a time. Two orders are made, the one that needs less
 * is taken: depth first from the outputs, and frugal, which always runs the unit that adds least memory. Updates of variables wait
 * for all readers of the old value where that is possible.
 */
final class Order {
    private final Graph graph;
    private final Map<Node, Unit> units;
    private final Map<Unit, List<Unit>> sources = new HashMap<>();
    private final Map<Unit, List<Unit>> users = new HashMap<>();
    private final Map<Node, List<Unit>> readers = new HashMap<>();
    private final Set<Node> outputs = new HashSet<>();

    Order(Graph graph, Map<Node, Unit> units) {
        this.graph = graph;
        this.units = units;
        outputs.addAll(graph.outputs());
        for (Unit unit : units.values()) {
            if (!sources.containsKey(unit)) {
                connect(unit);
            }
        }
    }

    private void connect(Unit unit) {
        Set<Unit> before = new LinkedHashSet<>();
        Set<Node> read = new HashSet<>();
        for (Storage.Read from : unit.reads()) {
            Unit source = units.get(from.memory());
            if (source != unit && read.add(from.memory())) {
                readers.computeIfAbsent(from.memory(), node -> new ArrayList<>())
                        .add(unit);
                if (source != null && before.add(source)) {
                    users.computeIfAbsent(source, key -> new ArrayList<>()).add(unit);
                }
            }
        }
        sources.put(unit, List.copyOf(before));
    }

    /** The order that needs less memory. */
    List<Unit> best() {
        List<Unit> deep = depthFirst();
        List<Unit> frugal = frugal(deep);
        return peak(frugal) < peak(deep) ? frugal : deep;
    }

    /** Most bytes of intermediate values alive at the same time. */
    private long peak(List<Unit> order) {
        Map<Node, Integer> open = new HashMap<>();
        long live = 0;
        long peak = 0;
        for (Unit unit : order) {
            live += made(unit);
            peak = Math.max(peak, live);
            for (Node node : reads(unit)) {
                int left = open.merge(node, readers.get(node).size() - 1, (old, first) -> old - 1);
                live -= left == 0 ? temporary(node) : 0;
            }
        }
        return peak;
    }

    // ---------------------------------------------------------------- depth first

    private List<Unit> depthFirst() {
        Set<Unit> order = new LinkedHashSet<>();
        Set<Unit> updates = new LinkedHashSet<>();
        for (int i = 0; i < graph.outputs().size(); i++) {
            Unit unit = units.get(graph.outputs().get(i));
            if (graph.targets().get(i) < 0) {
                visit(unit, order);
            } else {
                updates.add(unit);
            }
        }
        updates.forEach(unit -> sources.get(unit).forEach(source -> visit(source, order)));
        updates.forEach(unit -> visit(unit, order));
        return List.copyOf(order);
    }

    private void visit(Unit start, Set<Unit> order) {
        Deque<Unit> stack = new ArrayDeque<>();
        stack.push(start);
        while (!stack.isEmpty()) {
            Unit unit = stack.peek();
            int depth = stack.size();
            for (Unit source : sources.get(unit)) {
                if (!order.contains(source)) {
                    stack.push(source);
                }
            }
            if (stack.size() == depth) {
                order.add(stack.pop());
            }
        }
    }

    // ---------------------------------------------------------------- frugal

    private List<Unit> frugal(List<Unit> deep) {
        Map<Unit, Set<Unit>> waits = waits();
        Map<Unit, Integer> places = new HashMap<>();
        deep.forEach(unit -> places.put(unit, places.size()));
        Map<Node, Integer> left = new HashMap<>();
        readers.forEach((node, by) -> left.put(node, by.size()));
        Set<Unit> done = new LinkedHashSet<>();
        Set<Unit> ready = new LinkedHashSet<>(
                deep.stream().filter(unit -> sources.get(unit).isEmpty()).toList());
        while (!ready.isEmpty()) {
            ToLongFunction<Unit> cost = unit -> made(unit) - freed(unit, left);
            // See MemoryPlan: no Comparator.comparing, for quick starts.
            Comparator<Unit> cheapest = (a, b) -> {
                int order = Long.compare(cost.applyAsLong(a), cost.applyAsLong(b));
                return order != 0 ? order : places.get(a) - places.get(b);
            };
            Unit next = ready.stream()
                    .filter(unit -> done.containsAll(waits.getOrDefault(unit, Set.of())))
                    .min(cheapest)
                    .orElseGet(() -> ready.iterator().next());
            ready.remove(next);
            done.add(next);
            reads(next).forEach(node -> left.merge(node, -1, Integer::sum));
            for (Unit user : users.getOrDefault(next, List.of())) {
                if (done.containsAll(sources.get(user))) {
                    ready.add(user);
                }
            }
        }
        return List.copyOf(done);
    }

    /** For each unit that writes over a variable the units that read the old value. */
    private Map<Unit, Set<Unit>> waits() {
        Map<Unit, Set<Unit>> waits = new HashMap<>();
        for (int i = 0; i < graph.outputs().size(); i++) {
            int target = graph.targets().get(i);
            if (target >= 0) {
                Unit writer = units.get(graph.outputs().get(i));
                Set<Unit> before = waits.computeIfAbsent(writer, unit -> new LinkedHashSet<>());
                before.addAll(readers.getOrDefault(graph.inputs().get(target), List.of()));
                before.remove(writer);
            }
        }
        return waits;
    }

    private long freed(Unit unit, Map<Node, Integer> left) {
        long bytes = 0;
        for (Node node : reads(unit)) {
            bytes += left.get(node) == 1 ? temporary(node) : 0;
        }
        return bytes;
    }

    /** Bytes of intermediate values that a unit leaves behind for others. */
    private long made(Unit unit) {
        long bytes = 0;
        for (Node node : unit.nodes()) {
            bytes += readers.containsKey(node) ? temporary(node) : 0;
        }
        return bytes;
    }

    private long temporary(Node node) {
        boolean fixed = outputs.contains(node) || node.op() instanceof Leaf.Input;
        return fixed ? 0 : node.shape().size() * node.dtype().bytes();
    }

    private Set<Node> reads(Unit unit) {
        Set<Node> nodes = new LinkedHashSet<>();
        for (Storage.Read read : unit.reads()) {
            if (units.get(read.memory()) != unit) {
                nodes.add(read.memory());
            }
        }
        return nodes;
    }
}
