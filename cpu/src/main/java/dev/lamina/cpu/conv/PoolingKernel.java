package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.loop.Frame;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** Pooling of f32 and its gradients: a part is a band of an image, or a few small images. */
final class PoolingKernel implements ByImages {
    /** Bytes of small images that make a part. */
    private static final long PART_BYTES = 32 << 10;

    private final Task.Access x;
    private final Task.Access y;
    private final Task.Access other;
    private final PoolingWindows windows;
    private final @Nullable Region epilogue;
    private final Entry entry;
    private final Pool pool;
    private final int imagesOfPart;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    PoolingKernel(
            Task.Pooling task, PoolingWindows windows, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch) {
        this.windows = windows;
        this.epilogue = epilogue;
        this.pool = pool;
        x = task.kind() == Window.Pooling.SUM_INPUT ? task.out() : task.in().getFirst();
        y = windows.toInput() ? task.in().getLast() : task.out();
        other = windows.toInput() ? task.out() : task.in().getLast();
        entry = batch.add("pooling", PoolingCode.write(task.kind(), windows, isa.vectorBits()));
        imagesOfPart = windows.bandCount() > 1
                ? 1
                : Math.clamp(PART_BYTES / Math.max(windows.xImage(), windows.yImage()), 1, windows.images());
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = start(buffers);
        try {
            pool.run(Math.ceilDiv(windows.images(), imagesOfPart) * windows.bandCount(), run);
        } finally {
            run.close();
            Reference.reachabilityFence(buffers);
        }
    }

    @Override
    public int slices() {
        return 0;
    }

    @Override
    public Run start(MemorySegment[] buffers) {
        Run run = runs.take();
        run.frame = epilogue == null ? null : epilogue.bind(buffers);
        run.x = x.address(buffers);
        run.y = y.address(buffers);
        run.other = other.address(buffers);
        return run;
    }

    /** One run: addresses, and what a task of the pool does. */
    final class Run implements Pool.Task, Started {
        private long x;
        private long y;
        private long other;
        private @Nullable Frame frame;

        @Override
        public void run(int part) {
            int first = part / windows.bandCount() * imagesOfPart;
            int end = Math.min(windows.images(), first + imagesOfPart);
            int band = part % windows.bandCount();
            for (int image = first; image < end; image++) {
                band(image, band, x, y, other);
            }
        }

        @Override
        public void image(int image, long[] back) {
            PoolingKernel kernel = PoolingKernel.this;
            for (int band = 0; band < windows.bandCount(); band++) {
                band(
                        image,
                        band,
                        x - back[kernel.x.buffer()],
                        y - back[kernel.y.buffer()],
                        other - back[kernel.other.buffer()]);
            }
        }

        private void band(int image, int band, long x, long y, long other) {
            entry.call(
                    x + image * windows.xImage(),
                    y + image * windows.yImage(),
                    other + image * windows.xImage(),
                    windows.band(band));
            if (epilogue != null && frame != null) {
                int columns = windows.channels();
                epilogue.run(frame, 0, windows.firstRow(image, band), windows.rows(band), 0, columns);
            }
        }

        @Override
        public void close() {
            if (epilogue != null && frame != null) {
                epilogue.release(frame);
                frame = null;
            }
            runs.give(this);
        }
    }
}
