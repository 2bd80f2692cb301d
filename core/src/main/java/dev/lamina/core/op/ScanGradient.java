package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The gradient of a {@link Fused.Scan}: a scan in the other direction over the gradient of its body (backpropagation through time,
 * Werbos 1990), whose carries are the gradients of the carries. What the body kept is read; the rest is computed again. The
 * gradient of a captured matrix, a sum over steps of products, is no sum that each step adds to: the factors of all steps
 * are laid one below the other, and one product follows the scan, or a few whose sum it is.
 */
final class ScanGradient {
    /** Terms of a sum over all steps that are worth a part of their own. */
    private static final int FEWEST_TERMS = 512;

    private final Fused.Scan scan;
    private final Node node;
    private final Body body;
    private final int carries;

    /** Placeholders of the backward step, and what they get. */
    private final List<Node> backCarries = new ArrayList<>();

    private final List<Node> next = new ArrayList<>();
    private final List<Node> first = new ArrayList<>();
    private final Map<Node, Node> rows = new LinkedHashMap<>();

    /** What the backward step gives away, and placeholders for all of it: (T, shape of a step). */
    private final Map<Node, Tensor> outputs = new LinkedHashMap<>();

    /** For each result of the backward scan that is a last carry the placeholder that stands for it so far. */
    private final Map<Node, Tensor> totals = new LinkedHashMap<>();

    /** Nodes of the forward step whose values are kept, and where. */
    private final Map<Node, Tensor> kept = new HashMap<>();

    ScanGradient(Fused.Scan scan, Node node) {
        this.scan = scan;
        this.node = node;
        body = scan.body();
        carries = body.carries().size();
    }

    /** Hands the gradients of all inputs to the sink. */
    void hand(Tensor upstream, Op.Sink sink) {
        Packed layout = scan.layout();
        List<Tensor> parts = Recurrence.parts(node);
        Map<Node, Tensor> seeds = new LinkedHashMap<>();
        for (int i = 0; i < carries; i++) {
            Tensor gradient = layout.part(upstream, i);
            Node placeholder = placeholder(gradient.shape(), gradient);
            backCarries.add(placeholder);
            first.add(gradient.node());
            seeds.merge(body.next().get(i), Tensor.of(placeholder), Tensor::add);
        }
        for (int i = 0; i < body.outputs().size(); i++) {
            Tensor gradient = layout.part(upstream, carries + i);
            if (!Packed.isZero(gradient)) {
                Node placeholder = placeholder(gradient.shape().remove(0), gradient);
                rows.put(placeholder, gradient.node());
                seeds.merge(body.outputs().get(i), Tensor.of(placeholder), Tensor::add);
            }
            kept.putIfAbsent(body.outputs().get(i), parts.get(carries + i));
        }
        for (int i = 0; i < body.sequences().size(); i++) {
            kept.putIfAbsent(body.sequences().get(i), Tensor.of(node.input(carries + i)));
        }
        Map<Node, Tensor> gradients = Gradients.walk(seeds, body.inputs());
        List<Tensor> results = results(gradients);
        Map<Node, Node> known = backward();
        for (int i = 0; i < results.size(); i++) {
            if (!Packed.isZero(results.get(i))) {
                sink.add(node.input(i), substituted(results.get(i).node(), known));
            }
        }
    }

    private static Node placeholder(Shape shape, Tensor like) {
        return new Node(new Leaf.Input(), List.of(), shape, like.dtype());
    }

    /** The gradient of each input of the scan, in terms of placeholders for what the backward scan gives. */
    private List<Tensor> results(Map<Node, Tensor> gradients) {
        List<Node> inputs = body.inputs();
        Tensor[] results = new Tensor[inputs.size()];
        for (int i = 0; i < inputs.size(); i++) {
            results[i] = Tensor.of(node.input(i)).zerosLike();
        }
        for (int i = 0; i < carries; i++) {
            Tensor gradient = gradients.getOrDefault(inputs.get(i), results[i]);
            next.add(gradient.node());
            results[i] = Tensor.of(placeholder(gradient.shape(), gradient));
            totals.put(results[i].node(), results[i]);
        }
        // Matrices first: what their gradients lay out, sums for biases find there.
        List<Integer> order = new ArrayList<>();
        for (int i = carries; i < inputs.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingInt(i -> -inputs.get(i).shape().rank()));
        int sequences = carries + body.sequences().size();
        for (boolean captured : new boolean[] {false, true}) {
            for (int i : order) {
                Tensor gradient = gradients.get(inputs.get(i));
                if (gradient != null && inputs.get(i).dtype().isFloat() && captured == (i >= sequences)) {
                    results[i] = captured ? total(gradient.node()) : laid(gradient.node());
                }
            }
        }
        return List.of(results);
    }

    /** All steps of a value, (T, ...). */
    private Tensor laid(Node value) {
        Tensor found = kept.get(value);
        return found != null
                ? found
                : outputs.computeIfAbsent(
                        value, key -> Tensor.input(key.dtype(), key.shape().insert(0, scan.steps())));
    }

