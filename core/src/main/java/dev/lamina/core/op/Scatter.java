package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import java.util.List;

/** Writes by index. */
public sealed interface Scatter extends Op {
    /** What happens to the element that is there. */
    enum Kind {
        /** It is replaced; of several updates of one row the last one stays. */
        SET,
        /** The update is added; several updates of one row are added in their order. */
        ADD
    }

    /**
     * A copy of base (R, W) with the rows named by index (N,), i64, changed by updates (N, W). Inputs in this order. An
     * index outside 0..R-1 is an error.
     */
    record Rows(Kind kind) implements Scatter {
        @Override
        public List<?> parameters() {
            return List.of(kind);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Tensor index = Tensor.of(node.input(1));
            Tensor taken = upstream.gatherRows(index);
            switch (kind) {
                case ADD -> {
                    sink.add(node.input(0), upstream);
                    sink.add(node.input(2), taken);
                }
                case SET -> {
                    sink.add(node.input(0), upstream.scatterRows(kind, index, taken.zerosLike()));
                    sink.add(node.input(2), taken.mul(winners(node, index).cast(taken.dtype())));
                }
            }
        }

        /** (N, 1) true where the update is the last one of its row. */
        private static Tensor winners(Node node, Tensor index) {
            int rows = node.shape().dim(0);
            int count = index.shape().dim(0);
            Tensor order = Tensor.arange(DType.I64, count).reshape(count, 1);
            Tensor last =
                    Tensor.zeros(DType.I64, dev.lamina.core.Shape.of(rows, 1)).scatterRows(Kind.SET, index, order);
            return last.gatherRows(index).eq(order);
        }
    }
}
