package dev.lamina.cpu.code;

import java.lang.foreign.MemorySegment;

/**
 * Pages of 2 MB, which Linux gives to who asks for them. What fills most of a second-level cache needs them: pages of 4 KB are spread over
 * memory, so that some sets of the cache get more lines than they have room for, and each page costs a walk through the page tables.
 */
public final class LargePages {
    /** Bytes of a page. */
    public static final long SIZE = 2L << 20;

    private static final int DISCARD = 4;
    private static final int LARGE = 14;

    private LargePages() {}

    /**
     * Asks for large pages. Nothing is lost but speed where the system has none.
     *
     * @param memory at a multiple of {@link #SIZE}, whole pages; what is there is lost
     */
    public static void ask(MemorySegment memory) {
        long address = memory.address();
        long bytes = memory.byteSize();
        if (address % SIZE != 0 || bytes % SIZE != 0) {
            throw new IllegalArgumentException("pages: expected whole pages of " + SIZE + " bytes, got " + memory);
        }
        if (System.getProperty("os.name", "").equals("Linux")
                && (int) Native.system("madvise", address, bytes, LARGE, 0, 0, 0) == 0) {
            // Small pages that were written are given back, so that large ones take their place.
            Native.system("madvise", address, bytes, DISCARD, 0, 0, 0);
        }
    }
}
