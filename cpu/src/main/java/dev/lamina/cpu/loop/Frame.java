package dev.lamina.cpu.loop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a kernel gets by address: a table of numbers, most of them addresses, and scratch memory behind it. Used again and again. */
public final class Frame {
    private final MemorySegment table;
    private final long scratch;

    Frame(int slots, long scratchBytes) {
        long offset = (slots * 8L + 63) / 64 * 64;
        table = Arena.ofAuto().allocate(Math.max(64, offset + scratchBytes), 64);
        scratch = table.address() + offset;
    }

    void set(int slot, long number) {
        table.set(ValueLayout.JAVA_LONG, slot * 8L, number);
    }

    long address() {
        return table.address();
    }

    long scratch() {
        return scratch;
    }
}
