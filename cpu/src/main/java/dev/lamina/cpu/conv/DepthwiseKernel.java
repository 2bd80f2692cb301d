package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Step;
import dev.lamina.cpu.loop.Frame;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** A convolution of each channel alone, or the gradient of its input: a part is a band of an image. */
final class DepthwiseKernel implements Kernel {
    private final Task.Convolution task;
    private final PoolingWindows windows;
    private final @Nullable Region epilogue;
    private final Entry entry;
    private final Pool pool;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    DepthwiseKernel(Task.Convolution task, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch) {
        this.task = task;
        this.epilogue = epilogue;
        this.pool = pool;
        windows = new PoolingWindows(task);
        entry = entry(task, windows, isa, batch);
    }

    private static Entry entry(Task.Convolution task, PoolingWindows windows, Isa isa, CodeBatch batch) {
        return batch.add("depthwise", DepthwiseCode.write(task.part(), task.rounded(), windows, isa.vectorBits()));
    }

    /** Whether a convolution is of this kind: one input and one output for each group. */
    static boolean takes(Task.Convolution task) {
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        return task.groups() > 1 && task.groups() == x[x.length - 1] && task.groups() == y[y.length - 1];
    }

    /** The gradient of the kernel. */
    static GradientBands gradient(Task.Convolution task, Isa isa, CodeBatch batch) {
        PoolingWindows windows = new PoolingWindows(task);
        long bytes = (task.w().range()[1] - task.w().offset() + 1) * Float.BYTES;
        PadCode.Key zeros = new PadCode.Key(isa.vectorBits(), DType.F32);
        return new Gradient(windows, entry(task, windows, isa, batch), PadCode.step(zeros, 0, bytes, bytes, 0, 0));
    }

    private record Gradient(PoolingWindows windows, Entry entry, Step clear) implements GradientBands {
        @Override
        public int bands() {
            return windows.images() * windows.bandCount();
        }

        @Override
        public int bandsIn(int images) {
            return images * windows.bandCount();
        }

        @Override
        public int panels() {
            return 1;
        }

        @Override
        public long workspace() {
            return 0;
        }

        @Override
        public void run(
                int begin,
                int firstBand,
                int lastBand,
                int firstPanel,
                int lastPanel,
                long x,
                long y,
                long c,
                long scratch) {
            if (begin == firstBand) {
                clear.run(0, 1, c, 0);
            }
            for (int band = firstBand; band < lastBand; band++) {
                int image = band / windows.bandCount();
                entry.call(
                        x + image * windows.xImage(),
                        y + image * windows.yImage(),
                        c,
                        windows.band(band % windows.bandCount()));
            }
        }
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        run.frame = epilogue == null ? null : epilogue.bind(buffers);
        try {
            run.x = task.x().address(buffers);
            run.y = task.y().address(buffers);
            run.w = task.w().address(buffers);
            pool.run(windows.images() * windows.bandCount(), run);
        } finally {
            if (epilogue != null && run.frame != null) {
                epilogue.release(run.frame);
                run.frame = null;
            }
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    /** One run: addresses, and what a task of the pool does. */
    private final class Run implements Pool.Task {
        private long x;
        private long y;
        private long w;
        private @Nullable Frame frame;

        @Override
        public void run(int part) {
            int image = part / windows.bandCount();
            int band = part % windows.bandCount();
            entry.call(x + image * windows.xImage(), y + image * windows.yImage(), w, windows.band(band));
            if (epilogue != null && frame != null) {
                int columns = windows.channels();
                epilogue.run(frame, 0, windows.firstRow(image, band), windows.rows(band), 0, columns);
            }
        }
    }
}
