package dev.lamina.core.op;

import dev.lamina.core.Tensor;

/**
 * What a node computes. Ten sealed families; a backend switches over them without {@code default}, so that the compiler
 * lists what is missing. Each op states its gradient beside its meaning.
 */
public sealed interface Op permits Leaf, Elementwise, Reduce, View, Contract, Gather, Scatter, Sort, Sample, Fused {
    /**
     * Vector-Jacobian product: hands the gradient of each differentiable input to the sink, as more graph, so that it can
     * be differentiated again. An op without gradient hands over nothing.
     *
     * @param node the node of this op
     * @param upstream gradient of the result, in its shape
     */
    void gradient(Node node, Tensor upstream, Sink sink);

    /** Takes gradients of nodes during the reverse walk. */
    @FunctionalInterface
    interface Sink {
        /** Adds to the gradient of a node, in its shape and dtype. */
        void add(Node node, Tensor gradient);
    }
}
