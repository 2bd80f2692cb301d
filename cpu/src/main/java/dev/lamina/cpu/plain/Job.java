package dev.lamina.cpu.plain;

import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** One run of a kernel in numbered parts on a pool. Jobs are used again, so that a run allocates nothing. */
final class Job implements Pool.Task {
    private static final FreeList<Job> FREE = new FreeList<>(Job::new);
    private static final MemorySegment[] NOTHING = {};
    private static final Parts IDLE = (index, job) -> {};

    /** A kernel whose work has parts that may run at the same time. */
    @FunctionalInterface
    interface Parts {
        void part(int index, Job job);
    }

    private Parts kernel = IDLE;
    private MemorySegment[] buffers = NOTHING;
    private final Partials partials = new Partials();

    static Job take(Parts kernel, MemorySegment[] buffers) {
        Job job = FREE.take();
        job.kernel = kernel;
        job.buffers = buffers;
        return job;
    }

    void give() {
        kernel = IDLE;
        buffers = NOTHING;
        FREE.give(this);
    }

    /** Runs all parts of a kernel. */
    static void run(Parts kernel, int parts, Pool pool, MemorySegment[] buffers) {
        Job job = take(kernel, buffers);
        try {
            pool.run(parts, job);
        } finally {
            job.give();
        }
    }

    MemorySegment[] buffers() {
        return buffers;
    }

    Partials partials() {
        return partials;
    }

    @Override
    public void run(int index) {
        kernel.part(index, this);
    }
}
