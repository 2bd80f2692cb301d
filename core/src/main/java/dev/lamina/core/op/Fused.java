package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Ops that stand for a composite of other ops, which is their definition. A backend may claim one ({@link
 * dev.lamina.core.backend.Backend#claims}); for all others the compiler puts the definition in its place.
 */
public sealed interface Fused extends Op {
    /** The composite, on the inputs of a node of this op. */
    Tensor definition(Node node);

    /**
     * The first input, whose gradient is computed by computing it a second time, so that nothing between it and the other
     * inputs is kept for the backward pass (gradient checkpointing).
     */
    record Recompute() implements Fused {
        @Override
        public Tensor definition(Node node) {
            return Tensor.of(node.input(0));
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            List<Node> from = node.inputs().subList(1, node.inputs().size());
            Map<Node, Node> copies = new HashMap<>();
            for (Node start : from) {
                copies.put(
                        start,
                        new Node(new View.After(), List.of(start, upstream.node()), start.shape(), start.dtype()));
            }
            List<Node> frontier = new ArrayList<>();
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

    /**
     * Scaled dot-product attention (Vaswani et al., "Attention is all you need", 2017): with scores q k^T * scale + bias, the
     * softmax of each row of scores times v. Inputs: q (B, H, T, D), k (B, G, S, D), v (B, G, S, E) and, if wanted, a bias (B, H, T, S),
     * of one float dtype; G divides H, and query head h reads head h / (H / G) of k and v. A row in which every score is minus infinity
     * gives zeros.
     *
     * <p>The result is {@link Packed}: the output as (B, T, H, E), and for each row the logarithm of the sum of the
     * exponentials (B, H, T), plus infinity for a row of zeros.
     *
     * @param causal whether query i reads keys 0 to i only
     * @param rounded as in {@link Contract.MatMul}
     */
    record Attention(boolean causal, double scale, DType rounded) implements Fused {
        @Override
        public List<?> parameters() {
            return List.of(causal, scale, rounded);
        }

        @Override
        public Tensor definition(Node node) {
            return AttentionRules.forward(this, node);
        }

        /** The weights (B, H, T, S) of the values, as an ordinary composite. */
        public Tensor weights(Node node) {
            return AttentionRules.weights(this, node);
        }

        /** The output (B, H, T, E) for given weights. */
        public Tensor output(Tensor weights, Tensor v) {
            return AttentionRules.product(weights, v, rounded);
        }

        /** The parts of the result for these inputs: output and sums. */
        public Packed parts(List<Node> inputs) {
            return AttentionRules.parts(inputs);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            AttentionRules.gradient(this, node, upstream, sink);
        }
    }

    /**
     * The gradients of {@link Attention}. With p = exp(scores - sums) and g the gradient of the output, the gradient of the scores is
     * p * (g v^T - delta). Inputs: q, k, v, sums (B, H, T) as the attention gives them, delta (B, H, T), g (B, H, T, E) and, if there is
     * one, the bias. The result is {@link Packed}: the gradients of q (B, T, H, D), k (B, S, G, D) and v (B, S, G, E).
     */
    record AttentionGradient(boolean causal, double scale, DType rounded) implements Fused {
        @Override
        public List<?> parameters() {
            return List.of(causal, scale, rounded);
        }

        @Override
        public Tensor definition(Node node) {
            return AttentionRules.backward(this, node);
        }

        /** The parts of the result for these inputs: gradients of q, k and v. */
        public Packed parts(List<Node> inputs) {
            return AttentionRules.gradientParts(inputs);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            throughDefinition(node, upstream, sink);
        }

        /** The op of the attention that this is the gradient of. */
        public Attention attention() {
            return new Attention(causal, scale, rounded);
        }
    }

    /**
     * A step that is repeated for each element of sequences: {@code (carries, outputs[t]) = body(carries, sequences[t], captures)} for
     * t = 0 .. steps - 1, or from the last to the first. Inputs: first carries, sequences (steps, ...), captures. The result is
     * {@link Packed}: the last carries, then each output (steps, ...). Core itself lowers it, for all backends that run tasks.
     */
    record Scan(Body body, int steps, boolean reversed) implements Fused {
        @Override
        public List<?> parameters() {
            return List.of(body, steps, reversed);
        }

        /** The steps one after the other. */
        @Override
        public Tensor definition(Node node) {
            return Recurrence.unrolled(this, node);
        }

        /** The parts of the result. */
        public Packed layout() {
            List<Shape> shapes = new ArrayList<>();
            body.next().forEach(node -> shapes.add(node.shape()));
            body.outputs().forEach(node -> shapes.add(node.shape().insert(0, steps)));
            return new Packed(List.copyOf(shapes));
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            new ScanGradient(this, node).hand(upstream, sink);
        }
    }

    /** The gradient of an op whose definition is all that is known of it. */
    private static void throughDefinition(Node node, Tensor upstream, Op.Sink sink) {
        // An input may depend on another one; through copies each gets what is its own.
        List<Node> own = node.inputs().stream()
                .map(input -> new Node(new View.Reshape(), List.of(input), input.shape(), input.dtype()))
                .toList();
        Tensor definition = ((Fused) node.op()).definition(node.withInputs(own));
        Map<Node, Tensor> gradients = Gradients.walk(definition, upstream, own);
        for (int i = 0; i < own.size(); i++) {
            Tensor gradient = gradients.get(own.get(i));
            if (gradient != null) {
                sink.add(node.input(i), gradient);
            }
        }
    }
}
