package dev.lamina.cpu.gemm;

import dev.lamina.core.backend.PackingKernel;
import java.lang.foreign.MemorySegment;

/**
 * A product of few rows. To split B for the tile unit pays where that is done once for many runs, as in a recurrence; a single run is
 * faster without.
 *
 * @param once runs with B as it is
 * @param kept runs with a B that has been packed
 */
record KeptProduct(Driver once, Driver kept) implements PackingKernel {
    @Override
    public int packs() {
        return kept.packs();
    }

    @Override
    public long packedBytes() {
        return kept.packedBytes();
    }

    @Override
    public void pack(MemorySegment[] buffers, MemorySegment packed) {
        kept.pack(buffers, packed);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        once.run(buffers);
    }

    @Override
    public void run(MemorySegment[] buffers, MemorySegment packed) {
        kept.run(buffers, packed);
    }
}
