package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.View;
import java.util.List;

/**
 * Rows that are read or added by index, where the leading axes change places after or before that, as steps and examples of embedded
 * sequences do: the index changes places, and the rows are where they are wanted.
 */
final class RowOrder {
    /** Elements of a row from which on it is larger than its index by far. */
    private static final int WIDE = 8;

    private RowOrder() {}

    /** The rows of a permutation, gathered in its order; the node itself if it is something else. */
    static Node gathered(View.Permute permute, Node node) {
        Node shaped = node.input(0);
        if (!(shaped.op() instanceof View.Reshape)
                || !(shaped.input(0).op() instanceof Gather.Rows)
                || !keepsRows(permute, shaped.shape(), shaped.input(0).shape().dim(1))) {
            return node;
        }
        Node rows = shaped.input(0);
        Tensor index = index(rows.input(1), shaped.shape(), permute.axes());
        Node gathered = rows.withInputs(List.of(rows.input(0), index.node()));
        return Tensor.of(gathered).reshape(node.shape()).node();
    }

    /** Sums of updates that were permuted before, in the order that these come in; the node itself if it is something else. */
    static Node scattered(Scatter.Rows scatter, Node node) {
        Node shaped = node.input(2);
        if (scatter.kind() != Scatter.Kind.ADD
                || !(shaped.op() instanceof View.Reshape)
                || !(shaped.input(0).op() instanceof View.Permute permute)
                || !keepsRows(permute, shaped.input(0).shape(), node.shape().dim(1))) {
            return node;
        }
        Integer[] inverse = new Integer[permute.axes().size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[permute.axes().get(i)] = i;
        }
        Tensor index = index(node.input(1), shaped.input(0).shape(), List.of(inverse));
        Tensor updates = Tensor.of(shaped.input(0).input(0)).reshape(shaped.shape());
        return node.withInputs(List.of(node.input(0), index.node(), updates.node()));
    }

    /** Whether the last axis is that of the elements of a row, and stays. */
    private static boolean keepsRows(View.Permute permute, Shape shape, int width) {
        int last = shape.rank() - 1;
        return last > 0 && permute.axes().get(last) == last && shape.dim(last) == width && width >= WIDE;
    }

    /** The index (N,) of rows of a shape, with the leading axes in another order. */
    private static Tensor index(Node index, Shape rows, List<Integer> axes) {
        int last = rows.rank() - 1;
        int[] leading = axes.subList(0, last).stream().mapToInt(axis -> axis).toArray();
        return Tensor.of(index).reshape(rows.remove(last)).permute(leading).reshape(index.shape());
    }
}
