package dev.lamina.core.compiler;

import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Window;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    private final Map<Unit, Integer> places = new HashMap<>();
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
                add(readers, from.memory(), unit);
                if (source != null && before.add(source)) {
                    add(users, source, unit);
                }
            }
        }
        sources.put(unit, List.copyOf(before));
    }

    private static <K> void add(Map<K, List<Unit>> lists, K key, Unit unit) {
        lists.putIfAbsent(key, new ArrayList<>());
        lists.get(key).add(unit);
    }

    /** The order that needs less memory. */
    List<Unit> best() {
        List<Unit> deep = depthFirst();
        List<Unit> frugal = frugal(deep);
        return imagesTogether(behindRows(peak(frugal) < peak(deep) ? frugal : deep));
    }

    /** Convolutions and pooling follow each other, if nothing is in the way: they may go through the same images ({@code Task.Images}). */
    private List<Unit> imagesTogether(List<Unit> order) {
        List<Unit> windows = order.stream()
                .filter(unit -> unit.nodes().getFirst().op() instanceof Window)
                .toList();
        Map<Unit, Set<Unit>> waits = windows.size() > 1 ? waits() : Map.of();
        List<Unit> result = new ArrayList<>(order);
        for (int i = 1; i < windows.size(); i++) {
            int from = result.indexOf(windows.get(i));
            int to = result.indexOf(windows.get(i - 1));
            if (from > to + 1 && isFree(result, from, to, waits)) {
                result.add(to + 1, result.remove(from));
            }
        }
        return result;
    }

    // ---------------------------------------------------------------- columns behind rows

    /** Loops that fold columns come right behind the loop that goes through most of what they fold, if nothing is in the way. */
    private List<Unit> behindRows(List<Unit> order) {
        List<Unit> result = new ArrayList<>(order);
        Map<Unit, Set<Unit>> waits = order.stream().anyMatch(Unit::foldsColumns) ? waits() : Map.of();
        for (Unit columns : order) {
            Unit rows = columns.foldsColumns() ? rowsOf(columns, result, waits) : columns;
            if (rows != columns) {
                result.remove(columns);
                result.add(result.indexOf(rows) + 1, columns);
            }
        }
        return result;
    }

    private Unit rowsOf(Unit columns, List<Unit> order, Map<Unit, Set<Unit>> waits) {
        int from = order.indexOf(columns);
        Unit best = columns;
        long most = 0;
        for (int to = 0; to < order.size(); to++) {
            long shared = columns.sharedWith(order.get(to));
            if (shared > most && isFree(order, from, to, waits)) {
                most = shared;
                best = order.get(to);
            }
        }
        return best;
    }

    /** Whether a unit may move right behind another one. */
    private boolean isFree(List<Unit> order, int from, int to, Map<Unit, Set<Unit>> waits) {
        Unit unit = order.get(from);
        for (int i = Math.min(from, to + 1); i <= Math.max(from - 1, to); i++) {
            Unit before = from < to ? unit : order.get(i);
            Unit after = from < to ? order.get(i) : unit;
            if (sources.get(after).contains(before)
                    || waits.getOrDefault(after, Set.of()).contains(before)) {
                return false;
            }
        }
        return true;
    }

    /** Most bytes of intermediate values alive at the same time. */
    private long peak(List<Unit> order) {
        Map<Node, Integer> open = left();
        long live = 0;
        long peak = 0;
        for (Unit unit : order) {
            live += made(unit);
            peak = Math.max(peak, live);
            for (Node node : reads(unit)) {
                int left = open.get(node) - 1;
                open.put(node, left);
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
        for (Unit unit : updates) {
            for (Unit source : sources.get(unit)) {
                visit(source, order);
            }
        }
        for (Unit unit : updates) {
            visit(unit, order);
        }
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
        Map<Node, Integer> left = left();
        Set<Unit> done = new LinkedHashSet<>();
        Set<Unit> ready = new LinkedHashSet<>();
        for (Unit unit : deep) {
            places.put(unit, places.size());
            if (sources.get(unit).isEmpty()) {
                ready.add(unit);
            }
        }
        while (!ready.isEmpty()) {
            Unit next = next(ready, waits, done, left);
            ready.remove(next);
            done.add(next);
            for (Node node : reads(next)) {
                left.put(node, left.get(node) - 1);
            }
            for (Unit user : users.getOrDefault(next, List.of())) {
                if (done.containsAll(sources.get(user))) {
                    ready.add(user);
                }
            }
        }
        return List.copyOf(done);
    }

    /** The unit that adds least memory, of those that overwrite nothing still read if there are any. */
    private Unit next(Set<Unit> ready, Map<Unit, Set<Unit>> waits, Set<Unit> done, Map<Node, Integer> left) {
        Unit best = ready.iterator().next();
        long least = Long.MAX_VALUE;
        for (Unit unit : ready) {
            if (done.containsAll(waits.getOrDefault(unit, Set.of()))) {
                long cost = made(unit) - freed(unit, left);
                if (cost < least || (cost == least && places.get(unit) < places.get(best))) {
                    best = unit;
                    least = cost;
                }
            }
        }
        return best;
    }

    /** For each node that is read the number of units that read it. */
    private Map<Node, Integer> left() {
        Map<Node, Integer> left = new HashMap<>();
        for (Map.Entry<Node, List<Unit>> entry : readers.entrySet()) {
            left.put(entry.getKey(), entry.getValue().size());
        }
        return left;
    }

    /** For each unit that writes over a variable the units that read the old value. */
    private Map<Unit, Set<Unit>> waits() {
        Map<Unit, Set<Unit>> waits = new HashMap<>();
        for (int i = 0; i < graph.outputs().size(); i++) {
            int target = graph.targets().get(i);
            if (target >= 0) {
                Unit writer = units.get(graph.outputs().get(i));
                waits.putIfAbsent(writer, new LinkedHashSet<>());
                Set<Unit> before = waits.get(writer);
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
