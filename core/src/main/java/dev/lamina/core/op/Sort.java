package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import java.util.List;

/** Orders elements. */
public sealed interface Sort extends Op {
    /** The i64 indices that sort the last axis, stable; NaN counts as the largest. Values follow by a gather. */
    record Indices(boolean descending) implements Sort {
        @Override
        public List<?> parameters() {
            return List.of(descending);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {}
    }
}
