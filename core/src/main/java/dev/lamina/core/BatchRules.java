package dev.lamina.core;

import dev.lamina.core.op.Contract;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.Op;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Sample;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Sort;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** How each family of operations works on a batch: one rule per family. The batch axis N comes first. */
final class BatchRules {
    private BatchRules() {}

    /** The node that does for all examples what this one does for one. */
    static Node apply(Node node, Map<Node, Node> batched, int count) {
        List<Node> all = node.inputs().stream()
                .map(input -> expanded(input, batched, count))
                .toList();
        Shape shape = node.shape().insert(0, count);
        return switch (node.op()) {
            case Leaf ignored -> throw new IllegalStateException("a leaf does not depend on a batch");
            case Elementwise op -> new Node(op, all, shape, node.dtype());
            case Contract op -> new Node(op, all, shape, node.dtype());
            case Window.Conv conv -> convolution(conv, node, batched, all, count);
            case Window.Pool pool -> pooling(pool, all, shape);
            case Fused.Recompute op -> new Node(op, all, shape, node.dtype());
            case Fused fused -> composite(fused.definition(node).node(), node.inputs(), batched, count);
            case Reduce.Over over ->
                new Node(new Reduce.Over(over.kind(), later(over.axes())), all, shape, node.dtype());
            case Reduce.Scan scan ->
                new Node(new Reduce.Scan(scan.axis() + 1, scan.reversed()), all, shape, node.dtype());
            case View view -> new Node(view(view), all, shape, node.dtype());
            case Gather.Rows ignored -> gather(node, batched, count, all);
            case Scatter.Rows scatter -> scatter(scatter.kind(), node, all, count);
            case Sort.Indices sort ->
                node.shape().rank() == 0
                        ? Tensor.zeros(DType.I64, shape).node()
                        : new Node(sort, all, shape, node.dtype());
            case Sample.Uniform uniform -> sample(uniform, node, all.get(0), count);
        };
    }

    /** The batched form of a node; one that does not depend on the batch is repeated. */
    static Node expanded(Node node, Map<Node, Node> batched, int count) {
        Node form = batched.get(node);
        return form != null
                ? form
                : Tensor.of(node).expandTo(node.shape().insert(0, count)).node();
    }

    /** A fused op by its definition. */
    private static Node composite(Node definition, List<Node> inputs, Map<Node, Node> batched, int count) {
        Map<Node, Node> local = new HashMap<>(batched);
        for (Node node : Nodes.order(List.of(definition), inputs::contains)) {
            if (!inputs.contains(node) && node.inputs().stream().anyMatch(local::containsKey)) {
                local.put(node, apply(node, local, count));
            }
        }
        return expanded(definition, local, count);
    }

    private static List<Integer> later(List<Integer> axes) {
        return axes.stream().map(axis -> axis + 1).toList();
    }

    private static List<Integer> prepend(int first, List<Integer> rest) {
        List<Integer> result = new ArrayList<>(Collections.singletonList(first));
        result.addAll(rest);
        return List.copyOf(result);
    }

    private static Op view(View view) {
        return switch (view) {
            case View.Permute permute -> new View.Permute(prepend(0, later(permute.axes())));
            case View.Slice slice -> new View.Slice(prepend(0, slice.starts()), prepend(1, slice.steps()));
            case View.Pad pad ->
                new View.Pad(
                        prepend(0, pad.before()), prepend(0, pad.after()), prepend(0, pad.interior()), pad.value());
            case View.Concat concat -> new View.Concat(concat.axis() + 1);
            case View.Reshape same -> same;
            case View.Expand same -> same;
            case View.Stop same -> same;
            case View.After same -> same;
        };
    }

