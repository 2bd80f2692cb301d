package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Passes that make a graph smaller without changing a bit of its results, but for the order of sums behind pooling: constants are folded, operations without effect
 * leave, equal nodes become one.
 */
final class Simplify {
    /** No longer sums of paddings are looked at. */
    private static final int MOST_PADS = 16;

    private Simplify() {}

    static Graph run(Graph graph) {
        Map<Key, Node> known = new HashMap<>();
        Map<Node, Node> copies = Nodes.rewrite(graph.nodes(), (node, inputs) -> {
            Node simple = PoolGradients.moved(simplify(Nodes.with(node, inputs)), same -> known.get(Key.of(same)));
            boolean slot = simple.op() instanceof Leaf.Input;
            return slot ? simple : known.merge(Key.of(simple), simple, (first, same) -> first);
        });
        return graph.withOutputs(graph.outputs().stream().map(copies::get).toList());
    }

    /** Equal keys compute equal values. Nodes are equal by identity, and inputs have been unified before. */
    private record Key(Op op, List<Node> inputs, Shape shape, DType dtype) {
        static Key of(Node node) {
            return new Key(node.op(), node.inputs(), node.shape(), node.dtype());
        }

        // Written out: what a record brings is put together at its first call, and no AOT cache holds it.
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && Op.same(op, key.op)
                    && inputs.equals(key.inputs)
                    && shape.equals(key.shape)
                    && dtype == key.dtype;
        }

