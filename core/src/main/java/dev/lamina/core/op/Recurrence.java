package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes the node of a {@link Fused.Scan} from one traced step. */
public final class Recurrence {
    private final List<Node> carries;
    private final List<Node> sequences;
    private final List<Node> next;
    private final List<Node> outputs;
    private final Set<Node> dependent = new HashSet<>();

    /** What the step reads from outside, and the placeholders for it. */
    private final List<Node> outside = new ArrayList<>();

    private final List<Node> captures = new ArrayList<>();

    /**
     * A step that has been traced.
     *
     * @param carries placeholders of what goes from step to step
     * @param sequences placeholders of the elements of sequences
     * @param next what each carry becomes
     * @param outputs what the step gives away
     */
    public Recurrence(List<Node> carries, List<Node> sequences, List<Node> next, List<Node> outputs) {
        this.carries = carries;
        this.sequences = sequences;
        this.next = next;
        this.outputs = outputs;
    }

    /**
     * The node of all steps.
     *
     * @param first what each carry is before the first step
     * @param rows the sequences, (T, shape of a step)
     */
    public Node node(List<Node> first, List<Node> rows, int steps, boolean reversed) {
        List<Node> results = new ArrayList<>(next);
        results.addAll(outputs);
        List<Node> inside = inside(results);
        results.addAll(kept(inside, results));
        int count = next.size();
        Body body = new Body(
                carries, sequences, captures, results.subList(0, count), results.subList(count, results.size()));
        Fused.Scan scan = new Fused.Scan(body, steps, reversed);
        List<Node> inputs = new ArrayList<>(first);
        inputs.addAll(rows);
        inputs.addAll(outside);
        DType dtype = results.isEmpty() ? DType.F32 : results.get(0).dtype();
        return new Node(scan, List.copyOf(inputs), scan.layout().shape(), dtype);
    }

    /** The nodes of a step, inputs before users, with placeholders for all that is computed outside, once for all steps. */
    private List<Node> inside(List<Node> results) {
        dependent.addAll(carries);
        dependent.addAll(sequences);
        List<Node> order = Nodes.order(results, node -> node.value() != null || dependent.contains(node));
        for (Node node : order) {
            if (node.value() == null && node.inputs().stream().anyMatch(dependent::contains)) {
                dependent.add(node);
            }
        }
        Set<Node> needed = new LinkedHashSet<>(results);
        List<Node> inside = new ArrayList<>();
        for (int i = order.size() - 1; i >= 0; i--) {
            Node node = order.get(i);
            if (needed.contains(node) && isInside(node)) {
                inside.addFirst(node);
                needed.addAll(node.inputs());
            }
        }
        Map<Node, Node> known = new HashMap<>();
        for (Node node : order) {
            if (needed.contains(node) && !isInside(node)) {
                Node placeholder = new Node(new Leaf.Input(), List.of(), node.shape(), node.dtype());
                outside.add(node);
                captures.add(placeholder);
                known.put(node, placeholder);
            }
        }
        return substituted(inside, known, results);
    }

    /** What a step computes for itself: what depends on it, constants, and views that repeat something small. */
    private boolean isInside(Node node) {
        boolean small = node.op() instanceof View.Expand || node.op() instanceof View.Reshape;
        boolean constant = node.op() instanceof Leaf.Constant || node.op() instanceof Leaf.Iota;
        return dependent.contains(node) || (node.value() == null && (small || constant));
    }

    private static List<Node> substituted(List<Node> inside, Map<Node, Node> known, List<Node> results) {
        Map<Node, Node> copies = new HashMap<>(known);
        List<Node> made = new ArrayList<>();
        for (Node node : inside) {
            List<Node> inputs = new ArrayList<>();
            for (Node input : node.inputs()) {
                inputs.add(copies.getOrDefault(input, input));
            }
            Node copy = Nodes.with(node, inputs);
            copies.put(node, copy);
            made.add(copy);
        }
        results.replaceAll(node -> copies.getOrDefault(node, node));
        return made;
    }

