package dev.lamina.cpu.loop;

import java.lang.foreign.MemorySegment;

/** A map over (B..., M, N) that can be applied piece by piece: what follows a product, while a piece of that is in the cache. */
public interface Region {
    /** Takes down where the buffers are, for any number of {@link #run}s, until {@link #release}. Allocates nothing in steady state. */
    Frame bind(MemorySegment[] buffers);

    /**
     * Computes the elements of one piece. Any number of threads may do so with one frame at the same time, for different pieces.
     *
     * @param frame from {@link #bind}
     * @param batch row-major index in (B...); 0 if there are no such axes
     * @param row first row
     * @param rows number of rows
     * @param column first column
     * @param columns number of columns
     */
    void run(Frame frame, int batch, int row, int rows, int column, int columns);

    /** Gives a frame back. */
    void release(Frame frame);
}
