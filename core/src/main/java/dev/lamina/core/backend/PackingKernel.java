package dev.lamina.core.backend;

import java.lang.foreign.MemorySegment;

/**
 * A kernel that brings one of its buffers into a form of its own before it works with it. Where that buffer stays the same for many runs,
 * it is packed once for all of them.
 */
public interface PackingKernel extends Kernel {
    /** The buffer that is packed. */
    int packs();

    /** Bytes of the packed form; 0 if this kernel reads the buffer as it is. */
    long packedBytes();

    /**
     * Packs the buffer. Called once in a while.
     *
     * @param packed where to, of {@link #packedBytes}, aligned to 64 bytes
     */
    void pack(MemorySegment[] buffers, MemorySegment packed);

    /** Runs the task with what has been packed of the same elements. */
    void run(MemorySegment[] buffers, MemorySegment packed);
}
