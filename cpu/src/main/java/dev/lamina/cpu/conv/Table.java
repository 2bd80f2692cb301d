package dev.lamina.cpu.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers in native memory, which live as long as this is reachable. */
final class Table {
    private final MemorySegment numbers;

    Table(long... numbers) {
        this.numbers = Arena.ofAuto().allocate(Math.max(1, numbers.length) * 8L, 64);
        MemorySegment.copy(numbers, 0, this.numbers, ValueLayout.JAVA_LONG, 0, numbers.length);
        length = numbers.length;
    }

    private final int length;

    long begin() {
        return numbers.address();
    }

    long end() {
        return numbers.address() + 8L * length;
    }

    boolean isEmpty() {
        return length == 0;
    }
}
