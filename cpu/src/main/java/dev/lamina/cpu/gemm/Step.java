package dev.lamina.cpu.gemm;

/** Prepared machine code for one size of block. Immutable: any number of threads may run it at the same time, each with a scratch of its own. */
public interface Step {
    /**
     * Runs the code on addresses.
     *
     * @param a first element of the block of A, or what is packed
     * @param b first element of the block of B, or nothing (0) for a packing step
     * @param c first element of the block of C, or where a packing step writes
     * @param scratch {@link Engine#scratch} bytes that belong to the caller, aligned to 64
     */
    void run(long a, long b, long c, long scratch);
}
