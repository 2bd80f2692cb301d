package dev.lamina.core.backend;

import java.lang.foreign.MemorySegment;

/** A compiled graph: immutable and shared between threads; each run goes through a runner of its own. */
public interface Program {
    /** Bytes of intermediate values that one runner holds. */
    long peakBytes();

    /** Steps and memory as text, for people. */
    String describe();

    /** New state for runs: intermediate memory. */
    Runner runner();

    /** Runs a program; one thread at a time. */
    interface Runner {
        /**
         * Computes all outputs. An output that updates an input (see {@link dev.lamina.core.compiler.Graph#targets}) gets the
         * input's own segment. Allocates nothing in steady state.
         *
         * @param inputs elements of each graph input, in order
         * @param outputs where the elements of each graph output go, in order
         */
        void run(MemorySegment[] inputs, MemorySegment[] outputs);
    }
}
