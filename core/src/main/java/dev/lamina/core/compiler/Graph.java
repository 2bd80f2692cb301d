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
 * @param fed how many of the first inputs may differ in each run; what follows them and is no target stays the same for many runs
 */
public record Graph(List<Node> inputs, List<Node> outputs, List<Integer> targets, int fed) {
    /** A graph without updates, all of whose inputs may differ in each run. */
    public Graph(List<Node> inputs, List<Node> outputs) {
        this(inputs, outputs, List.of(), inputs.size());
    }

    /** All nodes, inputs before users. */
    public List<Node> nodes() {
        return Nodes.order(outputs);
    }

    /** Whether an input stays the same for many runs. */
    public boolean stays(int input) {
        return input >= fed && input < inputs.size() && !targets.contains(input);
    }

    /** The same inputs and targets with other outputs, for passes. */
    public Graph withOutputs(List<Node> others) {
        return new Graph(inputs, others, targets, fed);
    }
}
