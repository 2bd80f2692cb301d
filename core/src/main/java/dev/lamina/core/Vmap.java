package dev.lamina.core;

import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Batching of functions written for one example: the function is traced once and each of its operations is replaced by the one
 * that works on all examples. With a gradient inside the function this gives per-example gradients.
 */
public final class Vmap {
    private Vmap() {}

    /** The function over the first axis: from (N, shape...) to (N, result...). */
    public static Function<Tensor, Tensor> of(Function<Tensor, Tensor> perExample) {
        return batch ->
                map(in -> List.of(perExample.apply(in.get(0))), List.of(batch)).get(0);
    }

    /**
     * Applies a function of several tensors to each example of batches.
     *
     * @param perExample gets one example of each batch, without the batch axis
     * @param batches tensors (N, ...) with the same N
     * @return the results, each with a first axis N
     * @throws ShapeException if the batches differ in their first extent or one has no axis
     */
    public static List<Tensor> map(Function<List<Tensor>, List<Tensor>> perExample, List<Tensor> batches) {
        int count = count(batches);
        Map<Node, Node> batched = new HashMap<>();
        List<Tensor> examples = new ArrayList<>();
        for (Tensor batch : batches) {
            Tensor example = Tensor.input(batch.dtype(), batch.shape().remove(0));
            examples.add(example);
            batched.put(example.node(), batch.node());
        }
        List<Node> results = perExample.apply(List.copyOf(examples)).stream()
                .map(Tensor::node)
                .toList();
        for (Node node : Nodes.order(results, node -> node.value() != null)) {
            boolean depends = node.value() == null && node.inputs().stream().anyMatch(batched::containsKey);
            if (depends && !batched.containsKey(node)) {
                batched.put(node, BatchRules.apply(node, batched, count));
            }
        }
        return results.stream()
                .map(node -> Tensor.of(BatchRules.expanded(node, batched, count)))
                .toList();
    }

    private static int count(List<Tensor> batches) {
        int count = batches.isEmpty() || batches.get(0).rank() == 0
                ? -1
                : batches.get(0).dim(0);
        for (Tensor batch : batches) {
            if (batch.rank() == 0 || batch.dim(0) != count) {
                throw new ShapeException("vmap: expected batches with one first extent, got "
                        + batches.stream().map(Tensor::shape).toList() + "; stack the examples along axis 0");
            }
        }
        return count;
    }
}
