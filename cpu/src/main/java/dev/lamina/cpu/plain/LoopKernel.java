package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Kernel;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/**
 * A fused loop in plain Java: for each tile of the space, each step on the whole tile. Tiles are dealt to the threads in parts
 * that depend on the shape only. Rows that are too long for a tile are cut: then folds go from tile to tile, and if there are
 * few rows, blocks of tiles are parts of their own, whose results are merged in order.
 */
final class LoopKernel implements Kernel, Job.Parts {
    /** Estimated work of a part, in nanoseconds. */
    private static final double PART = 15_000;

    /** Below this the caller does everything. */
    private static final double ALONE = 30_000;

    /** What a tile costs besides its elements, in nanoseconds. */
    private static final double TILE_OVERHEAD = 50;

    private static final int MOST_PARTS = 256;
    private static final int MOST_BLOCKS = 64;

    /** With this many tiles of kept indices, rows are not cut into blocks. */
    private static final int ENOUGH_TILES = 16;

    private final LoopSpace space;
    private final Pool pool;
    private final TileGrid kept;
    private final TileGrid reduced;
    private final Workspace.Needs needs;
    private final Step[] once;
    private final Step[] still;
    private final Step[] begin;
    private final Step[] tile;
    private final Step[] end;
    private final SplitFold[] folds;
    private final boolean stream;
    private final int parts;
    private final int tilesPerPart;
    private final int blocks;
    private final int tilesPerBlock;

    LoopKernel(LoopSpace space, LoopSteps steps, Pool pool) {
        this.space = space;
        this.pool = pool;
        kept = new TileGrid(space, false);
        reduced = new TileGrid(space, true);
        needs = steps.place(space);
        once = steps.steps(Phase.ONCE);
        still = steps.steps(Phase.STILL);
        begin = steps.steps(Phase.BEGIN);
        tile = steps.steps(Phase.TILE);
        end = steps.steps(Phase.END);
        folds = steps.folds().stream()
                .filter(SplitFold.class::isInstance)
                .map(SplitFold.class::cast)
                .toArray(SplitFold[]::new);
        stream = space.isStream();
        double elements = (double) space.tileRows() * space.tileLength();
        double cost = (elements * steps.cost() + TILE_OVERHEAD) * (stream ? reduced.count() : 1);
        boolean alone = cost * kept.count() < ALONE;
        boolean cut = stream
                && !alone
                && kept.count() < ENOUGH_TILES
                && folds.length == steps.folds().size();
        int wanted = cut ? (int) Math.min(MOST_BLOCKS, Math.max(1, cost / PART)) : 1;
        tilesPerBlock = Math.ceilDiv(Math.max(1, reduced.count()), wanted);
        blocks = Math.ceilDiv(Math.max(1, reduced.count()), tilesPerBlock);
        int enough = (int) Math.max(PART / cost, Math.ceilDiv(kept.count(), MOST_PARTS));
        tilesPerPart = alone ? Math.max(1, kept.count()) : blocks > 1 ? 1 : Math.max(1, enough);
        parts = Math.ceilDiv(kept.count(), tilesPerPart) * blocks;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        if (parts > 1) {
            Job job = Job.take(this, buffers);
            try {
                job.partials().prepare(blocks > 1 ? partial(folds.length, 0, 0) : 0);
                pool.run(parts, job);
                if (blocks > 1) {
                    merge(job);
                }
            } finally {
                job.give();
            }
        } else if (parts == 1) {
            tiles(0, buffers);
        }
    }

    @Override
    public void part(int index, Job job) {
        if (blocks > 1) {
            block(index / blocks, index % blocks, job);
        } else {
            tiles(index, job.buffers());
        }
    }

    private void tiles(int part, MemorySegment[] buffers) {
        Workspace w = start(buffers);
        try {
            long shape = -1;
            int last = Math.min(kept.count(), (part + 1) * tilesPerPart);
            for (int k = part * tilesPerPart; k < last; k++) {
                kept.place(k, w);
                if (stream) {
                    shape = rows(0, reduced.count(), shape, w);
                    all(end, w);
                } else {
                    shape = fit(shape, w);
                    all(tile, w);
                }
            }
        } finally {
            w.give();
        }
    }

    /** Goes over some tiles of the current rows. */
    private long rows(int from, int to, long shape, Workspace w) {
        long now = shape;
        for (int r = from; r < to; r++) {
            reduced.place(r, w);
            now = fit(now, w);
            if (r == from) {
                all(begin, w);
            }
            all(tile, w);
        }
        return now;
    }

    private void block(int keptTile, int block, Job job) {
        Workspace w = start(job.buffers());
        try {
            kept.place(keptTile, w);
            int from = block * tilesPerBlock;
            rows(from, Math.min(reduced.count(), from + tilesPerBlock), -1, w);
            for (int i = 0; i < folds.length; i++) {
                folds[i].save(w, job.partials(), partial(i, block, keptTile));
            }
        } finally {
            w.give();
        }
    }

    /** Merges the blocks of all rows and does what comes after the folds. */
    private void merge(Job job) {
        Workspace w = start(job.buffers());
        try {
            long shape = -1;
            for (int k = 0; k < kept.count(); k++) {
                kept.place(k, w);
                reduced.place(0, w);
                shape = fit(shape, w);
                all(begin, w);
                for (int block = 0; block < blocks; block++) {
                    for (int i = 0; i < folds.length; i++) {
                        folds[i].merge(w, job.partials(), partial(i, block, k));
                    }
                }
                all(end, w);
            }
        } finally {
            w.give();
        }
    }

    /** Where the states of a fold are saved. */
    private int partial(int fold, int block, int keptTile) {
        return ((fold * blocks + block) * kept.count() + keptTile) * space.tileRows();
    }

    private Workspace start(MemorySegment[] buffers) {
        Workspace w = Workspace.take(buffers);
        w.prepare(needs);
        for (int i = 0; i < space.rank(); i++) {
            w.start[i] = 0;
            w.extent[i] = space.tile(i);
        }
        all(once, w);
        return w;
    }

    /** Sets the size of the tile; if it is another than the last one, renews what is the same for tiles of one size. */
    private long fit(long last, Workspace w) {
        int rows = 1;
        int length = 1;
        long shape = 0;
        for (int i = 0; i < space.rank(); i++) {
            int extent = w.extent[i];
            if (space.isReduced(i)) {
                length *= extent;
            } else {
                rows *= extent;
            }
            shape = shape * (space.tile(i) + 1) + extent;
        }
        w.rows = rows;
        w.length = length;
        if (shape != last) {
            all(still, w);
        }
        return shape;
    }

    private static void all(Step[] steps, Workspace w) {
        for (Step step : steps) {
            step.run(w);
        }
    }
}
