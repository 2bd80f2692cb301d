package dev.lamina.core.compiler;

import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import java.util.List;

/**
 * A graph ready to compile. It holds no data and no variables, so it may be kept.
 *
 * @param inputs the placeholders, in the order in which a run is fed; every leaf that is no constant or index is here
 * @param outputs what a run computes
 * @param targets for each output the input that it updates in place, or -1
 */
public record Graph(List<Node> inputs, List<Node> outputs, List<Integer> targets) {
    /** All nodes, inputs before users. */
    public List<Node> nodes() {
        return Nodes.order(outputs);
    }

    /** The same inputs and targets with other outputs, for passes. */
    public Graph withOutputs(List<Node> others) {
        return new Graph(inputs, others, targets);
    }
}
