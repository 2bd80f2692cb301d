package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import java.util.List;

/** Ops that combine the elements along axes. */
public sealed interface Reduce extends Op {
    /** How elements are combined. */
    enum Kind {
        /** Sum; of nothing: 0. */
        SUM,
        /** Largest, NaN if one is; of nothing: an error. */
        MAX,
        /** Smallest, NaN if one is; of nothing: an error. */
        MIN,
        /** Index of the first largest element (the first NaN if there is one), along one axis. */
        ARGMAX,
        /** Index of the first smallest element (the first NaN if there is one), along one axis. */
        ARGMIN
    }

    /**
     * Combines all elements along the axes, which stay with extent 1. Sums of f16 and bf16 are accumulated in f32. The
     * dtype is that of the input; ARGMAX and ARGMIN give i64.
     */
    record Over(Kind kind, List<Integer> axes) implements Reduce {
        @Override
        public List<?> parameters() {
            return List.of(kind, axes);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Node input = node.input(0);
            switch (kind) {
                case SUM -> sink.add(input, upstream.expandTo(input.shape()));
                case MAX, MIN -> {
                    // Equal extremes share the gradient.
                    Tensor hit = Tensor.of(input)
                            .eq(Tensor.of(node).expandTo(input.shape()))
                            .cast(input.dtype());
                    Tensor share = upstream.div(
                            hit.sumKeep(axes.stream().mapToInt(i -> i).toArray()));
                    sink.add(input, hit.mul(share.expandTo(input.shape())));
                }
                case ARGMAX, ARGMIN -> {}
            }
        }
    }

    /** Running sum along an axis, from the first element on or, reversed, from the last. Same shape and dtype. */
    record Scan(int axis, boolean reversed) implements Reduce {
        @Override
        public List<?> parameters() {
            return List.of(axis, reversed);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            sink.add(node.input(0), upstream.scan(axis, !reversed));
        }
    }
}
