package dev.lamina.core.compiler;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Contract;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Sample;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Sort;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which nodes are stored in memory. All others live inside the kernels that use them, possibly computed in several.
 *
 * <p>Stored are: graph inputs and outputs, results and inputs of operations that are no loops (products, gathers, sorts, scans,
 * concatenations, pads), reductions, what a reshape tears apart, and what several kernels need and is not cheap to repeat.
 * Kernels that grow together later ({@link Clusters}) take back what only they use.
 */
final class Storage {
    /**
     * An expression of more operations than this is stored when two kernels need it. One heavy function is computed again, which costs
     * less than a way to memory and back: so a backward pass takes an activation or a dropout mask from what it was made of.
     */
    private static final int CHEAP = 12;
    /** The same for an expression that one kernel needs for many elements. */
    private static final int CHEAP_EXPANDED = 6;
    /** No kernel repeats or nests more operations than this. */
    private static final int LARGEST = 100;
    /** What a heavy function counts. */
    private static final int HEAVY = 8;

    /**
     * A stored node that an expression reads.
     *
     * @param memory the stored node
     * @param shown the node that the map points into: the stored one, or a reshape of it
     * @param map where
     */
    record Read(Node memory, Node shown, IndexMap map) {
        Read(Node node, IndexMap map) {
            this(node, node, map);
        }

