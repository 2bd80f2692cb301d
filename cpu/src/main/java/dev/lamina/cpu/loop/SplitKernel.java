package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Kernel;
import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Runs the two loops of a {@link SplitLoop}. */
final class SplitKernel implements Kernel {
    private final Kernel blocks;
    private final Kernel merge;
    private final int first;
    private final FreeList<MemorySegment[]> partials;

    /**
     * @param bytes of the partial results of one fold
     */
    SplitKernel(SplitLoop split, Kernel blocks, Kernel merge, long bytes) {
        this.blocks = blocks;
        this.merge = merge;
        first = split.first();
        partials = new FreeList<>(() -> {
            MemorySegment[] all = new MemorySegment[first + split.partials()];
            Arrays.setAll(
                    all, i -> i < first ? MemorySegment.NULL : Arena.ofAuto().allocate(bytes, 64));
            return all;
        });
    }

    @Override
    public void run(MemorySegment[] buffers) {
        MemorySegment[] all = partials.take();
        System.arraycopy(buffers, 0, all, 0, Math.min(first, buffers.length));
        try {
            blocks.run(all);
            merge.run(all);
        } finally {
            Arrays.fill(all, 0, first, MemorySegment.NULL);
            partials.give(all);
        }
    }
}
