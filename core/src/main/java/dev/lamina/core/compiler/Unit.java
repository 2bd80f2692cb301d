package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Work that becomes one task (or a few on the same output): either nodes computed by one fused loop, or a single node of
 * another kind. A fused loop has a shape T and the axes F that its reductions run over; each of its nodes has shape T, or T with
 * extent 1 along F (more or fewer extents of 1 make no difference), or is a reduction of T over F.
 */
final class Unit {
    /** A loop of more stored nodes would be a kernel with more values than registers and their spills can hold. */
    private static final int MOST_NODES = 24;

    /** So many parts of a concatenation are written by one loop. */
    private static final int MOST_PARTS = 8;

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Node, List<Storage.Read>> reads = new HashMap<>();
    private Shape full;
    private List<Integer> reduced;
    private int first;
    private int last;

    /**
     * A unit that computes one stored node.
     *
     * @param position of the node in the order of the graph
     */
    Unit(Node node, Storage storage, int position) {
        first = position;
        last = position;
        nodes.add(node);
        reads.put(node, storage.reads(node));
        boolean reduce = node.op() instanceof Reduce.Over;
        full = reduce || isBundle(node) ? node.input(0).shape() : node.shape();
        reduced = node.op() instanceof Reduce.Over over ? over.axes() : List.of();
    }

    List<Node> nodes() {
        return nodes;
    }

    /**
     * Whether a node lays a few values of one shape side by side: a map over that shape computes all of them at each index, so that what they
     * have in common, as gradients of gates do, is computed once.
     */
    static boolean isBundle(Node node) {
        if (!(node.op() instanceof View.Concat) || node.inputs().size() > MOST_PARTS) {
            return false;
        }
        Shape shape = node.input(0).shape();
        return node.inputs().stream().allMatch(part -> part.shape().equals(shape));
    }

    private boolean hasBundle() {
        return nodes.stream().anyMatch(Unit::isBundle);
    }

    private static boolean isLoop(Node node) {
        return Storage.isLoop(node) || isBundle(node);
    }

    /** Whether this unit stands so late in the graph that it could depend on the other. */
    boolean mayFollow(Unit other) {
        return last > other.first;
    }

    List<Storage.Read> reads(Node node) {
        return reads.getOrDefault(node, List.of());
    }

    List<Storage.Read> reads() {
        List<Storage.Read> all = new ArrayList<>();
        for (Node node : nodes) {
            all.addAll(reads.get(node));
        }
        return all;
    }

    /** Whether a node may be written over memory that this unit reads: that is read at the index or the row of the node only. */
    boolean isInPlace(Node updated, Node memory) {
        Shape shape = updated.shape();
        if (updated.op() instanceof Scatter.Rows) {
            // Rows that nobody changes stay where they are.
            boolean once = reads.get(updated).stream()
                            .filter(read -> read.memory() == memory)
                            .count()
                    == 1;
            return once && updated.input(0) == memory;
        }
        if (!isMap() && !(isLoop() && !shape.equals(full))) {
            return false;
        }
        for (Node node : nodes) {
            for (Storage.Read read : reads.get(node)) {
                boolean inPlace = isLoop(node)
                        && read.map().equals(IndexMap.identity(shape))
                        && read.shown().shape().equals(shape);
                if (read.memory() == memory && !inPlace) {
                    return false;
                }
            }
        }
        return true;
    }

    Shape full() {
        return full;
    }

    List<Integer> reduced() {
        return reduced;
    }

    boolean isLoop() {
        return isLoop(nodes.get(0));
    }

    /** Whether the nodes of another unit can be computed in one loop with these, dependencies apart. */
    boolean fits(Unit user) {
        if (!isLoop() || !user.isLoop() || nodes.size() + user.nodes.size() > MOST_NODES) {
            return false;
        }
        if ((hasBundle() || user.hasBundle()) && !isSameMap(user)) {
            return false;
        }
        Unit shape = reduced.isEmpty() ? user : this;
        boolean same = shape == user ? covers(user, this) : covers(this, user);
        // What follows a reduction at row level alone needs no rows that are kept.
        boolean follows = shape == this && user.reduced.isEmpty() && !user.full.equals(full);
        boolean fits = same && (shape.reduced.isEmpty() || shape.hasRows(follows ? Long.MAX_VALUE : Task.Loop.MAX_ROW));
        for (int i = 0; fits && i < user.nodes.size(); i++) {
            fits = readsFit(user.nodes.get(i), shape, user);
        }
        return fits;
    }

    /** Whether another unit goes once through the same rows, too long or not near enough to be kept, and the same memory. */
    boolean isBeside(Unit other) {
        boolean same = full.equals(other.full) && reduced.equals(other.reduced);
        if (!same || nodes.size() + other.nodes.size() > MOST_NODES || hasRows(Task.Loop.MAX_ROW)) {
            return false;
        }
        return reads().stream()
                .map(Storage.Read::memory)
                .anyMatch(memory -> memory.shape().size() == full.size()
                        && other.reads().stream().anyMatch(read -> read.memory() == memory));
    }

    private boolean isSameMap(Unit other) {
        return isMap() && other.isMap() && full.equals(other.full);
    }

    /**
     * Whether a map can take over what moves an input to an output that nobody reads: a carry that is kept goes with the loop that
     * overwrites it.
     */
    boolean takes(Unit move) {
        return isSameMap(move) && nodes.size() + move.nodes.size() <= MOST_NODES;
    }

