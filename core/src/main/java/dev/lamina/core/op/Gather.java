package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import java.util.List;

/** Reads by index. */
public sealed interface Gather extends Op {
    /**
     * Rows of data (R, W) at index (N,), i64: the result is (N, W). An index outside 0..R-1 is an error.
     *
     * @param name who reads, for the message of that error
     */
    record Rows(String name) implements Gather {
        @Override
        public List<?> parameters() {
            return List.of(name);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Node data = node.input(0);
            Tensor zeros = Tensor.zeros(data.dtype(), data.shape());
            sink.add(data, zeros.scatterRows(Scatter.Kind.ADD, Tensor.of(node.input(1)), upstream));
        }
    }
}
