package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs the two loops of a {@link SplitLoop}, or of several that are split in the same way. */
final class SplitKernel implements Kernel {
    private final Kernel blocks;
    private final List<Kernel> merges;
    private final int first;
    private final FreeList<MemorySegment[]> partials;

    private SplitKernel(List<SplitLoop> splits, int count, Kernel blocks, List<Kernel> merges) {
        this.blocks = blocks;
        this.merges = merges;
        first = splits.getFirst().first();
        partials = new FreeList<>(() -> {
            MemorySegment[] all = new MemorySegment[splits.getLast().end()];
            Arrays.fill(all, MemorySegment.NULL);
            for (SplitLoop split : splits) {
                for (int i = split.first(); i < split.end(); i++) {
                    all[i] = Arena.ofAuto().allocate(8L * split.rows() * count, 64);
                }
            }
            return all;
        });
    }

    /**
     * A kernel for split loops.
     *
     * @param count number of blocks
     * @param blocks folds each block
     * @param merge makes the kernel that brings the blocks of a loop together, or null if there is none
     */
    static @Nullable Kernel of(
            List<SplitLoop> splits, int count, Kernel blocks, Function<Task.Loop, @Nullable Kernel> merge) {
        List<Kernel> merges = new ArrayList<>();
        for (SplitLoop split : splits) {
            Kernel kernel = merge.apply(split.merge(count));
            if (kernel == null) {
                return null;
            }
            merges.add(kernel);
        }
        return new SplitKernel(splits, count, blocks, List.copyOf(merges));
    }

    @Override
    public void run(MemorySegment[] buffers) {
        MemorySegment[] all = partials.take();
        System.arraycopy(buffers, 0, all, 0, Math.min(first, buffers.length));
        try {
            blocks.run(all);
            for (Kernel merge : merges) {
                merge.run(all);
            }
        } finally {
            Arrays.fill(all, 0, first, MemorySegment.NULL);
            partials.give(all);
        }
    }
}
