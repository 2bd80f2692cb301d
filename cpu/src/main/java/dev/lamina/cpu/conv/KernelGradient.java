package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;
import dev.lamina.cpu.gemm.Workspace;
import dev.lamina.cpu.loop.Frame;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a convolution's kernel. A task takes some bands of pixels through some panels of columns; where the kernel is small, several tasks
 * have their own sums for the same columns, which are added up at the end in a fixed order.
 */
final class KernelGradient implements ByImages {
    private static final double TASK_FLOPS = 1.5e6;
    private static final int MOST_TASKS = 16;

    /** Bytes of sums that are kept apart. */
    private static final long PARTS_BYTES = 4 << 20;

    /** Columns are dealt out to few tasks, as each copies all of the source. */
    private static final int MOST_COLUMN_TASKS = 4;

    /** Elements that a task adds up at the end. */
    private static final int ADDED = 1 << 14;

    private final Task.Convolution task;
    private final GradientBands steps;
    private final Pool pool;
    private final @Nullable Region epilogue;
    private final int parts;
    private final int columnTasks;
    private final long elements;
    private final int rows;
    private final int columns;
    private final Step add;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    /**
     * @param flops of the direct sums
     * @param sums the sums for so many parts
     */
    KernelGradient(
            Task.Convolution task,
            @Nullable Region epilogue,
            double flops,
            IntFunction<GradientBands> sums,
            Isa isa,
            Pool pool) {
        this.task = task;
        this.pool = pool;
        this.epilogue = epilogue;
        rows = task.extents()[0];
        columns = task.extents()[1];
        elements = task.w().range()[1] - task.w().offset() + 1;
        int wanted = (int) Math.clamp(flops / TASK_FLOPS, 1, MOST_TASKS);
        int most = Math.clamp(PARTS_BYTES / (elements * Float.BYTES), 1, MOST_TASKS);
        // A power of two, so that several gradients have the same parts.
        int least = Integer.highestOneBit(Math.min(wanted, most));
        steps = sums.apply(least);
        parts = Math.min(least, steps.bands());
        columnTasks = Math.clamp(Math.ceilDiv(wanted, parts), 1, Math.min(MOST_COLUMN_TASKS, steps.panels()));
        String name = "conv-add-" + isa.vectorBits();
        add = new Call(Library.entry(name, name, () -> AddCode.write(isa.vectorBits())), AddCode.BYTES, false)
                .put(AddCode.STRIDE, elements * Float.BYTES)
                .put(AddCode.BLOCKS, parts);
        Workspace.reserve(false, pool.threads(), steps.workspace());
        Workspace.reserve(true, 1, partsBytes());
    }

    private int addedRows() {
        return Math.max(1, ADDED / columns);
    }

    private long partsBytes() {
        return parts == 1 ? 0 : parts * elements * Float.BYTES;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = start(buffers);
        try {
            pool.run(parts * columnTasks, run);
            run.finish();
        } finally {
            run.close();
            Reference.reachabilityFence(buffers);
        }
    }

    @Override
    public int slices() {
        int images = task.x().dims()[0];
        return images % parts == 0 && steps.bandsIn(images / parts) * parts == steps.bands() ? parts : -1;
    }

    @Override
    public boolean isApart() {
        return steps.bandsIn(1) > 0;
    }

    @Override
    public Run start(MemorySegment[] buffers) {
        Run run = runs.take();
        run.shared = Workspace.take(true, partsBytes());
        run.frame = epilogue == null ? null : epilogue.bind(buffers);
        run.x = task.x().address(buffers);
        run.y = task.y().address(buffers);
        run.w = task.w().address(buffers);
        run.sums = parts == 1 ? run.w : run.shared.address();
        run.adding = false;
        return run;
    }

    /** One run: addresses, and what a task of the pool does. */
    final class Run implements Pool.Task, Started {
        private @Nullable Workspace shared;
        private long x;
        private long y;
        private long w;
        private long sums;
        private boolean adding;
        private @Nullable Frame frame;

        @Override
        public void run(int index) {
            if (adding) {
                add(index);
                return;
            }
            int part = index / columnTasks;
            int group = index % columnTasks;
            int first = slice(part, parts, steps.bands());
            int firstPanel = slice(group, columnTasks, steps.panels());
            int endPanel = slice(group + 1, columnTasks, steps.panels());
            bands(part, first, slice(part + 1, parts, steps.bands()), firstPanel, endPanel, x, y);
        }

        @Override
        public void image(int image, long[] back) {
            int first = steps.bandsIn(image);
            int end = steps.bandsIn(image + 1);
            if (first < end) {
                int part = (int) ((long) first * parts / steps.bands());
                long source = x - back[task.x().buffer()];
                bands(
                        part,
                        first,
                        end,
                        0,
                        steps.panels(),
                        source,
                        y - back[task.y().buffer()]);
            }
        }

        private void bands(int part, int first, int end, int firstPanel, int endPanel, long x, long y) {
            int begin = slice(part, parts, steps.bands());
            long to = sums + (parts == 1 ? 0 : part * elements * Float.BYTES);
            Workspace workspace = Workspace.take(false, steps.workspace());
            try {
                steps.run(begin, first, end, firstPanel, endPanel, x, y, to, workspace.address());
            } finally {
                workspace.give();
            }
        }

        @Override
        public void finish() {
            if (parts > 1 || epilogue != null) {
                adding = true;
                pool.run(Math.ceilDiv(rows, addedRows()), this);
            }
        }

        @Override
        public void close() {
            if (epilogue != null && frame != null) {
                epilogue.release(frame);
                frame = null;
            }
            if (shared != null) {
                shared.give();
                shared = null;
            }
            runs.give(this);
        }

        private void add(int index) {
            int row = index * addedRows();
            int count = Math.min(addedRows(), rows - row);
            long at = (long) row * columns * Float.BYTES;
            if (parts > 1) {
                add.run(sums + at, (long) count * columns, w + at, 0);
            }
            if (epilogue != null && frame != null) {
                epilogue.run(frame, 0, row, count, 0, columns);
            }
        }

        private static int slice(int index, int slices, int all) {
            return (int) ((long) index * all / slices);
        }
    }
}
