package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
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
import java.util.List;
import java.util.Map;

/** Writes the values of a fused loop: follows expressions from what is stored up to what is loaded. */
final class LoopBuilder {
    private final Storage storage;
    private final Map<Node, Integer> buffers;
    private final List<Integer> reduced;
    private final List<Node> inside;
    private final Shape full;
    private final int[] dims;
    private final int[] axes;
    private final List<Task.Value> values = new ArrayList<>();
    private final List<Task.Store> stores = new ArrayList<>();
    private final Map<Object, Integer> known = new HashMap<>();

    /** A loop over the unit's shape. */
    LoopBuilder(Unit unit, Storage storage, Map<Node, Integer> buffers) {
        this(
                unit.full(),
                unit.reduced(),
                unit.isChain() ? unit.nodes().subList(1, unit.nodes().size()) : unit.nodes(),
                storage,
                buffers);
    }

    /**
     * @param full shape of the index space
     * @param reduced the axes that reductions run over
     * @param inside stored nodes that this very loop computes
     * @param buffers where stored nodes are
     */
    LoopBuilder(Shape full, List<Integer> reduced, List<Node> inside, Storage storage, Map<Node, Integer> buffers) {
        this.full = full;
        this.reduced = reduced;
        this.inside = inside;
        this.storage = storage;
        this.buffers = buffers;
        int rank = full.rank();
        dims = new int[rank];
        axes = new int[rank];
        int next = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int d = 0; d < rank; d++) {
                if (reduced.contains(d) == (pass == 1)) {
                    dims[next] = full.dim(d);
                    axes[d] = next++;
                }
            }
        }
    }

    /** The loop that computes the unit's nodes and stores those that have a buffer. */
    Task.Loop build() {
        for (Node node : inside) {
            if (Unit.isBundle(node)) {
                bundle(node);
                continue;
            }
            int value = compute(node, map(node));
            if (buffers.containsKey(node)) {
                stores.add(new Task.Store(value, map(node).access(buffer(node), node)));
            }
        }
        return loop();
    }

    /** Computes the parts of a concatenation at the index of the loop, and stores each in its window. */
    private void bundle(Node node) {
        int axis = ((View.Concat) node.op()).axis();
        long[] strides = node.shape().strides();
        long start = 0;
        for (Node part : node.inputs()) {
            int value = value(part, IndexMap.along(dims, axes));
            if (buffers.containsKey(node)) {
                stores.add(new Task.Store(
                        value, new Task.Access(buffer(node), node.dtype(), start * strides[axis], dims, strides)));
            }
            start += part.shape().dim(axis);
        }
    }

    /** The loop that moves a node's values to a window of another. */
    Task.Loop move(Node source, Task.Access target) {
        stores.add(new Task.Store(value(source, IndexMap.identity(source.shape())), target));
        return loop();
    }

    /** The loop that fills a window with one value. */
    Task.Loop fill(double value, Task.Access target) {
        stores.add(new Task.Store(add(new Task.Constant(value, target.dtype())), target));
        return loop();
    }

    private Task.Loop loop() {
        return new Task.Loop(dims, reduced.size(), List.copyOf(values), List.copyOf(stores));
    }

    /** Where in one of the unit's nodes an index of the loop points. */
    private IndexMap map(Node node) {
        if (!(node.op() instanceof Reduce.Over) && node.shape().equals(full)) {
            return IndexMap.along(dims, axes);
        }
        int[] follow = new int[node.shape().rank()];
        int at = 0;
        // A map may have come into the loop with more or fewer extents of 1.
        boolean row = node.op() instanceof Reduce.Over || node.shape().size() != full.size();
        for (int d = 0; d < follow.length; d++) {
            follow[d] = -1;
            while (node.shape().dim(d) != 1 && follow[d] < 0) {
                boolean skipped = full.dim(at) == 1 || (row && reduced.contains(at));
                follow[d] = skipped ? -1 : axes[at];
                at++;
            }
        }
        return IndexMap.along(dims, follow);
    }

    private int value(Node node, IndexMap map) {
        Storage.Read key = new Storage.Read(node, map);
        Integer done = known.get(key);
        if (done != null) {
            return done;
        }
        int value = storage.contains(node) && !inside.contains(node)
                ? add(new Task.Load(map.access(buffer(node), node)))
                : compute(node, map);
        known.put(key, value);
        return value;
    }

    private int compute(Node node, IndexMap map) {
        Storage.Read key = new Storage.Read(node, map);
        Integer done = known.get(key);
        if (done != null) {
            return done;
        }
        int value = switch (node.op()) {
            case Leaf.Constant constant -> add(new Task.Constant(constant.value(), node.dtype()));
            case Leaf.Iota ignored -> add(new Task.Position(map.offset(node.shape()), map.strides(node.shape())));
            case Sample.Uniform uniform -> uniform(uniform, node, node, map);
            case Elementwise op -> apply(op, node, map);
            case Reduce.Over reduce -> {
                int of = value(node.input(0), IndexMap.along(dims, axes));
                yield add(new Task.Fold(reduce.kind(), node.dtype(), of));
            }
            case View view -> view(view, node, map);
            case Leaf.Input ignored -> throw unreachable(node);
            case Leaf.Data ignored -> throw unreachable(node);
            case Leaf.Read ignored -> throw unreachable(node);
            case Reduce.Scan ignored -> throw unreachable(node);
            case Contract ignored -> throw unreachable(node);
            case Window ignored -> throw unreachable(node);
            case Gather ignored -> throw unreachable(node);
            case Scatter ignored -> throw unreachable(node);
            case Sort ignored -> throw unreachable(node);
            case Fused ignored -> throw unreachable(node);
        };
        known.put(key, value);
        return value;
    }

    private static IllegalStateException unreachable(Node node) {
        return new IllegalStateException("a loop cannot compute " + node);
    }

    private int apply(Elementwise op, Node node, IndexMap map) {
        int[] in = {-1, -1, -1};
        for (int i = 0; i < node.inputs().size(); i++) {
            in[i] = value(node.input(i), map);
        }
        return add(new Task.Apply(op, node.dtype(), in[0], in[1], in[2]));
    }

    private int view(View view, Node node, IndexMap map) {
        Node input = Storage.behindAfter(node.input(0));
        if (view instanceof View.Reshape && !inside.contains(input) && storage.isLinear(input)) {
            // A reshape keeps the row-major position, which is all that a load needs.
            Task.Access access = map.access(0, node);
            if (storage.contains(input)) {
                return add(new Task.Load(access.at(buffer(input))));
            }
            return input.op() instanceof Sample.Uniform uniform
                    ? uniform(uniform, input, node, map)
                    : add(new Task.Position(access.offset(), access.strides()));
        }
        IndexMap inner = map.through(view, node.shape(), input.shape()).orElseThrow(() -> unreachable(node));
        return value(input, inner);
    }

    private int uniform(Sample.Uniform uniform, Node sample, Node shown, IndexMap map) {
        Node seed = sample.input(0);
        Task.Access access = new Task.Access(buffer(seed), seed.dtype(), 0, dims, new long[dims.length]);
        return add(new Task.Uniform(
                access, uniform.stream(), sample.dtype(), map.offset(shown.shape()), map.strides(shown.shape())));
    }

    private int buffer(Node node) {
        return buffers.getOrDefault(node, -1);
    }

    private int add(Task.Value value) {
        values.add(value);
        return values.size() - 1;
    }
}
