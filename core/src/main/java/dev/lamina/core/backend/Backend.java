package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;

/**
 * Turns graphs into something that runs. Found by {@link java.util.ServiceLoader}; the available backend of highest priority
 * is used unless {@code -Dlamina.backend} names one.
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

    /** Compiles a graph; the graph has passed {@link dev.lamina.core.compiler.GraphCheck}. */
    Program compile(Graph graph);
}