    private static boolean covers(Unit shape, Unit other) {
        boolean equal =
                other.full.equals(shape.full) && (other.reduced.isEmpty() || other.reduced.equals(shape.reduced));
        return equal || (other.reduced.isEmpty() && alike(other.full, rowShape(shape.full, shape.reduced)));
    }

    /** Whether shapes are equal but for extents of 1. */
    private static boolean alike(Shape a, Shape b) {
        int at = 0;
        for (int axis = 0; axis < a.rank(); axis++) {
            if (a.dim(axis) != 1) {
                while (at < b.rank() && b.dim(at) == 1) {
                    at++;
                }
                if (at == b.rank() || b.dim(at++) != a.dim(axis)) {
                    return false;
                }
            }
        }
        return a.size() == b.size();
    }

    /** Each read of this unit's nodes must be at the user's own index, or at its row. */
    private boolean readsFit(Node node, Unit shape, Unit user) {
        Shape row = rowShape(shape.full, shape.reduced);
        boolean rowLevel = user.reduced.isEmpty()
                && !isBundle(node)
                && !node.shape().equals(shape.full)
                && alike(node.shape(), row);
        for (Storage.Read read : user.reads.get(node)) {
            if (!nodes.contains(read.memory())) {
                continue;
            }
            if (isBundle(read.memory())) {
                return false;
            }
            Shape from = read.shown().shape();
            IndexMap expected = rowLevel || from.equals(shape.full)
                    ? IndexMap.identity(from)
                    : IndexMap.along(shape.full.dims(), rowAxes(shape.full, shape.reduced));
            boolean level = rowLevel ? from.equals(node.shape()) : from.equals(shape.full) || from.equals(row);
            if (!level || !alike(from, read.memory().shape()) || !read.map().equals(expected)) {
                return false;
            }
        }
        return true;
    }

    /** Whether rows have elements and, if they are to be kept, few enough and over the last axes. */
    private boolean hasRows(long most) {
        long row = 1;
        boolean inside = false;
        for (int axis = 0; axis < full.rank(); axis++) {
            if (reduced.contains(axis)) {
                row *= full.dim(axis);
                inside |= full.dim(axis) != 1;
            } else if (inside && full.dim(axis) != 1 && most < Long.MAX_VALUE) {
                return false;
            }
        }
        return row > 0 && row <= most;
    }

    /** Whether this folds so many columns that others should leave them in the cache. */
    boolean foldsColumns() {
        return !reduced.isEmpty() && full.size() >= Task.Band.FEWEST && !hasRows(full.size());
    }

    /** How many of the large values that this reads a loop over as many elements reads or makes, row by row. */
    long sharedWith(Unit rows) {
        if (rows == this || !rows.isLoop() || rows.full.size() != full.size() || rows.foldsColumns()) {
            return 0;
        }
        return reads().stream()
                .map(Storage.Read::memory)
                .distinct()
                .filter(memory -> memory.shape().size() == full.size()
                        && (rows.nodes.contains(memory)
                                || rows.reads().stream().anyMatch(read -> read.memory() == memory)))
                .count();
    }

    /** Whether each index is computed apart from the others. */
    boolean isMap() {
        return reduced.isEmpty() && (isLoop() || isChain());
    }

    /** Whether the first node is a product and the others are the map that follows it. */
    boolean isChain() {
        return !isLoop() && nodes.size() > 1;
    }

    /** Whether a map can follow this product: it reads all of it, each element at its own index only. */
    boolean leads(Unit map, Storage storage) {
        Node product = nodes.get(0);
        long size = product.shape().size();
        if (nodes.size() > 1 || !map.isLoop() || !map.isMap() || size == 0 || map.full.size() != size) {
            return false;
        }
        Map<Node, Integer> buffers = new HashMap<>(Map.of(product, 0));
        map.nodes.stream().filter(storage::contains).forEach(node -> buffers.put(node, 1));
        Task.Loop loop = new LoopBuilder(map, storage, buffers).build();
        Optional<Task.Loop> over = Epilogue.over(loop, extents(product));
        return over.isPresent() && Epilogue.loadsInPlace(over.get(), 0);
    }

    /** As {@link Task.Product#extents}. */
    private static int[] extents(Node product) {
        Shape shape = product.shape();
        int last = shape.dim(-1);
        return product.op() instanceof Window ? new int[] {Math.toIntExact(shape.size() / last), last} : shape.dims();
    }

    /** Lets a map follow this product. */
    void lead(Unit map) {
        full = map.full;
        add(map);
    }

    /** Takes over the nodes of a unit that reads this one's. */
    void absorb(Unit user) {
        if (reduced.isEmpty()) {
            boolean larger = user.full.size() >= full.size();
            full = larger ? user.full : full;
            reduced = user.reduced;
        }
        add(user);
    }

    private void add(Unit user) {
        first = Math.min(first, user.first);
        last = Math.max(last, user.last);
        nodes.addAll(user.nodes);
        reads.putAll(user.reads);
    }

    /** The shape of row-level nodes. */
    static Shape rowShape(Shape full, List<Integer> reduced) {
        Shape row = full;
        for (int axis : reduced) {
            row = row.with(axis, 1);
        }
        return row;
    }

    private static int[] rowAxes(Shape full, List<Integer> reduced) {
        int[] axes = new int[full.rank()];
        for (int d = 0; d < axes.length; d++) {
            axes[d] = reduced.contains(d) ? -1 : d;
        }
        return axes;
    }
}
