package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the windows of a pooling, or of a convolution of each channel alone, lie, in bytes. An image is cut along its first spatial axis into bands that one thread handles: of outputs, or, where
 * x is written, of positions of x. Such a band goes through all windows that reach into it, and writes only inside.
 */
final class PoolingWindows {
    /** Offsets in the description of a band: its windows along the first axis, those along the others, and what it owns of x. */
    static final int BEGIN = 0;

    static final int END = 8;
    static final int OWNED = 48;
    static final int OWNED_BYTES = 56;

    /** Offsets in an entry for a window along an axis: the first position of x that it meets, and those behind it. */
    static final int FIRST = 0;

    static final int LENGTH = 8;

    /** Where the tap that meets the first position is in a kernel. */
    static final int TAP = 16;

    static final int ENTRY = 24;

    /** In one for the first axis also: its outputs, and which of its positions the band owns, from the first one on. */
    static final int OUTPUT = 24;

    static final int OWNED_FROM = 32;
    static final int OWNED_TO = 40;
    static final int FIRST_ENTRY = 48;

    /** Bytes of x that a band has about: several bands where there are few images, and few enough for the second-level cache. */
    private static final long LEAST_BYTES = 32 << 10;

    private static final long MOST_BYTES = 512 << 10;
    private static final int WANTED_BANDS = 16;
    private static final int AXES = Window.MAX_AXES;

    private final Window.Geometry geometry;
    private final boolean toInput;
    private final int[] x = {1, 1, 1};
    private final int[] y = {1, 1, 1};
    private final long[] xStep = new long[AXES];
    private final long[] yStep = new long[AXES];
    private final int images;
    private final int channels;
    private final List<Table> tables = new ArrayList<>();
    private final int bandRows;
    private final Table[] bands;

    PoolingWindows(Task.Pooling task) {
        this(
                task.geometry(),
                toInput(task),
                toInput(task) ? task.out() : task.in().getFirst(),
                toInput(task) ? task.in().getLast() : task.out());
    }

    /** A convolution of each channel alone. */
    PoolingWindows(Task.Convolution task) {
        this(task.geometry(), task.part() == Window.Part.INPUT, task.x(), task.y());
    }

    private PoolingWindows(Window.Geometry geometry, boolean toInput, Task.Access large, Task.Access small) {
        this.geometry = geometry;
        this.toInput = toInput;
        int[] dims = large.dims();
        images = dims[0];
        channels = dims[dims.length - 1];
        System.arraycopy(dims, 1, x, 0, axes());
        System.arraycopy(small.dims(), 1, y, 0, axes());
        steps(x, xStep);
        steps(y, yStep);
        bandRows = bandRows();
        bands = bands();
    }

    private static boolean toInput(Task.Pooling task) {
        return task.kind() == Window.Pooling.MAX_INPUT || task.kind() == Window.Pooling.SUM_INPUT;
    }

    private void steps(int[] extents, long[] steps) {
        steps[AXES - 1] = (long) channels * Float.BYTES;
        for (int axis = AXES - 2; axis >= 0; axis--) {
            steps[axis] = steps[axis + 1] * extents[axis + 1];
        }
    }

    /** Of the first axis of x or y, whichever is written. */
    private int bandRows() {
        int extent = extent();
        long row = xStep[0] * (toInput ? 1 : geometry.strides().getFirst());
        long target = Math.clamp(images * xImage() / WANTED_BANDS, LEAST_BYTES, MOST_BYTES);
        int count = Math.ceilDiv(extent, Math.clamp(target / row, 1, extent));
        return Math.ceilDiv(extent, count);
    }

    private Table[] bands() {
        int extent = extent();
        int rows = bandRows;
        Table[] all = new Table[Math.ceilDiv(extent, rows)];
        Table[] others = {null, entries(1), entries(2)};
        for (int band = 0; band < all.length; band++) {
            int from = band * rows;
            int to = Math.min(extent, from + rows);
            Table first = entries(from, to);
            all[band] = new Table(
                    first.begin(),
                    first.end(),
                    others[1].begin(),
                    others[1].end(),
                    others[2].begin(),
                    others[2].end(),
                    from * xStep[0],
                    (to - from) * xStep[0]);
        }
        return all;
    }