    /**
     * What the gradient will want besides: the carries before each step, and what cannot be computed again cheaply, such as products
     * (with what is added to them, so that one tensor stands for both). The compiler drops what nobody reads.
     */
    private List<Node> kept(List<Node> inside, List<Node> results) {
        Set<Node> kept = new LinkedHashSet<>();
        DType dtype = results.isEmpty() ? DType.F32 : results.get(0).dtype();
        if (!dtype.isFloat()) {
            return List.of();
        }
        Map<Node, Node> readers = new HashMap<>();
        for (Node node : inside) {
            for (Node input : node.inputs()) {
                // A node stands for several readers of itself.
                readers.merge(input, node, (one, other) -> one == other ? one : input);
            }
        }
        kept.addAll(carries);
        for (Node node : inside) {
            if (isHeavy(node.op())) {
                Node sum = node;
                Node reader = readers.getOrDefault(sum, sum);
                while (reader != sum
                        && reader.op() == Elementwise.ADD
                        && reader.shape().equals(sum.shape())) {
                    sum = reader;
                    reader = readers.getOrDefault(sum, sum);
                }
                kept.add(sum);
            }
        }
        kept.removeIf(node -> node.dtype() != dtype);
        results.subList(next.size(), results.size()).forEach(kept::remove);
        return List.copyOf(kept);
    }

    private static boolean isHeavy(Op op) {
        return switch (op) {
            case Leaf ignored -> false;
            case Elementwise ignored -> false;
            case View ignored -> false;
            case Sample ignored -> false;
            case Reduce.Over ignored -> false;
            case Reduce.Scan ignored -> true;
            case Contract ignored -> true;
            case Window ignored -> true;
            case Gather ignored -> true;
            case Scatter ignored -> true;
            case Sort ignored -> true;
            case Fused ignored -> true;
        };
    }

    /** The tensors that come out: final carries, then outputs of all steps. */
    public static List<Tensor> parts(Node scan) {
        List<Tensor> parts = new ArrayList<>();
        Packed layout = ((Fused.Scan) scan.op()).layout();
        for (int i = 0; i < layout.shapes().size(); i++) {
            parts.add(layout.part(Tensor.of(scan), i));
        }
        return parts;
    }

    /** The result of a scan as the graph of all its steps. */
    static Tensor unrolled(Fused.Scan scan, Node node) {
        Body body = scan.body();
        int carries = body.carries().size();
        int captures = carries + body.sequences().size();
        List<Node> current = new ArrayList<>(node.inputs());
        List<Node> order = Nodes.order(body.results());
        List<List<Tensor>> rows = new ArrayList<>();
        for (int s = 0; s < scan.steps(); s++) {
            int t = scan.reversed() ? scan.steps() - 1 - s : s;
            Map<Node, Node> known = new HashMap<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                Tensor input = Tensor.of(current.get(i));
                boolean sequence = i >= carries && i < captures;
                known.put(
                        body.inputs().get(i), (sequence ? input.narrow(0, t, 1).squeeze(0) : input).node());
            }
            Map<Node, Node> copies =
                    Nodes.rewrite(order, (inside, inputs) -> known.getOrDefault(inside, Nodes.with(inside, inputs)));
            for (int i = 0; i < carries; i++) {
                current.set(i, copies.get(body.next().get(i)));
            }
            rows.add(
                    scan.reversed() ? 0 : s,
                    body.outputs().stream()
                            .map(output -> Tensor.of(copies.get(output)))
                            .toList());
        }
        List<Tensor> parts = new ArrayList<>();
        current.subList(0, carries).forEach(last -> parts.add(Tensor.of(last)));
        for (int i = carries; i < body.results().size(); i++) {
            int output = i - carries;
            parts.add(
                    rows.isEmpty()
                            ? Tensor.zeros(node.dtype(), scan.layout().shapes().get(i))
                            : Tensor.stack(
                                    0, rows.stream().map(row -> row.get(output)).toList()));
        }
        return scan.layout().of(parts);
    }
}
