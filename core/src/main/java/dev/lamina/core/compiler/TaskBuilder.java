package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Contract;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Packed;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Sample;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Sort;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes the tasks of units, with buffers known. */
final class TaskBuilder {
    private final Storage storage;
    private final Map<Node, Integer> buffers;
    private final Set<Node> scratch;
    private final Map<Node, ScanTask> scans;

    /**
     * @param buffers where stored nodes are
     * @param scratch products that only the rest of their chain reads
     * @param scans the steps of scans
     */
    TaskBuilder(Storage storage, Map<Node, Integer> buffers, Set<Node> scratch, Map<Node, ScanTask> scans) {
        this.storage = storage;
        this.buffers = buffers;
        this.scratch = scratch;
        this.scans = scans;
    }

    /** Adds the tasks of a unit. */
    void add(Unit unit, List<Task> tasks) {
        Node node = unit.nodes().get(0);
        switch (node.op()) {
            case Leaf ignored -> tasks.add(loop(unit));
            case Elementwise ignored -> tasks.add(loop(unit));
            case Reduce.Over ignored -> tasks.add(loop(unit));
            case Sample ignored -> tasks.add(loop(unit));
            case View.Pad pad -> pad(pad, node, tasks);
            case View.Concat concat when !Unit.isBundle(node) -> concat(concat.axis(), node, tasks);
            case View ignored -> tasks.add(loop(unit));
            case Reduce.Scan scan -> {
                Task.Access in = last(window(node.input(0)), scan.axis());
                tasks.add(new Task.Scanning(scan.reversed(), in, last(whole(node), scan.axis())));
            }
            case Contract.MatMul op -> {
                Task.MatMul product =
                        new Task.MatMul(window(node.input(0)), window(node.input(1)), whole(node), op.rounded());
                tasks.add(chain(product, unit));
            }
            case Window.Conv op -> tasks.add(chain(convolution(op, node), unit));
            case Window.Pool op -> {
                List<Task.Access> in = node.inputs().stream().map(this::window).toList();
                tasks.add(chain(new Task.Pooling(op.kind(), op.geometry(), in, whole(node)), unit));
            }
            case Gather.Rows gather ->
                tasks.add(new Task.Gather(gather.name(), window(node.input(0)), window(node.input(1)), whole(node)));
            case Scatter.Rows scatter ->
                tasks.add(new Task.Scattering(
                        scatter.kind(),
                        window(node.input(0)),
                        window(node.input(1)),
                        window(node.input(2)),
                        whole(node)));
            case Sort.Indices sort ->
                tasks.add(new Task.Sorting(sort.descending(), window(node.input(0)), whole(node)));
            case Fused fused -> fused(fused, node, tasks);
        }
    }

    private void fused(Fused fused, Node node, List<Task> tasks) {
        switch (fused) {
            case Fused.Recompute ignored -> throw new IllegalStateException("no backend claims it");
            case Fused.Attention op -> tasks.add(attention(op, node));
            case Fused.AttentionGradient op -> tasks.add(attentionGradient(op, node));
            case Fused.Scan scan -> scan(scan, node, tasks);
        }
    }

    private Task.Convolution convolution(Window.Conv op, Node node) {
        Task.Access out = whole(node);
        Task.Access first = window(node.input(0));
        Task.Access second = window(node.input(1));
        return switch (op.part()) {
            case OUTPUT ->
                new Task.Convolution(op.part(), op.geometry(), op.groups(), first, second, out, op.rounded());
            case INPUT -> new Task.Convolution(op.part(), op.geometry(), op.groups(), out, second, first, op.rounded());
            case KERNEL ->
                new Task.Convolution(op.part(), op.geometry(), op.groups(), first, out, second, op.rounded());
        };
    }

    /** Adds the copy of a stored node to another buffer. */
    void copy(Node node, int buffer, List<Task> tasks) {
        tasks.add(new LoopBuilder(node.shape(), List.of(), List.of(), storage, buffers)
                .move(node, whole(node).at(buffer)));
    }

    /** The first carries go to their memory, then the steps follow. */
    private void scan(Fused.Scan scan, Node node, List<Task> tasks) {
        Packed layout = scan.layout();
        for (int i = 0; i < scan.body().carries().size(); i++) {
            Node first = node.input(i);
            Shape shape = first.shape();
            Task.Access target =
                    new Task.Access(buffers.get(node), node.dtype(), layout.start(i), shape.dims(), shape.strides());
            tasks.add(new LoopBuilder(shape, List.of(), List.of(), storage, buffers).move(first, target));
        }
        if (scan.steps() > 0) {
            tasks.add(scans.get(node).task(storage, buffers));
        }
    }