    /** Examples become images of one batch, or, where each has its own kernel, groups of channels. */
    private static Node convolution(Window.Conv conv, Node node, Map<Node, Node> batched, List<Node> all, int count) {
        boolean images = conv.part() != Window.Part.KERNEL && !batched.containsKey(node.input(1));
        Tensor first = Tensor.of(all.get(0));
        Tensor second = Tensor.of(all.get(1));
        Shape shape = node.shape().insert(0, count);
        if (images) {
            Tensor kernel = Tensor.of(node.input(1));
            return Primitives.convolved(conv, first.flatten(0, 1), kernel, merged(shape))
                    .reshape(shape)
                    .node();
        }
        Window.Conv grouped = new Window.Conv(conv.part(), conv.geometry(), conv.groups() * count, conv.rounded());
        int rank = node.shape().rank();
        // (E, A..., C) to (A..., E * C), with the last axis or, for a kernel, that of outputs
        Shape wide = node.shape().with(-1, node.shape().dim(-1) * count);
        Tensor result = Primitives.convolved(grouped, widened(first), widened(second), wide);
        int[] back = new int[rank + 1];
        back[0] = rank - 1;
        for (int d = 1; d < rank; d++) {
            back[d] = d - 1;
        }
        back[rank] = rank;
        Shape split = node.shape().insert(rank - 1, count);
        return result.reshape(split).permute(back).node();
    }

    private static Tensor widened(Tensor batch) {
        int[] axes = new int[batch.rank()];
        for (int d = 0; d < axes.length - 2; d++) {
            axes[d] = d + 1;
        }
        axes[axes.length - 2] = 0;
        axes[axes.length - 1] = axes.length - 1;
        return batch.permute(axes).flatten(-2, -1);
    }

    private static Node pooling(Window.Pool pool, List<Node> all, Shape shape) {
        Tensor[] inputs =
                all.stream().map(input -> Tensor.of(input).flatten(0, 1)).toArray(Tensor[]::new);
        return Primitives.pooled(pool, merged(shape), inputs).reshape(shape).node();
    }

    private static Shape merged(Shape shape) {
        return shape.remove(0).with(0, shape.dim(0) * shape.dim(1));
    }

    private static Node gather(Node node, Map<Node, Node> batched, int count, List<Node> all) {
        Node data = node.input(0);
        Shape shape = node.shape().insert(0, count);
        if (!batched.containsKey(data)) {
            Tensor flat =
                    Tensor.of(all.get(1)).reshape(Shape.of(count * node.shape().dim(0)));
            return Tensor.of(data).gatherRows(flat).reshape(shape).node();
        }
        int rows = data.shape().dim(0);
        Tensor flat = Tensor.of(all.get(0))
                .reshape(Shape.of(count * rows, data.shape().dim(1)));
        return flat.gatherRows(shifted(all.get(1), rows, count)).reshape(shape).node();
    }

    private static Node scatter(Scatter.Kind kind, Node node, List<Node> all, int count) {
        int rows = node.shape().dim(0);
        int width = node.shape().dim(1);
        Tensor base = Tensor.of(all.get(0)).reshape(Shape.of(count * rows, width));
        Tensor updates = Tensor.of(all.get(2))
                .reshape(Shape.of(count * node.input(2).shape().dim(0), width));
        Tensor index = shifted(all.get(1), rows, count);
        return base.scatterRows(kind, index, updates)
                .reshape(node.shape().insert(0, count))
                .node();
    }

    /** Indices (N, n) into rows of one example as indices (N * n,) into rows of all; a wrong one stays wrong. */
    private static Tensor shifted(Node index, int rows, int count) {
        Tensor local = Tensor.of(index);
        Tensor start = Tensor.arange(count).mul(rows).reshape(Shape.of(count, 1));
        Tensor inside = local.ge(0).logicalAnd(local.lt(rows));
        Tensor global = inside.where(local.add(start), Tensor.constant(DType.I64, -1));
        return global.reshape(Shape.of(Math.toIntExact(global.size())));
    }

    /** Each example has its own seed. */
    private static Node sample(Sample.Uniform uniform, Node node, Node seeds, int count) {
        List<Tensor> parts = IntStream.range(0, count)
                .mapToObj(i -> {
                    View.Slice one = new View.Slice(List.of(i), List.of(1));
                    Tensor seed = Tensor.of(seeds).sliced(one, Shape.of(1)).reshape(Shape.of());
                    Tensor numbers = Primitives.uniform(seed, uniform.stream(), node.dtype(), node.shape());
                    return numbers.reshape(node.shape().insert(0, 1));
                })
                .toList();
        return parts.isEmpty()
                ? Tensor.zeros(node.dtype(), node.shape().insert(0, 0)).node()
                : Primitives.concatenated(0, parts).node();
    }
}