    /** First position of x, or the tap there, that a window meets at or behind a position. */
    private int tap(int axis, int window, int position) {
        int taps = geometry.taps().get(axis);
        int begin = window * geometry.strides().get(axis) - geometry.before().get(axis);
        return Math.clamp(Math.ceilDiv(position - begin, geometry.dilations().get(axis)), 0, taps);
    }

    private long position(int axis, int window, int tap) {
        int begin = window * geometry.strides().get(axis) - geometry.before().get(axis);
        return (begin + (long) tap * geometry.dilations().get(axis)) * xStep[axis];
    }

    private Table entries(int axis) {
        long[] entries = new long[ENTRY / Long.BYTES * y[axis]];
        int at = 0;
        for (int p = 0; axis < axes() && p < y[axis]; p++) {
            int tap = tap(axis, p, 0);
            entries[at++] = position(axis, p, tap);
            entries[at++] = (tap(axis, p, x[axis]) - tap) * tapStep(axis);
            entries[at++] = tap * kernelStep(axis);
        }
        return keep(new Table(entries));
    }

    /** Along the first axis, for a band of outputs or of positions of x. */
    private Table entries(int from, int to) {
        long[] entries = new long[FIRST_ENTRY / Long.BYTES * y[0]];
        int at = 0;
        for (int p = toInput ? 0 : from; p < (toInput ? y[0] : to); p++) {
            int tap = tap(0, p, 0);
            int owned = toInput ? tap(0, p, from) : tap;
            int end = tap(0, p, toInput ? to : x[0]);
            if (!toInput || owned < end) {
                entries[at++] = position(0, p, tap);
                entries[at++] = (tap(0, p, x[0]) - tap) * tapStep(0);
                entries[at++] = (toInput ? owned : tap) * kernelStep(0);
                entries[at++] = p * yStep[0];
                entries[at++] = (owned - tap) * tapStep(0);
                entries[at++] = (end - tap) * tapStep(0);
            }
        }
        return keep(new Table(Arrays.copyOf(entries, at)));
    }

    private Table keep(Table table) {
        tables.add(table);
        return table;
    }

    int axes() {
        return geometry.axes();
    }

    boolean toInput() {
        return toInput;
    }

    int channels() {
        return channels;
    }

    int images() {
        return images;
    }

    /** Bytes from tap to tap. */
    long tapStep(int axis) {
        return geometry.dilations().get(axis) * xStep[axis];
    }

    /** Bytes from tap to tap in a kernel that has one number for each tap and channel. */
    long kernelStep(int axis) {
        long step = (long) channels * Float.BYTES;
        for (int i = axis + 1; i < axes(); i++) {
            step *= geometry.taps().get(i);
        }
        return step;
    }

    /** Rows of x or y, whichever is written, that a band has; the first one of an image's band. */
    int firstRow(int image, int band) {
        return (image * extent() + bandRows * band) * inner();
    }

    int rows(int band) {
        return Math.min(bandRows, extent() - bandRows * band) * inner();
    }

    private int extent() {
        return toInput ? x[0] : y[0];
    }

    private int inner() {
        return toInput ? x[1] * x[2] : y[1] * y[2];
    }

    /** Bytes of an image of x, and of y. */
    long xImage() {
        return xStep[0] * x[0];
    }

    long yImage() {
        return yStep[0] * y[0];
    }

    int bandCount() {
        return bands.length;
    }

    /** The address of the description of a band. */
    long band(int band) {
        return bands[band].begin();
    }

    /** Whether each position of x is in exactly one window. */
    boolean isTiling() {
        boolean tiles = true;
        for (int axis = 0; axis < axes(); axis++) {
            int taps = geometry.taps().get(axis);
            tiles &= taps == geometry.strides().get(axis)
                    && (taps == 1 || geometry.dilations().get(axis) == 1)
                    && geometry.before().get(axis) == 0
                    && y[axis] * taps >= x[axis];
        }
        return tiles;
    }
}