        @Override
        public int hashCode() {
            return 31 * (31 * Op.hash(op) + inputs.hashCode()) + shape.hashCode();
        }
    }

    private static Node simplify(Node node) {
        return switch (node.op()) {
            case Elementwise op -> elementwise(op, node);
            case View view -> view(view, node);
            case Reduce.Over reduce -> reduce(reduce, node);
            case Leaf ignored -> node;
            case Reduce.Scan ignored -> node;
            case Contract.MatMul product -> product(product, node);
            case Window ignored -> node;
            case Gather ignored -> node;
            case Scatter.Rows scatter -> RowOrder.scattered(scatter, node);
            case Sort ignored -> node;
            case Sample ignored -> node;
            case Fused ignored -> node;
        };
    }

    private static Node elementwise(Elementwise op, Node node) {
        boolean constant = true;
        for (Node input : node.inputs()) {
            constant &= input.op() instanceof Leaf.Constant;
        }
        if (constant) {
            return fold(op, node);
        }
        Node first = node.input(0);
        boolean one = node.inputs().size() == 2 && isConstant(node.input(1), 1);
        if (one && (op == Elementwise.MUL || op == Elementwise.DIV)) {
            return first;
        }
        if (op == Elementwise.MUL && isConstant(first, 1)) {
            return node.input(1);
        }
        if (op == Elementwise.ADD && node.input(1).op() instanceof View.Pad) {
            return joined(node);
        }
        boolean twice = op == Elementwise.NEG || op == Elementwise.NOT;
        return twice && first.op() == op ? first.input(0) : node;
    }

    /**
     * Gradients of slices add up paddings with zeros. Where these fill an axis between them, the sum is their contents side by side (but
     * for the sign of a zero).
     */
    private static Node joined(Node sum) {
        List<Node> pads = new ArrayList<>();
        Node rest = sum;
        while (rest.op() == Elementwise.ADD && rest.input(1).op() instanceof View.Pad && pads.size() < MOST_PADS) {
            pads.add(rest.input(1));
            rest = rest.input(0);
        }
        pads.add(rest);
        int axis = -1;
        for (Node pad : pads) {
            int padded = pad.op() instanceof View.Pad op ? paddedAxis(op, pad) : -1;
            if (padded < 0 || (axis >= 0 && padded != axis)) {
                return sum;
            }
            axis = padded;
        }
        int along = axis;
        pads.sort((a, b) -> Integer.compare(before(a, along), before(b, along)));
        int at = 0;
        for (Node pad : pads) {
            if (before(pad, along) != at) {
                return sum;
            }
            at += pad.input(0).shape().dim(along);
        }
        List<Node> parts = pads.stream().map(pad -> pad.input(0)).toList();
        return at != sum.shape().dim(along) ? sum : new Node(new View.Concat(along), parts, sum.shape(), sum.dtype());
    }

    private static int before(Node pad, int axis) {
        return ((View.Pad) pad.op()).before().get(axis);
    }

    /** The one axis along which zeros are added around something that is not empty, or -1. */
    private static int paddedAxis(View.Pad pad, Node node) {
        int axis = -1;
        for (int d = 0; d < node.shape().rank(); d++) {
            boolean grows = node.shape().dim(d) != node.input(0).shape().dim(d);
            if (pad.interior().get(d) != 0 || (grows && axis >= 0)) {
                return -1;
            }
            axis = grows ? d : axis;
        }
        return pad.value() == 0 && node.input(0).shape().size() > 0 ? axis : -1;
    }

    private static Node fold(Elementwise op, Node node) {
        double[] v = new double[3];
        for (int i = 0; i < node.inputs().size(); i++) {
            v[i] = node.input(i).op() instanceof Leaf.Constant constant ? constant.value() : 0;
        }
        double value;
        if (node.input(node.inputs().size() - 1).dtype().isFloat() || op == Elementwise.CAST) {
            value = op.apply(v[0], v[1], v[2]);
        } else {
            long exact = op.apply((long) v[0], (long) v[1], (long) v[2]);
            if (Math.abs(exact) > 1L << 53) {
                return node;
            }
            value = exact;
        }
        boolean truth = op == Elementwise.CAST && node.dtype() == DType.BOOL;
        double held = truth ? (value != 0 ? 1 : 0) : node.dtype().round(value);
        return new Node(new Leaf.Constant(held), List.of(), node.shape(), node.dtype());
    }

    private static boolean isConstant(Node node, double value) {
        return node.op() instanceof Leaf.Constant constant && constant.value() == value;
    }

    private static Node view(View view, Node node) {
        Node input = node.input(0);
        boolean filled =
                view instanceof View.Pad pad && input.op() instanceof Leaf.Constant c && c.value() == pad.value();
        boolean moved = !(view instanceof View.Pad) && !(view instanceof View.Concat);
        if (filled || (moved && input.op() instanceof Leaf.Constant)) {
            return new Node(
                    input.op() instanceof Leaf.Constant c ? c : input.op(), List.of(), node.shape(), node.dtype());
        }
        return switch (view) {
            case View.Stop ignored -> input;
            case View.Reshape ignored -> {
                Node from = input.op() instanceof View.Reshape ? input.input(0) : input;
                yield from.shape().equals(node.shape()) ? from : node.withInputs(List.of(from));
            }
            case View.Permute outer -> {
                if (input.op() instanceof View.Permute inner) {
                    List<Integer> axes = new ArrayList<>();
                    boolean same = true;
                    for (int axis : outer.axes()) {
                        same &= inner.axes().get(axis) == axes.size();
                        axes.add(inner.axes().get(axis));
                    }
                    Node from = input.input(0);
                    yield same ? from : new Node(new View.Permute(axes), List.of(from), node.shape(), node.dtype());
                }
                yield RowOrder.gathered(outer, node);
            }
            case View.Expand ignored -> node;
            case View.Slice ignored -> node;
            case View.Pad ignored -> node;
            case View.Concat ignored -> node;
            case View.After ignored -> node;
        };
    }

    /** A product of a column and a row has one term for each element, which a loop multiplies as well as anything. */
    private static Node product(Contract.MatMul product, Node node) {
        if (node.input(0).shape().dim(-1) != 1 || product.rounded() != node.dtype()) {
            return node;
        }
        List<Node> factors = new ArrayList<>();
        for (Node factor : node.inputs()) {
            boolean whole = factor.shape().equals(node.shape());
            factors.add(whole ? factor : new Node(new View.Expand(), List.of(factor), node.shape(), node.dtype()));
        }
        return new Node(Elementwise.MUL, factors, node.shape(), node.dtype());
    }

    private static Node reduce(Reduce.Over reduce, Node node) {
        Node input = node.input(0);
        List<Integer> axes = new ArrayList<>();
        for (int axis : reduce.axes()) {
            if (input.shape().dim(axis) != 1) {
                axes.add(axis);
            }
        }
        boolean trivial = axes.isEmpty();
        boolean same = axes.size() == reduce.axes().size();
        return switch (reduce.kind()) {
            case SUM, MAX, MIN ->
                trivial
                        ? input
                        : same
                                ? node
                                : new Node(
                                        new Reduce.Over(reduce.kind(), List.copyOf(axes)),
                                        node.inputs(),
                                        node.shape(),
                                        node.dtype());
            case ARGMAX, ARGMIN ->
                trivial ? new Node(new Leaf.Constant(0), List.of(), node.shape(), node.dtype()) : node;
        };
    }
}
