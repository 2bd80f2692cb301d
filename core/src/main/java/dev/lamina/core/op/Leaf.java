package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.List;

/** Nodes without inputs: data, variables, placeholders, constants, index numbers. */
public sealed interface Leaf extends Op {
    @Override
    default void gradient(Node node, Tensor upstream, Sink sink) {}

    /** Elements in a buffer; which buffer is no part of the structure. */
    record Data() implements Leaf {}

    /** A variable at one of its versions. */
    record Read(Variable variable, long version) implements Leaf {
        @Override
        public List<?> parameters() {
            return List.of(variable, version);
        }

        @Override
        public String toString() {
            return "Read[" + variable.name() + "]";
        }
    }

    /** A placeholder that a {@link dev.lamina.core.Plan} is fed through. */
    record Input() implements Leaf {}

    /** The same value everywhere, compiled into the plan. */
    record Constant(double value) implements Leaf {
        @Override
        public List<?> parameters() {
            return List.of(value);
        }
    }

    /** The numbers 0, 1, 2 ... of a shape with one axis. */
    record Iota() implements Leaf {}
}
