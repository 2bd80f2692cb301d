package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
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
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a convolution's kernel. A task takes some bands of pixels through some panels of columns; where the kernel is small, several tasks
 * have their own sums for the same columns, which are added up at the end in a fixed order.
 */
final class KernelGradient implements Kernel {
    private static final double TASK_FLOPS = 4e6;
    private static final int MOST_TASKS = 16;
    private static final int MOST_PARTS = 8;

    /** Bytes of sums that are kept apart. */
    private static final long PARTS_BYTES = 4 << 20;

    /** Columns are dealt out to few tasks, as each copies all of the source. */
    private static final int MOST_COLUMN_TASKS = 4;

    /** Elements that a task adds up. */
    private static final int ADDED = 1 << 14;

    private final Task.Convolution task;
    private final GradientSteps steps;
    private final Pool pool;
    private final @Nullable Region epilogue;
    private final int parts;
    private final int columnTasks;
    private final long elements;
    private final Step add;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    KernelGradient(Task.Convolution task, @Nullable Region epilogue, double flops, Isa isa, Pool pool) {
        this.task = task;
        this.pool = pool;
        this.epilogue = epilogue;
        elements = task.w().range()[1] - task.w().offset() + 1;
        int wanted = (int) Math.clamp(flops / TASK_FLOPS, 1, MOST_TASKS);
        int most = Math.clamp(PARTS_BYTES / (elements * Float.BYTES), 1, MOST_PARTS);
        steps = new GradientSteps(task, isa, Math.min(wanted, most));
        parts = Math.min(Math.min(wanted, most), steps.bands());
        columnTasks = Math.clamp(Math.ceilDiv(wanted, parts), 1, Math.min(MOST_COLUMN_TASKS, steps.panels()));
        String name = "conv-add-" + isa.vectorBits();
        add = new Call(Library.entry(name, name, () -> AddCode.write(isa.vectorBits())), AddCode.BYTES, false)
                .put(AddCode.STRIDE, elements * Float.BYTES)
                .put(AddCode.BLOCKS, parts);
        Workspace.reserve(false, pool.threads(), steps.workspace());
        Workspace.reserve(true, 1, partsBytes());
    }

    private long partsBytes() {
        return parts == 1 ? 0 : parts * elements * Float.BYTES;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        Workspace shared = Workspace.take(true, partsBytes());
        try {
            run.x = address(task.x(), buffers);
            run.y = address(task.y(), buffers);
            run.w = address(task.w(), buffers);
            run.sums = parts == 1 ? run.w : shared.address();
            run.adding = false;
            pool.run(parts * columnTasks, run);
            if (parts > 1) {
                run.adding = true;
                pool.run((int) Math.ceilDiv(elements, ADDED), run);
            }
            if (epilogue != null) {
                Frame frame = epilogue.bind(buffers);
                int[] extents = task.extents();
                epilogue.run(frame, 0, 0, extents[0], 0, extents[1]);
                epilogue.release(frame);
            }
        } finally {
            shared.give();
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    private static long address(Task.Access access, MemorySegment[] buffers) {
        return buffers[access.buffer()].address() + access.offset() * DType.F32.bytes();
    }

    /** One run: addresses, and what a task of the pool does. */
    private final class Run implements Pool.Task {
        private long x;
        private long y;
        private long w;
        private long sums;
        private boolean adding;

        @Override
        public void run(int index) {
            if (adding) {
                long from = (long) index * ADDED;
                long count = Math.min(ADDED, elements - from);
                add.run(sums + from * Float.BYTES, count, w + from * Float.BYTES, 0);
                return;
            }
            int part = index / columnTasks;
            int group = index % columnTasks;
            Workspace workspace = Workspace.take(false, steps.workspace());
            try {
                steps.run(
                        slice(part, parts, steps.bands()),
                        slice(part + 1, parts, steps.bands()),
                        slice(group, columnTasks, steps.panels()),
                        slice(group + 1, columnTasks, steps.panels()),
                        x,
                        y,
                        sums + (parts == 1 ? 0 : part * elements * Float.BYTES),
                        workspace.address());
            } finally {
                workspace.give();
            }
        }

        private static int slice(int index, int slices, int all) {
            return (int) ((long) index * all / slices);
        }
    }
}
