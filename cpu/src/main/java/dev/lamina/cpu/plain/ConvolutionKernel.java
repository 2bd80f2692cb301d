package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Convolution of f32 and f64 by {@link FloatingGemm}: for some lines of y at a time (a line is what follows the last spatial axis), the
 * elements of x that each window meets are a row of a matrix, the <em>columns</em> (G, pixels, T C/G); the output is columns times w,
 * the kernel is turned columns times y, the input gathers from y times turned w.
 */
final class ConvolutionKernel implements Kernel {
    /** Bytes of columns that are made at a time: so many that a product is worth while, so few that they stay in the cache. */
    private static final long CHUNK = 1 << 20;

    private static final FreeList<Columns> COLUMNS = new FreeList<>(Columns::new);

    final Task.Convolution task;
    final Sliding sliding;
    final int groups;
    final int channels;
    final int groupChannels;
    final int rowLength;
    final int bytes;
    final int pixels;
    final MemorySegment zeros;
    private final int outputs;
    private final int lines;
    private final int chunk;
    private final FloatingGemm whole;
    private final FloatingGemm rest;
    private final Pool pool;
    private final FreeList<ConvolutionRun> runs = new FreeList<>(() -> new ConvolutionRun(this));

    /** Memory for columns, which only grows. */
    private static final class Columns {
        private MemorySegment memory = MemorySegment.NULL;

        MemorySegment of(long bytes) {
            if (memory.byteSize() < bytes) {
                memory = Arena.ofAuto().allocate(bytes, 64);
            }
            return memory;
        }
    }

    /** The kernel of a task of any float type. */
    static Kernel of(Task.Convolution task, Pool pool) {
        DType dtype = task.out().dtype();
        boolean plain = dtype == task.rounded() && (dtype == DType.F32 || dtype == DType.F64);
        return plain ? new ConvolutionKernel(task, pool) : new WidenedConvolution(task, pool);
    }

    ConvolutionKernel(Task.Convolution task, Pool pool) {
        this.task = task;
        this.pool = pool;
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        sliding = Sliding.of(task.geometry(), x, y);
        groups = task.groups();
        channels = x[x.length - 1];
        groupChannels = channels / groups;
        outputs = y[y.length - 1];
        rowLength = sliding.allTaps() * groupChannels;
        bytes = task.out().dtype().bytes();
        pixels = sliding.y()[2];
        lines = sliding.images() * sliding.y()[0] * sliding.y()[1];
        long line = Math.max((long) pixels * rowLength * groups * bytes, 1);
        chunk = Math.clamp(CHUNK / line, 1, Math.max(lines, 1));
        zeros = Arena.ofAuto().allocate(Math.max((long) rowLength * bytes, 1), 64);
        whole = product(chunk * pixels);
        rest = product(lines % chunk * pixels);
    }

    /** The product for a number of pixels, one for each group. */
    private FloatingGemm product(int m) {
        int n = outputs / groups;
        int k = rowLength;
        DType dtype = task.out().dtype();
        GemmShape shape = switch (task.part()) {
            case OUTPUT -> new GemmShape(dtype, m, n, k, k, 1, outputs, 1, outputs, 1);
            case INPUT -> new GemmShape(dtype, m, k, n, outputs, 1, 1, outputs, k, 1);
            case KERNEL -> new GemmShape(dtype, k, n, m, 1, k, outputs, 1, outputs, 1);
        };
        long[] columns = new long[groups];
        long[] others = new long[groups];
        Arrays.setAll(columns, g -> (long) g * m * k);
        Arrays.setAll(others, g -> (long) g * n);
        return switch (task.part()) {
            case OUTPUT, KERNEL -> new FloatingGemm(shape, columns, others, others);
            case INPUT -> new FloatingGemm(shape, others, others, columns);
        };
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Task.Access out = task.out();
        long size = out.range()[1] - out.range()[0] + 1;
        boolean empty = (long) lines * pixels * rowLength * outputs == 0;
        if (empty || task.part() == dev.lamina.core.op.Window.Part.INPUT) {
            buffers[out.buffer()].asSlice(out.offset() * bytes, size * bytes).fill((byte) 0);
        }
        if (empty) {
            return;
        }
        Columns columns = COLUMNS.take();
        ConvolutionRun run = runs.take();
        try {
            run.bind(buffers, columns.of((long) chunk * pixels * rowLength * groups * bytes));
            for (int first = 0; first < lines; first += chunk) {
                run.lines(first, Math.min(chunk, lines - first));
                part(run, buffers, first, first + chunk <= lines ? whole : rest);
            }
        } finally {
            run.unbind();
            runs.give(run);
            COLUMNS.give(columns);
        }
    }

    private void part(ConvolutionRun run, MemorySegment[] buffers, int first, FloatingGemm product) {
        MemorySegment w = buffers[task.w().buffer()];
        MemorySegment y = buffers[task.y().buffer()];
        MemorySegment columns = run.columns();
        long wAt = task.w().offset();
        long yAt = task.y().offset() + (long) first * pixels * outputs;
        switch (task.part()) {
            case OUTPUT -> {
                run.pack(pool);
                product.run(pool, false, columns, 0, w, wAt, y, yAt);
            }
            case KERNEL -> {
                run.pack(pool);
                product.run(pool, first > 0, columns, 0, y, yAt, w, wAt);
            }
            case INPUT -> {
                product.run(pool, false, y, yAt, w, wAt, columns, 0);
                run.gather(pool);
            }
        }
    }
}
