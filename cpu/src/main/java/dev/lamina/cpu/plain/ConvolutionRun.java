package dev.lamina.cpu.plain;

import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The copies between x and columns in one run of a {@link ConvolutionKernel}, for the lines of y of one chunk. */
final class ConvolutionRun implements Pool.Task {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ConvolutionKernel kernel;
    private final Sliding sliding;
    private MemorySegment x = MemorySegment.NULL;
    private MemorySegment columns = MemorySegment.NULL;
    private int first;
    private int count;
    private boolean packs;

    ConvolutionRun(ConvolutionKernel kernel) {
        this.kernel = kernel;
        sliding = kernel.sliding;
    }

    void bind(MemorySegment[] buffers, MemorySegment memory) {
        x = buffers[kernel.task.x().buffer()];
        columns = memory;
    }

    void unbind() {
        x = MemorySegment.NULL;
        columns = MemorySegment.NULL;
    }

    MemorySegment columns() {
        return columns;
    }

    /** Says which lines come next. */
    void lines(int from, int number) {
        first = from;
        count = number;
    }

    /** Copies from x to columns. */
    void pack(Pool pool) {
        packs = true;
        pool.run(count, this);
    }

    /** Adds columns to x; each part has its own lines of x. */
    void gather(Pool pool) {
        packs = false;
        int perImage = sliding.y()[0] * sliding.y()[1];
        int images = (first + count - 1) / perImage - first / perImage + 1;
        pool.run(images * sliding.x()[0] * sliding.x()[1], this);
    }

    @Override
    public void run(int index) {
        if (packs) {
            packLine(index);
        } else {
            int perImage = sliding.y()[0] * sliding.y()[1];
            gatherLine(first / perImage * sliding.x()[0] * sliding.x()[1] + index);
        }
    }

    private void packLine(int index) {
        int line = first + index;
        int p1 = line % sliding.y()[1];
        int p0 = line / sliding.y()[1] % sliding.y()[0];
        int image = line / sliding.y()[1] / sliding.y()[0];
        for (int t0 = 0; t0 < sliding.taps()[0]; t0++) {
            for (int t1 = 0; t1 < sliding.taps()[1]; t1++) {
                int s0 = sliding.met(0, p0, t0);
                int s1 = sliding.met(1, p1, t1);
                boolean inside = s0 >= 0 && s1 >= 0;
                long source = inside ? line(image, s0, s1) : -1;
                for (int p2 = 0; p2 < kernel.pixels; p2++) {
                    packPixel(
                            source, p2, index * kernel.pixels + p2, (t0 * sliding.taps()[1] + t1) * sliding.taps()[2]);
                }
            }
        }
    }

    /** The first element of a line of x. */
    private long line(int image, int s0, int s1) {
        long line = ((long) image * sliding.x()[0] + s0) * sliding.x()[1] + s1;
        return kernel.task.x().offset() + line * sliding.x()[2] * kernel.channels;
    }

    private void packPixel(long source, int p2, int row, int tap) {
        int taps = sliding.taps()[2];
        int width = kernel.groupChannels;
        boolean joined = kernel.groups == 1 && sliding.dilations()[2] == 1;
        int low = joined ? Math.max(0, sliding.before()[2] - p2 * sliding.strides()[2]) : 0;
        int high = joined ? Math.min(taps, sliding.x()[2] + sliding.before()[2] - p2 * sliding.strides()[2]) : 0;
        if (source >= 0 && joined && low < high) {
            copy(-1, row, 0, tap, low * width);
            copy(source + (long) sliding.met(2, p2, low) * width, row, 0, tap + low, (high - low) * width);
            copy(-1, row, 0, tap + high, (taps - high) * width);
            return;
        }
        for (int t2 = 0; t2 < taps; t2++) {
            int s2 = source < 0 ? -1 : sliding.met(2, p2, t2);
            for (int g = 0; g < kernel.groups; g++) {
                long from = s2 < 0 ? -1 : source + (long) s2 * kernel.channels + (long) g * width;
                copy(from, row, g, tap + t2, width);
            }
        }
    }

    /** Elements of x, or zeros if {@code from} is negative, to columns. */
    private void copy(long from, int row, int group, int tap, int n) {
        MemorySegment source = from < 0 ? kernel.zeros : x;
        RowCopy.copy(source, Math.max(from, 0), 1, columns, place(row, group, tap), n, kernel.bytes);
    }

    private long place(int row, int group, int tap) {
        long rows = (long) count * kernel.pixels;
        return (group * rows + row) * kernel.rowLength + (long) tap * kernel.groupChannels;
    }

    private void gatherLine(int index) {
        int s1 = index % sliding.x()[1];
        int s0 = index / sliding.x()[1] % sliding.x()[0];
        int image = index / sliding.x()[1] / sliding.x()[0];
        long target = line(image, s0, s1);
        for (int t0 = 0; t0 < sliding.taps()[0]; t0++) {
            int p0 = sliding.window(0, s0, t0);
            for (int t1 = 0; p0 >= 0 && t1 < sliding.taps()[1]; t1++) {
                int p1 = sliding.window(1, s1, t1);
                int line = (image * sliding.y()[0] + p0) * sliding.y()[1] + p1 - first;
                if (p1 >= 0 && line >= 0 && line < count) {
                    gather(target, line, (t0 * sliding.taps()[1] + t1) * sliding.taps()[2]);
                }
            }
        }
    }

    private void gather(long target, int line, int tap) {
        for (int p2 = 0; p2 < kernel.pixels; p2++) {
            for (int t2 = 0; t2 < sliding.taps()[2]; t2++) {
                int s2 = sliding.met(2, p2, t2);
                for (int g = 0; s2 >= 0 && g < kernel.groups; g++) {
                    long to = target + (long) s2 * kernel.channels + (long) g * kernel.groupChannels;
                    add(place(line * kernel.pixels + p2, g, tap + t2), to, kernel.groupChannels);
                }
            }
        }
    }

    private void add(long from, long to, int n) {
        if (kernel.bytes == Double.BYTES) {
            for (int i = 0; i < n; i++) {
                double sum = x.get(DOUBLE, (to + i) * 8) + columns.get(DOUBLE, (from + i) * 8);
                x.set(DOUBLE, (to + i) * 8, sum);
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            x.set(FLOAT, (to + i) * 4, x.get(FLOAT, (to + i) * 4) + columns.get(FLOAT, (from + i) * 4));
        }
    }
}
