package dev.lamina.core.backend;

import java.lang.foreign.MemorySegment;

/** A compiled graph: immutable and shared between threads; each run goes through a runner of its own. */
public interface Program {
    /** Bytes of intermediate values that one runner holds. */
    long peakBytes();

    /** What a program without anything to keep keeps. */
    MemorySegment[] NOTHING = {};

    /**
     * Computes what runs need of the inputs that stay the same for many of them ({@link dev.lamina.core.compiler.Graph#stays}): values, and
     * inputs in the form that kernels want. Runs of several threads may share it, as long as those inputs do not change.
     *
     * @param inputs elements of each graph input, in order; those that are fed are not looked at
     */
    default MemorySegment[] keep(MemorySegment[] inputs) {
        return NOTHING;
    }

    /** Steps and memory as text, for people. */
    String describe();

    /** New state for runs: intermediate memory. */
    Runner runner();

    /** Runs a program; one thread at a time. It holds what it was given last, so idle ones are held weakly. */
    interface Runner {
        /**
         * Computes all outputs. An output that updates an input (see {@link dev.lamina.core.compiler.Graph#targets}) gets the
         * input's own segment. Allocates nothing in steady state.
         *
         * @param inputs elements of each graph input, in order
         * @param kept what {@link Program#keep} made of inputs with the same elements
         * @param outputs where the elements of each graph output go, in order
         */
        void run(MemorySegment[] inputs, MemorySegment[] kept, MemorySegment[] outputs);
    }
}
