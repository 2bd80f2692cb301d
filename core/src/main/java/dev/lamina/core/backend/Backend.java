package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;
import dev.lamina.core.op.Node;

/**
 * Turns graphs into something that runs. Found by {@link java.util.ServiceLoader}. {@code -Dlamina.backend} names the one to use; else it is the
 * CPU backend, and without that the one of highest priority.
 */
public interface Backend {
    /** Name in {@code -Dlamina.backend} and in {@link Backends#use}. */
    String name();

    /** Which backend is preferred when several are there: the highest. */
    int priority();

    /** One line: what it runs on and why. */
    String describe();

    /** True for the backend that others are checked against: it gets graphs as they were written, without passes. */
    default boolean isOracle() {
        return false;
    }

    /**
     * Whether this backend has a kernel for a node of a {@link dev.lamina.core.op.Fused} op. If not, the node's definition is compiled in its
     * place.
     */
    default boolean claims(Node node) {
        return false;
    }

    /** Compiles a graph; the graph has passed {@link dev.lamina.core.compiler.GraphCheck}. */
    Program compile(Graph graph);
}
