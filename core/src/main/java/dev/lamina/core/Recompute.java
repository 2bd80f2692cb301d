package dev.lamina.core;

import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Gradient checkpointing (Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016): the intermediate
 * values of a part of a network are not kept for the backward pass but computed again from the part's inputs.
 */
public final class Recompute {
    private Recompute() {}

    /**
     * Applies a function whose intermediate values are computed a second time in the backward pass. Value and gradients are the
     * same as without.
     *
     * @param part the function, of these inputs and of any variables
     * @param inputs its inputs; they are kept
     */
    public static Tensor of(Function<List<Tensor>, Tensor> part, Tensor... inputs) {
        Tensor result = part.apply(List.of(inputs));
        List<Node> nodes = new ArrayList<>();
        nodes.add(result.node());
        List.of(inputs).forEach(input -> nodes.add(input.node()));
        return Tensor.of(new Node(new Fused.Recompute(), List.copyOf(nodes), result.shape(), result.dtype()));
    }
}
