package dev.lamina.core.backend;

import java.lang.foreign.MemorySegment;

/** One prepared task. It holds no data, so that several runners may use it at the same time. */
@FunctionalInterface
public interface Kernel {
    /**
     * Runs the task. Allocates nothing in steady state.
     *
     * @param buffers memory by buffer number: graph inputs, then graph outputs, then intermediate values
     */
    void run(MemorySegment[] buffers);
}
