package dev.lamina.cpu.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies rows of elements of any type, without looking at them. */
final class RowCopy {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Below this number of bytes a loop is faster than a bulk copy. */
    private static final int BULK = 128;

    private RowCopy() {}

    /**
     * Copies n elements.
     *
     * @param first element of {@code from} that is read first
     * @param stride distance of the elements that are read
     * @param to where they go, one after the other, from element {@code at} on
     * @param bytes size of an element
     */
    static void copy(MemorySegment from, long first, long stride, MemorySegment to, long at, int n, int bytes) {
        if (stride == 1 && (long) n * bytes >= BULK) {
            MemorySegment.copy(from, first * bytes, to, at * bytes, (long) n * bytes);
            return;
        }
        switch (bytes) {
            case 1 -> {
                for (int i = 0; i < n; i++) {
                    to.set(BYTE, at + i, from.get(BYTE, first + i * stride));
                }
            }
            case 2 -> {
                for (int i = 0; i < n; i++) {
                    to.set(SHORT, (at + i) * 2, from.get(SHORT, (first + i * stride) * 2));
                }
            }
            case 4 -> {
                for (int i = 0; i < n; i++) {
                    to.set(INT, (at + i) * 4, from.get(INT, (first + i * stride) * 4));
                }
            }
            case 8 -> {
                for (int i = 0; i < n; i++) {
                    to.set(LONG, (at + i) * 8, from.get(LONG, (first + i * stride) * 8));
                }
            }
            default -> throw new IllegalStateException("elements of " + bytes + " bytes");
        }
    }
}
