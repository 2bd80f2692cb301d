package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Kernel;
import java.lang.foreign.MemorySegment;

/** A kernel whose work between a beginning and an end can be done image by image. */
interface ByImages extends Kernel {
    /** In how many equal slices images are dealt out to threads: each goes through its images in order. 0 if they may be cut anywhere, -1 if they cannot be. */
    int slices();

    /** Whether an image's inputs are read, and its outputs written, at its turn only. */
    default boolean isApart() {
        return true;
    }

    /** Prepares what all images share. */
    Started start(MemorySegment[] buffers);

    /** A run that has begun. */
    interface Started {
        /**
         * Works on an image; those of a slice come in order.
         *
         * @param back where it lies, by buffer: so many bytes before its place
         */
        void image(int image, long[] back);

        /** Ends the run, after all images; most have nothing left to do. */
        default void finish() {}

        /** Gives back what the run has taken, also if it failed. */
        void close();
    }
}
