package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;

/** Nodes without inputs: data, variables, placeholders, constants, index numbers. */
public sealed interface Leaf extends Op {
    @Override
    default void gradient(Node node, Tensor upstream, Sink sink) {}

    /** Elements in a buffer; which buffer is no part of the structure. */
    record Data() implements Leaf {}

    /** A variable at one of its versions. */
    record Read(Variable variable, long version) implements Leaf {
        @Override
        public String toString() {
            return "Read[" + variable.name() + "]";
        }
    }

    /** A placeholder that a {@link dev.lamina.core.Plan} is fed through. */
    record Input() implements Leaf {}

    /** The same value everywhere, compiled into the plan. */
    record Constant(double value) implements Leaf {
        // Written out for quick starts: what a record brings is put together at its first call, and no AOT cache holds
        // it.
        @Override
        public boolean equals(Object other) {
            return other instanceof Constant constant && Double.compare(value, constant.value) == 0;
        }

        @Override
        public int hashCode() {
            return Double.hashCode(value);
        }
    }

    /** The numbers 0, 1, 2 ... of a shape with one axis. */
    record Iota() implements Leaf {}
}
