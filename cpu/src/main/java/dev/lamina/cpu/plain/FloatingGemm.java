package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** Products of f32 and f64. */
final class FloatingGemm implements JavaGemm.Engine {
    private final FreeList<GemmJob> jobs;

    FloatingGemm(GemmShape shape, long[] aOffsets, long[] bOffsets, long[] cOffsets) {
        FreeList<Panels> scratch = shape.dtype() == DType.F64 ? DoublePanels.FREE : FloatPanels.FREE;
        GemmPlan plan = GemmPlan.of(shape, cOffsets.length);
        jobs = new FreeList<>(() -> new GemmJob(plan, scratch, aOffsets, bOffsets, cOffsets));
    }

    @Override
    public void run(
            Pool pool, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        run(pool, false, a, aOffset, b, bOffset, c, cOffset);
    }

    /** With {@code add}, the chain of sums goes on from what is in C. */
    void run(
            Pool pool,
            boolean add,
            MemorySegment a,
            long aOffset,
            MemorySegment b,
            long bOffset,
            MemorySegment c,
            long cOffset) {
        GemmJob job = jobs.take();
        job.bind(add, a, aOffset, b, bOffset, c, cOffset);
        try {
            job.execute(pool);
        } finally {
            job.unbind();
            jobs.give(job);
        }
    }
}
