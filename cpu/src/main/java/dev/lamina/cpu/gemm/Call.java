package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Entry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A step that is one call of code with a description in memory. The code finds the address of the description where its fourth argument
 * points to: at the beginning of the scratch, or in the description itself if the code uses no scratch.
 */
public final class Call implements Step {
    private static final MemorySegment EVERYTHING = everything();

    private final Entry entry;
    private final MemorySegment description;
    private final long address;
    private final boolean usesScratch;

    /** A description of so many bytes, all 0. */
    public Call(Entry entry, int bytes, boolean usesScratch) {
        this.entry = entry;
        this.usesScratch = usesScratch;
        description = Arena.ofAuto().allocate(bytes, 64);
        address = description.address();
        put(0, address);
    }

    @SuppressWarnings("restricted")
    private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    /** Writes a field of the description. */
    public Call put(int offset, long value) {
        description.set(ValueLayout.JAVA_LONG, offset, value);
        return this;
    }

    /** Describes which lanes are in use: as bits, and as lanes for AVX2. */
    public Call mask(int bitsAt, int lanesAt, Lanes lanes, int used) {
        put(bitsAt, (1L << used) - 1);
        for (int i = 0; i < used * lanes.elementBytes(); i++) {
            description.set(ValueLayout.JAVA_BYTE, lanesAt + i, (byte) -1);
        }
        return this;
    }

    /** The f32 number at an address that a step has written. */
    static float number(long address) {
        return EVERYTHING.get(ValueLayout.JAVA_FLOAT, address);
    }

    @Override
    public void run(long a, long b, long c, long scratch) {
        if (usesScratch) {
            EVERYTHING.set(ValueLayout.JAVA_LONG, scratch, address);
            entry.call(a, b, c, scratch);
        } else {
            entry.call(a, b, c, address);
        }
    }
}
