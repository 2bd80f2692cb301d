package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Kernel;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;

/** Runs loops that are cut alike: one part of each, then the next part of each. */
final class BandKernel implements Kernel {
    private final int parts;
    private final Pool pool;
    private final FreeList<Run> runs;

    BandKernel(List<LoopKernel> loops, int parts, Pool pool) {
        this.parts = parts;
        this.pool = pool;
        runs = new FreeList<>(
                () -> new Run(loops.stream().map(LoopKernel::fresh).toArray(LoopKernel.Run[]::new)));
    }

    @Override
    public void run(MemorySegment[] memory) {
        Run run = runs.take();
        try {
            for (LoopKernel.Run loop : run.loops) {
                loop.bind(memory);
            }
            pool.run(parts, run);
        } finally {
            runs.give(run);
            Reference.reachabilityFence(memory);
        }
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Run(LoopKernel.Run[] loops) implements Pool.Task {
        @Override
        public void run(int part) {
            for (LoopKernel.Run loop : loops) {
                loop.run(part);
            }
        }
    }
}
