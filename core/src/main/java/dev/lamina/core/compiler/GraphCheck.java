package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.op.Body;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks the rules that every graph keeps between passes. Runs after each pass with {@code -Dlamina.check=true}. */
public final class GraphCheck {
    private GraphCheck() {}

    /**
     * Checks shapes, dtypes and number of inputs of every node, and that all placeholders are inputs of the graph.
     *
     * @throws IllegalStateException if a pass has broken a rule
     */
    public static void check(Graph graph, String pass) {
        Set<Node> inputs = new HashSet<>(graph.inputs());
        for (Node node : graph.nodes()) {
            boolean known = !(node.op() instanceof Leaf.Input) || inputs.contains(node);
            if (!known || !holds(node)) {
                throw new IllegalStateException(
                        "after pass " + pass + ": " + node + " does not fit its inputs " + node.inputs());
            }
        }
    }

    private static boolean holds(Node node) {
        List<Node> in = node.inputs();
        return switch (node.op()) {
            case Leaf.Data ignored -> false;
            case Leaf.Read ignored -> false;
            case Leaf.Input ignored -> in.isEmpty();
            case Leaf.Constant ignored -> in.isEmpty();
            case Leaf.Iota ignored -> in.isEmpty() && node.shape().rank() == 1 && node.dtype() == DType.I64;
            case Elementwise op -> elementwise(op, node);
            case Reduce.Over reduce ->
                in.size() == 1
                        && Unit.rowShape(in.get(0).shape(), reduce.axes()).equals(node.shape());
            case Reduce.Scan scan ->
                moves(node)
                        && in.get(0).shape().equals(node.shape())
                        && scan.axis() < node.shape().rank();
            case View view -> view(view, node);
            case Contract.MatMul product ->
                product(in.get(0).shape(), in.get(1).shape(), node)
                        && (product.rounded() == node.dtype()
                                || (product.rounded() == DType.BF16 && node.dtype() == DType.F32));
            case Window.Conv conv ->
                conv.gives(in.get(0).shape(), in.get(1).shape(), node.shape())
                        && moves(node)
                        && in.size() == 2
                        && in.get(0).dtype() == node.dtype();
            case Window.Pool pool ->
                pool.fits(in.stream().map(Node::shape).toList(), node.shape())
                        && in.stream().allMatch(input -> input.dtype() == node.dtype());
            case Gather.Rows ignored -> rows(in.get(0), in.get(1), node);
            case Scatter.Rows ignored ->
                rows(in.get(0), in.get(1), in.get(2)) && in.get(0).shape().equals(node.shape());
            case Sort.Indices ignored ->
                node.dtype() == DType.I64 && in.get(0).shape().equals(node.shape());
            case Sample.Uniform ignored ->
                in.get(0).shape().rank() == 0 && in.get(0).dtype() == DType.I64;
            case Fused fused -> fused(fused, node);
        };
    }

    private static boolean fused(Fused fused, Node node) {
        return switch (fused) {
            case Fused.Recompute ignored -> moves(node) && node.input(0).shape().equals(node.shape());
            case Fused.Attention ignored -> attention(node, 3);
            case Fused.AttentionGradient ignored ->
                attention(node, 6) && node.input(5).shape().equals(upstream(node));
            case Fused.Scan scan -> scan(scan, node);
        };
    }

    private static boolean elementwise(Elementwise op, Node node) {
        List<Node> in = node.inputs();
        boolean shapes = in.stream().allMatch(input -> input.shape().equals(node.shape()));
        DType first = in.get(op == Elementwise.WHERE ? 1 : 0).dtype();
        boolean same = in.stream().skip(op == Elementwise.WHERE ? 1 : 0).allMatch(input -> input.dtype() == first);
        boolean result = op == Elementwise.CAST || node.dtype() == (op.isComparison() ? DType.BOOL : first);
        boolean condition = op != Elementwise.WHERE || in.get(0).dtype() == DType.BOOL;
        return in.size() == op.arity() && shapes && same && result && condition;
    }

