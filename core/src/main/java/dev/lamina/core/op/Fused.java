package dev.lamina.core.op;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ops that stand for a composite of other ops, which is their definition. */
public sealed interface Fused extends Op {
    /**
     * The first input, whose gradient is computed by computing it a second time, so that nothing between it and the other
     * inputs is kept for the backward pass (gradient checkpointing).
     */
    record Recompute() implements Fused {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            List<Node> from = node.inputs().subList(1, node.inputs().size());
            Map<Node, Node> copies = new HashMap<>();
            for (Node start : from) {
                copies.put(
                        start,
                        new Node(new View.After(), List.of(start, upstream.node()), start.shape(), start.dtype()));
            }
            List<Node> frontier = new java.util.ArrayList<>();
            Node again = Nodes.copy(node.input(0), copies, frontier);
            Map<Node, Tensor> grads =
                    Gradients.walk(Tensor.of(again), upstream, Collections.unmodifiableCollection(frontier));
            for (Node end : frontier) {
                Tensor gradient = grads.get(end);
                if (gradient != null) {
                    sink.add(end.op() instanceof View.After ? end.input(0) : end, gradient);
                }
            }
        }
    }
}
