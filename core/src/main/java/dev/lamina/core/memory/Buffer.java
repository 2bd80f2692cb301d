package dev.lamina.core.memory;

import java.lang.foreign.MemorySegment;

/**
 * Native memory that frees itself. There is no {@code close()}: the bytes go back to the pool when neither the buffer nor
 * any segment taken from it is reachable. A slice, a read-only view or a byte buffer of the segment counts as such.
 *
 * <p>A raw {@link #address()} does not count. Whoever hands an address to machine code keeps the buffer or the segment
 * reachable until the code returns, for example with {@link java.lang.ref.Reference#reachabilityFence(Object)}.
 *
 * <p>Any thread may read and write the bytes; ordering between threads is up to the callers.
 */
public final class Buffer {

    private final MemorySegment segment;
    private final String holder;

    Buffer(MemorySegment segment, String holder) {
        this.segment = segment;
        this.holder = holder;
    }

    /**
     * The memory: exactly as many bytes as were asked for, starting on a multiple of 64 unless this is a part of another
     * buffer. Writable.
     *
     * @return the segment; it keeps the memory alive on its own
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * A part of this memory as a buffer of its own, which keeps the whole alive. It starts on a multiple of 64 only where the
     * offset is one.
     *
     * @param offset the first byte
     * @param bytes how many
     * @return the same bytes, not a copy
     */
    public Buffer slice(long offset, long bytes) {
        return new Buffer(segment.asSlice(offset, bytes), holder);
    }

    /**
     * The size that was asked for.
     *
     * @return the size in bytes
     */
    public long bytes() {
        return segment.byteSize();
    }

    /**
     * The address of the first byte. It does not keep the memory alive.
     *
     * @return the native address
     */
    public long address() {
        return segment.address();
    }

    /**
     * Who asked for the memory, as shown when memory is short: {@code "variable 'dense.weight'"}.
     *
     * @return the label given to {@link Memory#allocate(long, String)}
     */
    public String holder() {
        return holder;
    }

    /** Returns the holder and the size. */
    @Override
    public String toString() {
        return "Buffer(" + holder + ", " + ByteSize.text(bytes()) + ")";
    }
}
