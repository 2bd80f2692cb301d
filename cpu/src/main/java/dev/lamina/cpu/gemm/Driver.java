package dev.lamina.cpu.gemm;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** A batch of products on the steps of an engine. */
final class Driver implements Kernel {
    /** Bytes of a strip of C that an epilogue finds in the second-level cache. */
    private static final long EPILOGUE_BYTES = 256 << 10;

    final Product product;
    final Engine engine;
    final Grid grid;
    final Steps steps;
    final Offsets offsets;
    final int elementBytes;

    /** Sizes of the largest blocks, and the parts of a workspace: scratch, A, B (of one strip), sums. */
    final long packedA;

    final long packedB;
    final long workspace;

    /** Whether all of B is packed before products begin, as several blocks of rows use it. */
    final boolean sharedB;

    final @Nullable Region epilogue;
    private final Task.MatMul task;
    private final Pool pool;
    private final FreeList<Run> runs;

    /**
     * Where the products of a batch begin, in bytes from the offsets of the accesses on.
     *
     * @param rows rows of a product of the task: fewer than those of {@link Product} if all products of the batch were joined to one
     * @param turned whether the product is {@link Product#turned}, so that columns are rows of the task
     */
    record Offsets(long[] a, long[] b, long[] c, int rows, boolean turned) {
        Offsets turn() {
            return new Offsets(b, a, c, rows, true);
        }
    }

    Driver(Task.MatMul task, @Nullable Region epilogue, Product product, Offsets offsets, Engine engine, Pool pool) {
        this.task = task;
        this.epilogue = epilogue;
        this.product = product;
        this.offsets = offsets;
        this.engine = engine;
        this.pool = pool;
        elementBytes = product.dtype().bytes();
        grid = Grid.of(product, offsets.c().length, epilogue == null ? engine.blocking() : narrow(engine.blocking()));
        steps = new Steps(engine, product, grid);
        int rows = Math.min(grid.rows(), product.m());
        int columns = Math.min(grid.strip(), product.n());
        packedA = product.k() == 0 ? 0 : engine.packedA(rows, grid.depth());
        packedB = product.k() == 0 ? 0 : engine.packedB(columns, grid.depth());
        sharedB = packedB > 0 && grid.rowBlocks() > 1;
        long sums = (long) engine.sumBytes() * rows * grid.strip() * grid.groupStrips();
        workspace = engine.scratch() + packedA + (sharedB ? 0 : packedB) + sums;
        runs = new FreeList<>(() -> new Run(this));
        Workspace.reserve(false, pool.threads(), workspace);
        Workspace.reserve(true, 1, sharedB ? packedBytes() : 0);
    }

    /** Of all of B. */
    private long packedBytes() {
        return packedB * grid.strips() * grid.kBlocks();
    }

    /** Strips that are still in the cache when the epilogue gets them. */
    private Engine.Blocking narrow(Engine.Blocking blocking) {
        long row = (long) Math.min(blocking.rows(), product.m()) * elementBytes * blocking.columnUnit();
        int units = Math.clamp(EPILOGUE_BYTES / row, 1, blocking.columns() / blocking.columnUnit());
        return blocking.withColumns(units * blocking.columnUnit());
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        try {
            run.bind(
                    epilogue == null ? null : epilogue.bind(buffers),
                    buffers[task.a().buffer()].address() + task.a().offset() * elementBytes,
                    buffers[task.b().buffer()].address() + task.b().offset() * elementBytes,
                    buffers[task.out().buffer()].address() + task.out().offset() * elementBytes);
            if (sharedB) {
                sharing(run);
            } else {
                run.batch(0, offsets.c().length);
                pool.run(run.tasks(), run);
            }
        } finally {
            run.release();
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    private void sharing(Run run) {
        Workspace packed = Workspace.take(true, packedBytes());
        try {
            for (int i = 0; i < offsets.c().length; i++) {
                run.batch(i, i + 1);
                run.pack(packed.address());
                pool.run(grid.strips() * grid.kBlocks(), run);
                run.multiply();
                pool.run(run.tasks(), run);
            }
        } finally {
            packed.give();
        }
    }
}