    private static boolean scan(Fused.Scan scan, Node node) {
        Body body = scan.body();
        List<Node> inputs = body.inputs();
        boolean fits = inputs.size() == node.inputs().size()
                && node.shape().equals(scan.layout().shape())
                && body.next().size() == body.carries().size();
        int sequences = body.carries().size() + body.sequences().size();
        for (int i = 0; fits && i < inputs.size(); i++) {
            Node given = node.input(i);
            boolean carry = i < body.carries().size();
            Node next = carry ? body.next().get(i) : inputs.get(i);
            boolean sequence = !carry && i < sequences;
            Shape expected = inputs.get(i).shape();
            fits = given.dtype() == inputs.get(i).dtype()
                    && given.shape().equals(sequence ? expected.insert(0, scan.steps()) : expected)
                    && next.shape().equals(expected);
        }
        check(new Graph(inputs, body.results()), "body");
        return fits && body.results().stream().allMatch(result -> result.dtype() == node.dtype());
    }

    private static boolean moves(Node node) {
        return node.inputs().stream().allMatch(input -> input.dtype() == node.dtype())
                || node.inputs().size() > 1;
    }

    private static boolean view(View view, Node node) {
        Shape from = node.input(0).shape();
        Shape to = node.shape();
        boolean fits = switch (view) {
            case View.Reshape ignored -> from.size() == to.size();
            case View.Permute permute ->
                permute.axes().size() == from.rank()
                        && Shape.of(permute.axes().stream().mapToInt(from::dim).toArray())
                                .equals(to);
            case View.Expand ignored ->
                from.rank() == to.rank() && Shape.broadcast(from, to).equals(to);
            case View.Slice slice -> slice(slice, from, to);
            case View.Pad pad -> pad(pad, from, to);
            case View.Concat concat ->
                node.inputs().stream()
                                .mapToInt(part -> part.shape().dim(concat.axis()))
                                .sum()
                        == to.dim(concat.axis());
            case View.Stop ignored -> from.equals(to);
            case View.After ignored -> from.equals(to) && node.inputs().size() == 2;
        };
        return fits && node.input(0).dtype() == node.dtype();
    }

    private static boolean slice(View.Slice slice, Shape from, Shape to) {
        for (int d = 0; d < to.rank(); d++) {
            long last = slice.starts().get(d) + (long) slice.steps().get(d) * (to.dim(d) - 1);
            boolean inside = slice.starts().get(d) >= 0
                    && slice.starts().get(d) < from.dim(d)
                    && last >= 0
                    && last < from.dim(d);
            if (to.dim(d) > 0 && !inside) {
                return false;
            }
        }
        return from.rank() == to.rank();
    }

    private static boolean pad(View.Pad pad, Shape from, Shape to) {
        for (int d = 0; d < to.rank(); d++) {
            int inner =
                    from.dim(d) + Math.max(from.dim(d) - 1, 0) * pad.interior().get(d);
            if (pad.before().get(d) < 0
                    || pad.after().get(d) < 0
                    || pad.before().get(d) + inner + pad.after().get(d) != to.dim(d)) {
                return false;
            }
        }
        return from.rank() == to.rank();
    }

    private static boolean product(Shape a, Shape b, Node node) {
        int rank = node.shape().rank();
        return a.rank() == rank
                && b.rank() == rank
                && a.dim(-1) == b.dim(-2)
                && a.with(-1, b.dim(-1)).equals(node.shape())
                && a.range(0, rank - 2).equals(b.range(0, rank - 2));
    }

    private static boolean attention(Node node, int plain) {
        List<Node> in = node.inputs();
        Shape q = in.get(0).shape();
        Shape k = in.get(1).shape();
        Shape v = in.get(2).shape();
        Shape scores = q.with(3, k.dim(2));
        return (in.size() == plain
                        || (in.size() == plain + 1 && in.get(plain).shape().equals(scores)))
                && in.stream().allMatch(input -> input.dtype() == node.dtype())
                && node.shape().rank() == 1
                && k.equals(q.with(1, k.dim(1)).with(2, k.dim(2)))
                && v.equals(k.with(3, v.dim(3)))
                && q.dim(1) % Math.max(1, k.dim(1)) == 0;
    }

    private static Shape upstream(Node node) {
        return node.input(0).shape().with(3, node.input(2).shape().dim(3));
    }

    private static boolean rows(Node data, Node index, Node rows) {
        return data.shape().rank() == 2
                && index.shape().rank() == 1
                && index.dtype() == DType.I64
                && rows.shape().equals(data.shape().with(0, index.shape().dim(0)))
                && rows.dtype() == data.dtype();
    }
}
