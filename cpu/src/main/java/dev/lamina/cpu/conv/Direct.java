package dev.lamina.cpu.conv;

import dev.lamina.core.backend.PackingKernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.gemm.Workspace;
import dev.lamina.cpu.loop.Frame;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs passes, in one of two orders. Small weights are packed first, for all; then each task takes bands of the source through all panels.
 * Large weights are packed panel by panel where they are used; before that, the source is copied as a whole, and each task
 * takes it through one panel.
 */
final class Direct implements PackingKernel, ByImages {
    /** Rows that a task of the epilogue takes, where passes leave gaps that others fill. */
    private static final int FINISHED_ROWS = 512;

    private final Task.Access source;
    private final Task.Access weights;
    private final Task.Access target;
    private final Bands[] passes;
    private final boolean sharesWeights;
    private final @Nullable Region epilogue;
    private final Pool pool;
    private final int perTask;

    /** Of the target, with all axes but the last one as rows. */
    private final int rows;

    private final int columns;
    private final int images;

    /** For each pass and behind the last: the first unit of the preparation, the first unit of work, and its place in what is shared. */
    private final int[] ready;

    private final int[] units;
    private final long[] shared;

    /** For each pass and behind the last: its place in weights that were packed before. */
    private final long[] kept;

    /** Bytes of scratch, which are followed by those of a band or a panel. */
    private final long scratch;

    /** Where a panel that is made ready begins in scratch, and where all that ends. */
    private final long first;

    private final long own;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    /**
     * @param extents of the target for an epilogue
     * @param unitsPerTask how many bands (panels) a task takes
     */
    Direct(
            Task.Access source,
            Task.Access weights,
            Task.Access target,
            int[] extents,
            List<? extends Bands> passes,
            boolean sharesWeights,
            @Nullable Region epilogue,
            int unitsPerTask,
            Pool pool) {
        this.source = source;
        this.weights = weights;
        this.target = target;
        this.passes = passes.toArray(Bands[]::new);
        this.sharesWeights = sharesWeights;
        this.epilogue = epilogue;
        this.pool = pool;
        perTask = unitsPerTask;
        rows = extents[0];
        images = target.dims()[0];
        columns = extents[1];
        int count = this.passes.length;
        ready = new int[count + 1];
        units = new int[count + 1];
        shared = new long[count + 1];
        kept = new long[count + 1];
        for (int i = 0; i < count; i++) {
            Bands pass = this.passes[i];
            ready[i + 1] = ready[i] + (sharesWeights ? pass.panels() : pass.chunks());
            units[i + 1] = units[i] + (sharesWeights ? pass.bands() : pass.panels());
            shared[i + 1] =
                    shared[i] + (sharesWeights ? pass.panels() * pass.panelBytes() : pass.copyBytes() + 63 & -64);
            kept[i + 1] = kept[i] + pass.panels() * pass.panelBytes();
        }
        scratch = most(passes, Bands::scratchBytes);
        first = scratch + most(passes, sharesWeights ? Bands::bandBytes : Bands::panelBytes);
        own = first + (sharesWeights ? 0 : most(passes, Bands::openBytes));
        Workspace.reserve(false, pool.threads(), own);
        Workspace.reserve(true, 1, shared[count]);
    }

    private static long most(List<? extends Bands> passes, ToLongFunction<Bands> bytes) {
        return passes.stream().mapToLong(bytes).max().orElse(0) + 63 & -64;
    }

    @Override
    public int packs() {
        return weights.buffer();
    }

    @Override
    public long packedBytes() {
        return kept[passes.length];
    }

    @Override
    public void pack(MemorySegment[] buffers, MemorySegment packed) {
        long from = weights.address(buffers);
        try {
            for (int i = 0; i < passes.length; i++) {
                Bands pass = passes[i];
                long to = packed.address() + kept[i];
                pool.run(pass.panels(), panel -> packOne(pass, panel, from, to + panel * pass.panelBytes()));
            }
        } finally {
            Reference.reachabilityFence(buffers);
            Reference.reachabilityFence(packed);
        }
    }

    private void packOne(Bands pass, int panel, long from, long to) {
        Workspace workspace = Workspace.take(false, scratch);
        try {
            pass.pack(panel, from, to, workspace.address());
        } finally {
            workspace.give();
        }
    }

    @Override
    public void run(MemorySegment[] buffers) {
        run(buffers, MemorySegment.NULL);
    }

    @Override
    public void run(MemorySegment[] buffers, MemorySegment packed) {
        Run run = start(buffers, packed);
        try {
            pool.run(Math.ceilDiv(units[passes.length], perTask), run);
            if (epilogue != null && passes.length > 1) {
                run.finishes = true;
                pool.run(Math.ceilDiv(rows, FINISHED_ROWS), run);
            }
        } finally {
            run.close();
            Reference.reachabilityFence(buffers);
            Reference.reachabilityFence(packed);
        }
    }

