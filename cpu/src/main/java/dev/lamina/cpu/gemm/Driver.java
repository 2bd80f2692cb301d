package dev.lamina.cpu.gemm;

import dev.lamina.core.backend.PackingKernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A batch of products on the steps of an engine. */
final class Driver implements PackingKernel {
    /** Bytes of a strip of C that an epilogue finds in the second-level cache. */
    private static final long EPILOGUE_BYTES = 256 << 10;

    /** Its rows: more would leave few columns. */
    private static final int EPILOGUE_ROWS = 512;

    /** With more rows than this, packing B is a small part of the work, and not worth the memory of a second B that is kept. */
    private static final int KEPT_ROWS = 512;

    /** From this depth of blocks on, a shared B is packed block by block: less has to stay in a cache, and C is not read often. */
    private static final int DEEP = 512;

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

    /** Blocks of k of a shared B that are packed at a time. */
    private final int blocksAtOnce;

    final @Nullable Region epilogue;
    private final Task.MatMul task;
    private final Pool pool;
    private final FreeList<Run> runs;

    /** Products with a B of their own. */
    private final int ownB;

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
        ownB = Arrays.stream(offsets.b()).allMatch(at -> at == offsets.b()[0]) ? 1 : offsets.b().length;
        blocksAtOnce = engine.sumBytes() == 0 && grid.depth() >= DEEP ? 1 : grid.kBlocks();
        runs = new FreeList<>(() -> new Run(this));
        Workspace.reserve(false, pool.threads(), workspace);
        Workspace.reserve(true, 1, sharedB ? packed(blocksAtOnce) : 0);
    }

    /** Of all of B of one product. */
    private long packedProduct() {
        return packed(grid.kBlocks());
    }

    private long packed(int blocks) {
        return packedB * grid.strips() * blocks;
    }

    /** Strips that are still in the cache when the epilogue gets them. */
    private Engine.Blocking narrow(Engine.Blocking blocking) {
        int rows = Math.min(blocking.rows(), EPILOGUE_ROWS);
        long row = (long) Math.min(rows, product.m()) * elementBytes * blocking.columnUnit();
        int units = Math.clamp(EPILOGUE_BYTES / row, 1, blocking.columns() / blocking.columnUnit());
        return blocking.with(rows, units * blocking.columnUnit());
    }

    @Override
    public int packs() {
        return task.b().buffer();
    }

    @Override
    public long packedBytes() {
        return product.m() > KEPT_ROWS ? 0 : packedProduct() * ownB;
    }

    @Override
    public void pack(MemorySegment[] buffers, MemorySegment packed) {
        Run run = runs.take();
        try {
            run.bind(null, 0, task.b().address(buffers), 0);
            for (int i = 0; i < ownB; i++) {
                run.batch(i, i + 1);
                run.pack(packed.address() + i * packedProduct());
                pool.run(grid.strips() * grid.kBlocks(), run);
            }
        } finally {
            runs.give(run);
            Reference.reachabilityFence(buffers);
            Reference.reachabilityFence(packed);
        }
    }

    @Override
    public void run(MemorySegment[] buffers) {
        run(buffers, MemorySegment.NULL);
    }

    @Override
    public void run(MemorySegment[] buffers, MemorySegment packed) {
        Run run = runs.take();
        try {
            run.bind(
                    epilogue == null ? null : epilogue.bind(buffers),
                    task.a().address(buffers),
                    packed.address() == 0 ? task.b().address(buffers) : 0,
                    task.out().address(buffers));
            if (packed.address() != 0) {
                run.batch(0, offsets.c().length);
                run.multiply(packed.address(), ownB == 1 ? 0 : packedProduct());
                pool.run(run.tasks(), run);
            } else if (sharedB) {
                sharing(run);
            } else {
                run.batch(0, offsets.c().length);
                run.multiply(0, 0);
                pool.run(run.tasks(), run);
            }
        } finally {
            run.release();
            runs.give(run);
            Reference.reachabilityFence(buffers);
            Reference.reachabilityFence(packed);
        }
    }

    private void sharing(Run run) {
        Workspace packed = Workspace.take(true, packed(blocksAtOnce));
        try {
            for (int i = 0; i < offsets.c().length; i++) {
                run.batch(i, i + 1);
                for (int block = 0; block < grid.kBlocks(); block += blocksAtOnce) {
                    run.blocks(block, block + blocksAtOnce);
                    run.pack(packed.address());
                    pool.run(grid.strips() * blocksAtOnce, run);
                    run.multiply(packed.address(), 0);
                    pool.run(run.tasks(), run);
                }
            }
        } finally {
            packed.give();
        }
    }
}
