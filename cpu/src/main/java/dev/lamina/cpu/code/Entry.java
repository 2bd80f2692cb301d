package dev.lamina.cpu.code;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** A kernel that can be called once its batch is published. As long as it is reachable its code stays in memory. */
public final class Entry {
    private record Code(CodeMemory memory, MemorySegment start) {}

    private final String name;
    private @Nullable Code code;

    Entry(String name) {
        this.name = name;
    }

    void publish(CodeMemory memory, long offset) {
        code = new Code(memory, MemorySegment.ofAddress(memory.address() + offset));
    }

    /** Where the code starts. It does not keep the code in memory. */
    public long address() {
        return published().start.address();
    }

    /** Runs the kernel with four arguments: addresses and numbers. Any thread may call it at any time. */
    public void call(long a, long b, long c, long d) {
        Code published = published();
        try {
            Native.call(published.start, a, b, c, d, 0, 0);
        } finally {
            Reference.reachabilityFence(published);
        }
    }

    private Code published() {
        Code published = code;
        if (published == null) {
            throw new IllegalStateException("kernel " + name + " is not published");
        }
        return published;
    }

    /** The kernel's name. */
    @Override
    public String toString() {
        return name;
    }
}
