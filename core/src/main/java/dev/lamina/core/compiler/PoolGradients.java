package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Window;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What follows the gradient of a largest element goes before it, where there are as many elements as windows: the mask of relu, since the largest element
 * is what it asks for, and the sum over images and positions (of a bias), since each window gives its element to one position.
 */
final class PoolGradients {
    private PoolGradients() {}

    /**
     * The same value, made of fewer elements if possible.
     *
     * @param existing finds a node that is computed anyway, equal to another one
     */
    static Node moved(Node node, Function<Node, @Nullable Node> existing) {
        if (node.op() == Elementwise.WHERE && isSpread(node.input(2)) && isZero(node.input(1))) {
            return masked(node, existing);
        }
        boolean sum = node.op() instanceof Reduce.Over reduce && reduce.kind() == Reduce.Kind.SUM;
        return sum && isSpread(node.input(0)) ? summed(node) : node;
    }

    /** {@code x <= 0 ? 0 : spread(x, g)} is {@code spread(x, largest(x) <= 0 ? 0 : g)}. */
    private static Node masked(Node where, Function<Node, @Nullable Node> existing) {
        Node spread = where.input(2);
        Node x = spread.input(0);
        Node g = spread.input(1);
        Node asked = where.input(0);
        if (asked.op() != Elementwise.LE || asked.input(0) != x || !isZero(asked.input(1))) {
            return where;
        }
        Window.Pool pool = new Window.Pool(Window.Pooling.MAX, ((Window.Pool) spread.op()).geometry());
        Node largest = existing.apply(new Node(pool, List.of(x), g.shape(), x.dtype()));
        if (largest == null) {
            return where;
        }
        Node zero = new Node(new Leaf.Constant(0), List.of(), g.shape(), g.dtype());
        Node mask = new Node(Elementwise.LE, List.of(largest, zero), g.shape(), DType.BOOL);
        Node masked = new Node(Elementwise.WHERE, List.of(mask, zero, g), g.shape(), g.dtype());
        return spread.withInputs(List.of(x, masked));
    }

    private static Node summed(Node sum) {
        Node spread = sum.input(0);
        Node g = spread.input(1);
        List<Integer> axes = ((Reduce.Over) sum.op()).axes();
        int rank = g.shape().rank();
        Window.Geometry geometry = ((Window.Pool) spread.op()).geometry();
        // A window that lies in the padding gives its element to nobody.
        boolean inside = IntStream.range(0, geometry.axes())
                .allMatch(a -> geometry.before().get(a) == 0 && geometry.after().get(a) == 0);
        boolean positions = !axes.contains(rank - 1)
                && IntStream.range(0, rank - 1)
                        .allMatch(a -> axes.contains(a) || spread.shape().dim(a) == 1);
        if (!inside || !positions) {
            return sum;
        }
        List<Integer> rest = IntStream.range(0, rank - 1)
                .filter(a -> g.shape().dim(a) != 1)
                .boxed()
                .toList();
        return rest.isEmpty()
                ? g
                : new Node(new Reduce.Over(Reduce.Kind.SUM, rest), List.of(g), sum.shape(), sum.dtype());
    }

    private static boolean isSpread(Node node) {
        return node.op() instanceof Window.Pool pool && pool.kind() == Window.Pooling.MAX_INPUT;
    }

    private static boolean isZero(Node node) {
        return node.op() instanceof Leaf.Constant constant && constant.value() == 0;
    }
}
