package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import java.util.List;

/**
 * What a node computes. Eleven sealed families; a backend switches over them without {@code default}, so that the compiler
 * lists what is missing. Each op states its gradient beside its meaning.
 */
public sealed interface Op
        permits Leaf, Elementwise, Reduce, View, Contract, Window, Gather, Scatter, Sort, Sample, Fused {
    /**
     * Vector-Jacobian product: hands the gradient of each differentiable input to the sink, as more graph, so that it can
     * be differentiated again. An op without gradient hands over nothing.
     *
     * @param node the node of this op
     * @param upstream gradient of the result, in its shape
     */
    void gradient(Node node, Tensor upstream, Sink sink);

    /** What tells ops of one class apart. */
    default List<?> parameters() {
        return List.of();
    }

    /**
     * Whether two ops compute the same from the same inputs. Not with the equals of records: that is put together at its first call, which
     * takes a good part of a process's first plan.
     */
    static boolean same(Op a, Op b) {
        return a instanceof Elementwise
                ? a.equals(b)
                : a.getClass() == b.getClass() && a.parameters().equals(b.parameters());
    }

    /** Equal for ops that are the same. */
    static int hash(Op op) {
        return op instanceof Elementwise
                ? op.hashCode()
                : 31 * op.getClass().hashCode() + op.parameters().hashCode();
    }

    /** Takes gradients of nodes during the reverse walk. */
    @FunctionalInterface
    interface Sink {
        /** Adds to the gradient of a node, in its shape and dtype. */
        void add(Node node, Tensor gradient);
    }
}
