package dev.lamina.cpu.code;

/** A kernel that can be called once its batch is published. As long as it is reachable its code stays in memory. */
public final class Entry {
    Entry() {}

    /** Runs the kernel with four arguments: addresses and numbers. Any thread may call it at any time. */
    public void call(long a, long b, long c, long d) {
        throw new UnsupportedOperationException();
    }
}
