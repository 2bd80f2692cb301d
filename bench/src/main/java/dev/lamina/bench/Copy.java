package dev.lamina.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A plain copy of memory, each thread a range: what the memory of this machine gives. */
final class Copy {
    private Copy() {}

    /** Copies so many bytes, counted twice: read and written. */
    static Work.Peer of(long bytes) {
        MemorySegment from = touched(bytes);
        MemorySegment to = touched(bytes);
        int lines = Math.toIntExact(bytes / 64);
        return new Work.Peer(
                "MemorySegment.copy",
                Unit.rate("GB/s", 2e-9 * bytes),
                () -> Team.run(
                        lines,
                        (first, last) -> MemorySegment.copy(from, 64L * first, to, 64L * first, 64L * (last - first))));
    }

    private static MemorySegment touched(long bytes) {
        return Arena.global().allocate(bytes, 64).fill((byte) 1);
    }
}
