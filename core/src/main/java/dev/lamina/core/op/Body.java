package dev.lamina.core.op;

import dev.lamina.core.compiler.GraphKey;
import java.util.ArrayList;
import java.util.List;

/**
 * One step of a {@link Fused.Scan} as a graph on placeholders. Two bodies are equal if they compute the same in the same way.
 */
public final class Body {
    private final List<Node> carries;
    private final List<Node> sequences;
    private final List<Node> captures;
    private final List<Node> next;
    private final List<Node> outputs;
    private final GraphKey key;

    /**
     * @param carries placeholders of what goes from step to step
     * @param sequences placeholders of what each step finds at its own place
     * @param captures placeholders of what is the same for all steps
     * @param next what each carry becomes, in its shape and dtype
     * @param outputs what each step gives away
     */
    public Body(List<Node> carries, List<Node> sequences, List<Node> captures, List<Node> next, List<Node> outputs) {
        this.carries = List.copyOf(carries);
        this.sequences = List.copyOf(sequences);
        this.captures = List.copyOf(captures);
        this.next = List.copyOf(next);
        this.outputs = List.copyOf(outputs);
        key = GraphKey.of(inputs(), results());
    }

    /** Placeholders of what goes from step to step. */
    public List<Node> carries() {
        return carries;
    }

    /** Placeholders of what each step finds at its own place. */
    public List<Node> sequences() {
        return sequences;
    }

    /** Placeholders of what is the same for all steps. */
    public List<Node> captures() {
        return captures;
    }

    /** What each carry becomes. */
    public List<Node> next() {
        return next;
    }

    /** What each step gives away. */
    public List<Node> outputs() {
        return outputs;
    }

    /** All placeholders: carries, sequences, captures. */
    public List<Node> inputs() {
        List<Node> all = new ArrayList<>(carries);
        all.addAll(sequences);
        all.addAll(captures);
        return all;
    }

    /** All results: next carries, outputs. */
    public List<Node> results() {
        List<Node> all = new ArrayList<>(next);
        all.addAll(outputs);
        return all;
    }

    /** The same placeholders with other results, for passes. */
    public Body withResults(List<Node> results) {
        int count = next.size();
        return new Body(
                carries, sequences, captures, results.subList(0, count), results.subList(count, results.size()));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Body body
                && body.carries.size() == carries.size()
                && body.sequences.size() == sequences.size()
                && body.key.equals(key);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    @Override
    public String toString() {
        return next.size() + " carries, " + sequences.size() + " sequences, " + captures.size() + " captures, "
                + outputs.size() + " outputs";
    }
}