    @Override
    public int slices() {
        boolean apart = Arrays.stream(passes).allMatch(pass -> pass.bands() % images == 0);
        return sharesWeights && apart ? 0 : -1;
    }

    @Override
    public Run start(MemorySegment[] buffers) {
        return start(buffers, MemorySegment.NULL);
    }

    private Run start(MemorySegment[] buffers, MemorySegment packed) {
        Run run = runs.take();
        int last = passes.length;
        boolean isPacked = packed.address() != 0;
        run.taken = Workspace.take(true, isPacked && sharesWeights ? 0 : shared[last]);
        run.frame = epilogue == null ? null : epilogue.bind(buffers);
        run.common = run.taken.address();
        run.packed = packed.address();
        run.a = source.address(buffers);
        run.b = isPacked ? 0 : weights.address(buffers);
        run.c = target.address(buffers);
        run.finishes = false;
        if (!(isPacked && sharesWeights)) {
            run.prepares = true;
            pool.run(Math.ceilDiv(ready[last], perTask), run);
        }
        run.prepares = false;
        return run;
    }

    /** One run: addresses, and what a task of the pool does. */
    final class Run implements Pool.Task, Started {
        private @Nullable Workspace taken;
        private long a;
        private long b;
        private long c;
        private long common;

        /** The weights if they were packed before this run, or 0. */
        private long packed;

        private boolean prepares;
        private boolean finishes;
        private @Nullable Frame frame;

        @Override
        public void run(int index) {
            if (finishes) {
                int row = index * FINISHED_ROWS;
                finish(row, Math.min(FINISHED_ROWS, rows - row), 0, columns);
                return;
            }
            int[] starts = prepares ? ready : units;
            int end = Math.min(starts[passes.length], (index + 1) * perTask);
            long bytes = prepares ? scratch : own;
            Workspace workspace = bytes == 0 ? null : Workspace.take(false, bytes);
            try {
                long at = workspace == null ? 0 : workspace.address();
                int pass = 0;
                for (int unit = index * perTask; unit < end; unit++) {
                    while (unit >= starts[pass + 1]) {
                        pass++;
                    }
                    if (prepares) {
                        prepare(pass, unit - starts[pass], at);
                    } else {
                        work(pass, unit - starts[pass], at, a, c);
                    }
                }
            } finally {
                if (workspace != null) {
                    workspace.give();
                }
            }
        }

        @Override
        public void image(int image, long[] back) {
            Workspace workspace = Workspace.take(false, own);
            try {
                for (int pass = 0; pass < passes.length; pass++) {
                    int bands = passes[pass].bands() / images;
                    for (int band = image * bands; band < (image + 1) * bands; band++) {
                        long from = a - back[source.buffer()];
                        work(pass, band, workspace.address(), from, c - back[target.buffer()]);
                    }
                }
            } finally {
                workspace.give();
            }
            if (passes.length > 1) {
                finish(image * (rows / images), rows / images, 0, columns);
            }
        }

        @Override
        public void close() {
            if (epilogue != null && frame != null) {
                epilogue.release(frame);
                frame = null;
            }
            if (taken != null) {
                taken.give();
                taken = null;
            }
            runs.give(this);
        }

        private void prepare(int index, int unit, long local) {
            Bands pass = passes[index];
            if (sharesWeights) {
                pass.pack(unit, b, common + shared[index] + unit * pass.panelBytes(), local);
            } else {
                pass.copy(unit, a, common + shared[index], local);
            }
        }

        private void work(int index, int unit, long local, long a, long c) {
            Bands pass = passes[index];
            boolean last = passes.length == 1;
            if (sharesWeights) {
                long at = pass.band(unit, a, local + scratch, local);
                long panels = packed == 0 ? common + shared[index] : packed + kept[index];
                for (int panel = 0; panel < pass.panels(); panel++) {
                    pass.sum(unit, panel, at, panels + panel * pass.panelBytes(), c, local);
                }
                if (last) {
                    finish(pass.firstRow(unit), pass.rows(unit), 0, columns);
                }
            } else {
                long panel = local + scratch;
                if (packed == 0) {
                    pass.pack(unit, b, panel, local);
                } else {
                    panel = packed + kept[index] + unit * pass.panelBytes();
                }
                panel = pass.open(panel, local + first);
                for (int band = 0; band < pass.bands(); band++) {
                    long at = pass.band(band, a, common + shared[index], local);
                    pass.sum(band, unit, at, panel, c, local);
                    if (last) {
                        finish(pass.firstRow(band), pass.rows(band), pass.firstColumn(unit), pass.columnsOf(unit));
                    }
                }
            }
        }

        private void finish(int row, int rows, int column, int columns) {
            if (epilogue != null && frame != null) {
                epilogue.run(frame, 0, row, rows, column, columns);
            }
        }
    }
}