        // See Simplify.Key.
        @Override
        public boolean equals(Object other) {
            return other instanceof Read read
                    && memory.equals(read.memory)
                    && shown.equals(read.shown)
                    && map.equals(read.map);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * memory.hashCode() + shown.hashCode()) + map.hashCode();
        }
    }

    private final List<Node> order;
    private final Set<Node> stored = new HashSet<>();
    private boolean changed;

    Storage(Graph graph) {
        this.order = graph.nodes();
        for (Node node : order) {
            if (node.op() instanceof Leaf.Input || node.op() instanceof Reduce || !isLoop(node)) {
                stored.add(node);
            }
        }
        stored.addAll(graph.outputs());
        settle();
        storeRepeated();
        settle();
    }

    boolean contains(Node node) {
        return stored.contains(node);
    }

    List<Node> order() {
        return order;
    }

    /** True for nodes that a fused loop can compute. */
    static boolean isLoop(Node node) {
        return switch (node.op()) {
            case Leaf ignored -> true;
            case Elementwise ignored -> true;
            case Reduce.Over ignored -> true;
            case Sample ignored -> true;
            case View.Pad ignored -> false;
            case View.Concat ignored -> false;
            case View ignored -> true;
            case Reduce.Scan ignored -> false;
            case Contract ignored -> false;
            case Window ignored -> false;
            case Gather ignored -> false;
            case Scatter ignored -> false;
            case Sort ignored -> false;
            case Fused ignored -> false;
        };
    }

    /** The stored nodes that computing this node reads, with the maps from the node's own loop space. */
    List<Read> reads(Node node) {
        List<Read> reads = new ArrayList<>();
        Set<Read> seen = new HashSet<>();
        if (isLoop(node) && !(node.op() instanceof Reduce)) {
            visitInputs(node, IndexMap.identity(node.shape()), reads, seen);
        } else {
            for (Node input : node.inputs()) {
                visit(input, IndexMap.identity(input.shape()), reads, seen);
            }
        }
        return reads;
    }

    /** The node under views that only change order of computation. */
    static Node behindAfter(Node node) {
        Node result = node;
        while (result.op() instanceof View.After) {
            result = result.input(0);
        }
        return result;
    }

    /** True if elements of the node are found by their row-major position alone. */
    boolean isLinear(Node node) {
        return stored.contains(node) || node.op() instanceof Leaf.Iota || node.op() instanceof Sample;
    }

    private void settle() {
        do {
            changed = false;
            for (Node node : order) {
                if (stored.contains(node)) {
                    demand(node);
                }
            }
        } while (changed);
    }

    /** Makes sure that everything this node reads can be reached. */
    private void demand(Node node) {
        reads(node);
        boolean region = node.op() instanceof View && !isLoop(node);
        if (!isLoop(node) && !region) {
            int moved =
                    node.op() instanceof Fused.Scan scan ? scan.body().carries().size() : 0;
            for (Node input : node.inputs().subList(moved, node.inputs().size())) {
                boolean gaps = !window(input, Map.of()).isContiguous();
                if (gaps && node.op() instanceof Window) {
                    store(input);
                }
            }
            if (node.op() instanceof Fused.Scan scan) {
                demand(scan, node);
            }
        }
    }

    /** What all steps of a scan read lies in a row; a sequence goes forward through memory. */
    private void demand(Fused.Scan scan, Node node) {
        int captures = scan.body().carries().size() + scan.body().sequences().size();
        for (int i = scan.body().carries().size(); i < node.inputs().size(); i++) {
            Node input = node.input(i);
            Task.Access access = window(input, Map.of());
            if (i < captures ? access.strides()[0] < 0 : !access.isContiguous()) {
                store(behindAfter(input));
            }
        }
    }

    /**
     * The strided window that a node is, seen through views on something stored. What has to be stored for that is stored.
     *
     * @param buffers where stored nodes are
     */
    Task.Access window(Node node, Map<Node, Integer> buffers) {
        Node at = node;
        IndexMap map = IndexMap.identity(node.shape());
        while (!stored.contains(at)) {
            Node input = at.op() instanceof View && isLoop(at) ? behindAfter(at.input(0)) : at;
            if (input == at) {
                store(at);
                break;
            }
            boolean linear = at.op() instanceof View.Reshape && stored.contains(input);
            Optional<IndexMap> next =
                    linear ? Optional.empty() : map.through((View) at.op(), at.shape(), input.shape());
            if (next.isEmpty()) {
                store(input);
                return map.access(buffers.getOrDefault(input, -1), at);
            }
            map = next.get();
            at = input;
        }
        return map.access(buffers.getOrDefault(at, -1), at);
    }

    private void visit(Node node, IndexMap map, List<Read> reads, Set<Read> seen) {
        Read read = new Read(node, map);
        if (!seen.add(read)) {
            return;
        }
        if (stored.contains(node)) {
            reads.add(read);
        } else {
            visitInputs(node, map, reads, seen);
        }
    }

    private void visitInputs(Node node, IndexMap map, List<Read> reads, Set<Read> seen) {
        switch (node.op()) {
            case View view when isLoop(node) -> visitInput(view, node, map, reads, seen);
            case Sample ignored -> reads.add(new Read(seed(node), map));
            case View ignored -> throw new IllegalStateException("regions are stored");
            case Leaf ignored -> {}
            case Elementwise ignored -> {
                for (Node input : node.inputs()) {
                    visit(input, map, reads, seen);
                }
            }
            case Reduce ignored -> throw new IllegalStateException("reductions are stored");
            case Contract ignored -> throw new IllegalStateException("products are stored");
            case Window ignored -> throw new IllegalStateException("results of windows are stored");
            case Gather ignored -> throw new IllegalStateException("gathers are stored");
            case Scatter ignored -> throw new IllegalStateException("scatters are stored");
            case Sort ignored -> throw new IllegalStateException("sorts are stored");
            case Fused ignored -> throw new IllegalStateException("fused ops are stored");
        }
    }

    private void visitInput(View view, Node node, IndexMap map, List<Read> reads, Set<Read> seen) {
        Node input = behindAfter(node.input(0));
        if (view instanceof View.After) {
            // The order matters only against something that is computed.
            Node before = behindViews(node.input(1));
            if (!(before.op() instanceof Leaf)) {
                store(before);
                reads.add(new Read(before, map));
            }
        }
        boolean linear = view instanceof View.Reshape && isLinear(input);
        if (linear && stored.contains(input)) {
            reads.add(new Read(input, node, map));
        } else if (linear && input.op() instanceof Sample) {
            reads.add(new Read(seed(input), map));
        } else if (!linear) {
            Optional<IndexMap> next = map.through(view, node.shape(), input.shape());
            if (next.isPresent()) {
                visit(input, next.get(), reads, seen);
            } else {
                store(input);
            }
        }
    }

    /** The seed of a sample, which is stored. */
    private Node seed(Node sample) {
        store(sample.input(0));
        return sample.input(0);
    }

    private void store(Node node) {
        changed |= stored.add(node);
    }

    /** Stores what several kernels would compute again at more than a small cost. */
    private void storeRepeated() {
        Map<Node, Integer> weights = new HashMap<>();
        Map<Node, Node> sink = new HashMap<>();
        Set<Node> shared = new HashSet<>();
        for (int i = order.size() - 1; i >= 0; i--) {
            Node node = order.get(i);
            for (Node input : node.inputs()) {
                Node mine = stored.contains(node) ? node : sink.getOrDefault(node, node);
                Node other = sink.putIfAbsent(input, mine);
                boolean elsewhere = other != null && other != mine;
                if (elsewhere || (shared.contains(node) && !stored.contains(node))) {
                    shared.add(input);
                }
            }
        }
        storeSums(shared);
        for (Node node : order) {
            int weight = node.op() instanceof Elementwise op
                    ? (op.isHeavy() ? HEAVY : 1)
                    : node.op() instanceof Sample ? HEAVY : 0;
            for (Node input : node.inputs()) {
                weight += stored.contains(input) ? 0 : weights.getOrDefault(input, 0);
            }
            int most = node.op() instanceof View.Expand ? CHEAP_EXPANDED : shared.contains(node) ? CHEAP : LARGEST;
            Node keep = behindViews(node);
            if (weight > most && !stored.contains(keep)) {
                stored.add(keep);
                weights.put(keep, 0);
                weight = 0;
            }
            weights.put(node, stored.contains(node) ? 0 : weight);
        }
    }

    /**
     * Stores what is made of a product before several kernels read it (the sum with a bias), so that the product itself is read once and
     * the sum can take its place.
     */
    private void storeSums(Set<Node> shared) {
        Map<Node, Node> readers = new HashMap<>();
        for (Node node : order) {
            for (Node input : node.inputs()) {
                // A node stands for several readers of itself.
                readers.merge(input, node, (one, other) -> one == other ? one : input);
            }
        }
        for (Node product : order) {
            if (isProduct(product) && shared.contains(product)) {
                Node sum = product;
                Node next = readers.get(product);
                while (next != sum && !stored.contains(next) && keepsIndex(next)) {
                    sum = next;
                    next = readers.getOrDefault(sum, sum);
                }
                if (sum.op() instanceof Elementwise && shared.contains(sum)) {
                    stored.add(sum);
                }
            }
        }
    }

    /** Whether a map that reads a node can become part of its kernel. */
    static boolean isProduct(Node node) {
        return node.op() instanceof Contract || node.op() instanceof Window;
    }

    private static boolean keepsIndex(Node node) {
        return node.op() instanceof Elementwise || node.op() instanceof View.Reshape;
    }

    private static Node behindViews(Node node) {
        Node result = node;
        while (result.op() instanceof View && isLoop(result)) {
            result = result.input(0);
        }
        return result;
    }
}