    private Task.Loop loop(Unit unit) {
        return new LoopBuilder(unit, storage, buffers).build();
    }

    /** The product alone, or with its epilogue, which stores the product as well if somebody else reads it. */
    private Task chain(Task.Product product, Unit unit) {
        if (!unit.isChain()) {
            return product;
        }
        Task.Access out = product.out();
        int[] extents = product.extents();
        Task.Loop map = Epilogue.over(loop(unit), extents).orElseThrow();
        List<Task.Store> stores = new ArrayList<>(map.stores());
        boolean read = !scratch.contains(unit.nodes().get(0));
        for (int v = 0; read && stores.size() == map.stores().size(); v++) {
            if (map.values().get(v) instanceof Task.Load load && load.access().buffer() == out.buffer()) {
                stores.add(new Task.Store(
                        v,
                        new Task.Access(
                                out.buffer(),
                                out.dtype(),
                                0,
                                extents,
                                Shape.of(extents).strides())));
            }
        }
        return new Task.Chain(product, new Task.Loop(map.dims(), 0, map.values(), stores));
    }

    private void concat(int axis, Node node, List<Task> tasks) {
        long start = 0;
        long[] strides = node.shape().strides();
        for (Node part : node.inputs()) {
            Task.Access target = new Task.Access(
                    buffers.get(node),
                    node.dtype(),
                    start * strides[axis],
                    part.shape().dims(),
                    strides);
            tasks.add(new LoopBuilder(part.shape(), List.of(), List.of(), storage, buffers).move(part, target));
            start += part.shape().dim(axis);
        }
    }

    private void pad(View.Pad pad, Node node, List<Task> tasks) {
        LoopBuilder fill = new LoopBuilder(node.shape(), List.of(), List.of(), storage, buffers);
        tasks.add(fill.fill(pad.value(), whole(node)));
        Node inner = node.input(0);
        long offset = 0;
        long[] strides = node.shape().strides();
        for (int d = 0; d < strides.length; d++) {
            offset += pad.before().get(d) * strides[d];
            strides[d] *= pad.interior().get(d) + 1;
        }
        Task.Access target = new Task.Access(
                buffers.get(node), node.dtype(), offset, inner.shape().dims(), strides);
        tasks.add(new LoopBuilder(inner.shape(), List.of(), List.of(), storage, buffers).move(inner, target));
    }

    private Task attention(Fused.Attention op, Node node) {
        Packed parts = op.parts(node.inputs());
        return new Task.Attention(
                op.causal(),
                op.scale(),
                op.rounded(),
                window(node.input(0)),
                window(node.input(1)),
                window(node.input(2)),
                node.inputs().stream().skip(3).map(this::window).findFirst(),
                heads(part(node, parts, 0)),
                part(node, parts, 1));
    }

    private Task attentionGradient(Fused.AttentionGradient op, Node node) {
        Packed parts = op.parts(node.inputs());
        List<Task.Access> in = node.inputs().stream().map(this::window).toList();
        return new Task.AttentionGradient(
                op.causal(),
                op.scale(),
                op.rounded(),
                in,
                heads(part(node, parts, 0)),
                heads(part(node, parts, 1)),
                heads(part(node, parts, 2)));
    }

    private Task.Access part(Node node, Packed parts, int part) {
        Shape shape = parts.shapes().get(part);
        return new Task.Access(buffers.get(node), node.dtype(), parts.start(part), shape.dims(), shape.strides());
    }

    /** (B, T, H, E) seen as (B, H, T, E). */
    private static Task.Access heads(Task.Access access) {
        int[] d = access.dims();
        long[] s = access.strides();
        return new Task.Access(
                access.buffer(), access.dtype(), access.offset(), new int[] {d[0], d[2], d[1], d[3]}, new long[] {
                    s[0], s[2], s[1], s[3]
                });
    }

    private Task.Access window(Node node) {
        return storage.window(node, buffers);
    }

    private Task.Access whole(Node node) {
        Shape shape = node.shape();
        return new Task.Access(buffers.get(node), node.dtype(), 0, shape.dims(), shape.strides());
    }

    /** The same window with one axis moved to the end. */
    private static Task.Access last(Task.Access access, int axis) {
        int rank = access.dims().length;
        int[] dims = new int[rank];
        long[] strides = new long[rank];
        int next = 0;
        for (int d = 0; d < rank; d++) {
            int to = d == axis ? rank - 1 : next++;
            dims[to] = access.dims()[d];
            strides[to] = access.strides()[d];
        }
        return new Task.Access(access.buffer(), access.dtype(), access.offset(), dims, strides);
    }
}