    /** The sum of a value over all steps. */
    private Tensor total(Node value) {
        if (value.op() instanceof Leaf.Constant constant) {
            return Tensor.full(value.dtype(), constant.value() * scan.steps(), value.shape());
        }
        boolean moves = value.op() instanceof View.Reshape
                || value.op() instanceof View.Permute
                || value.op() instanceof View.Expand
                || value.op() instanceof View.Slice
                || (value.op() instanceof View.Pad pad && pad.value() == 0);
        if (moves) {
            return Tensor.of(value.withInputs(List.of(total(value.input(0)).node())));
        }
        if (value.op() == Elementwise.ADD) {
            return total(value.input(0)).add(total(value.input(1)));
        }
        if (value.op() instanceof Contract.MatMul product && value.shape().rank() == 2) {
            Node left = value.input(0);
            boolean turned = left.op() instanceof View.Permute;
            Node a = turned ? left.input(0) : Tensor.of(left).transpose().node();
            Tensor below = below(a);
            Tensor other = below(value.input(1));
            int groups = groups(below.shape().dim(0));
            return groups == 1
                    ? below.transpose().product(other, product.rounded())
                    : grouped(below, groups)
                            .transpose()
                            .product(grouped(other, groups), product.rounded())
                            .sum(0);
        }
        if (value.op() instanceof Reduce.Over sum && sum.kind() == Reduce.Kind.SUM && isLaid(value.input(0))) {
            int[] axes = sum.axes().stream().mapToInt(axis -> axis + 1).toArray();
            return laid(value.input(0)).sumKeep(axes).sum(0);
        }
        return added(value);
    }

    /** The matrices of all steps one below the other. */
    private Tensor below(Node matrix) {
        return laid(matrix)
                .reshape(Shape.of(
                        scan.steps() * matrix.shape().dim(0), matrix.shape().dim(1)));
    }

    /** In how many parts such a long sum is computed at the same time, each of which reads its own rows only. */
    private static int groups(int rows) {
        return IntStream.of(4, 3, 2)
                .filter(count -> rows % count == 0 && rows / count >= FEWEST_TERMS)
                .findFirst()
                .orElse(1);
    }

    private static Tensor grouped(Tensor matrix, int groups) {
        int rows = matrix.shape().dim(0) / groups;
        return matrix.reshape(Shape.of(groups, rows, matrix.shape().dim(1)));
    }

    private boolean isLaid(Node value) {
        return kept.containsKey(value) || outputs.containsKey(value);
    }

    /** A carry that each step adds to. */
    private Tensor added(Node value) {
        Tensor sum = Tensor.input(value.dtype(), value.shape());
        backCarries.add(sum.node());
        first.add(sum.zerosLike().node());
        next.add(sum.add(Tensor.of(value)).node());
        Tensor total = Tensor.input(value.dtype(), value.shape());
        totals.put(total.node(), total);
        return total;
    }

    /** The backward scan: for each placeholder of a result the node that it stands for. */
    private Map<Node, Node> backward() {
        List<Node> captures = body.captures();
        int at = carries + body.sequences().size();
        Map<Node, Node> replaced = new HashMap<>();
        for (int i = 0; i < captures.size(); i++) {
            replaced.put(captures.get(i), node.input(at + i));
        }
        List<Node> results = new ArrayList<>(next);
        results.addAll(outputs.keySet());
        for (Node inside : Nodes.order(results, kept::containsKey)) {
            Tensor all = kept.get(inside);
            if (all != null) {
                Node placeholder = placeholder(inside.shape(), all);
                rows.put(placeholder, all.node());
                replaced.put(inside, placeholder);
            }
        }
        Map<Node, Node> copies = Nodes.rewrite(
                Nodes.order(results, replaced::containsKey),
                (inside, inputs) -> replaced.getOrDefault(inside, Nodes.with(inside, inputs)));
        results.replaceAll(copies::get);
        return parts(results);
    }

    /** Builds the scan. Its results have one dtype: where those of the step differ, the one that holds all. */
    private Map<Node, Node> parts(List<Node> results) {
        DType dtype = results.get(0).dtype();
        for (Node result : results) {
            dtype = DType.promote(dtype, result.dtype());
        }
        Map<Node, Node> wide = new HashMap<>();
        for (int i = 0; i < backCarries.size(); i++) {
            Node carry = backCarries.get(i);
            Tensor held = Tensor.input(dtype, carry.shape());
            wide.put(carry, held.cast(carry.dtype()).node());
            backCarries.set(i, held.node());
            first.set(i, Tensor.of(first.get(i)).cast(dtype).node());
        }
        List<Node> typed = new ArrayList<>();
        for (Node result : results) {
            typed.add(substituted(result, wide).cast(dtype).node());
        }
        int count = next.size();
        Recurrence back = new Recurrence(
                backCarries, List.copyOf(rows.keySet()), typed.subList(0, count), typed.subList(count, typed.size()));
        List<Tensor> parts =
                Recurrence.parts(back.node(first, List.copyOf(rows.values()), scan.steps(), !scan.reversed()));
        List<Tensor> placeholders = new ArrayList<>(totals.values());
        placeholders.addAll(outputs.values());
        Map<Node, Node> known = new HashMap<>();
        for (int i = 0; i < placeholders.size(); i++) {
            Tensor placeholder = placeholders.get(i);
            known.put(placeholder.node(), parts.get(i).cast(placeholder.dtype()).node());
        }
        return known;
    }

    private static Tensor substituted(Node result, Map<Node, Node> known) {
        List<Node> order = Nodes.order(List.of(result), inside -> inside.value() != null || known.containsKey(inside));
        Map<Node, Node> copies =
                Nodes.rewrite(order, (inside, inputs) -> known.getOrDefault(inside, Nodes.with(inside, inputs)));
        return Tensor.of(copies.get(result));
    }
}
