package dev.lamina.bench.peers;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Native memory as the bindings want it. Who holds the pointer also holds the memory. */
final class Address extends BytePointer {
    private final MemorySegment segment;

    private Address(MemorySegment segment) {
        super((Pointer) null);
        this.segment = segment;
        address = segment.address();
        capacity = segment.byteSize();
        limit = capacity;
    }

    static Address of(MemorySegment segment) {
        return new Address(segment);
    }

    /** New memory, aligned and touched like ours. */
    static Address allocate(long bytes) {
        return new Address(Arena.global().allocate(bytes, 64).fill((byte) 0));
    }

    static Address of(float[] values) {
        Address address = allocate(4L * values.length);
        MemorySegment.copy(values, 0, address.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return address;
    }

    MemorySegment segment() {
        return segment;
    }
}
