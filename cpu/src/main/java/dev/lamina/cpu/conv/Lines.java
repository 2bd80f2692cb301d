package dev.lamina.cpu.conv;

import dev.lamina.cpu.gemm.Step;
import java.util.Arrays;

/**
 * A source with a line for each output of a row: all that its taps along the width meet, in whole units of terms, with zeros behind. So few channels make
 * dense terms, and as rows that follow each other below have no gaps, a group of outputs may go on in the next row. Where windows are some steps
 * apart, first come all rows of one remainder, then those of the next.
 */
final class Lines implements Image {
    /** What a line costs to copy: this many of a tile's steps cost as much as one unit of a line. */
    private static final int STEPS_FOR_UNIT = 8;

    private final Axis depth;
    private final Axis height;
    private final Axis width;
    private final int remainderRows;
    private final long pixel;
    private final long line;
    private final Step zero;

    /** Outputs that meet no pixel outside begin and end here. */
    private final int first;

    private final int last;
    private final Step inner;

    /** For each output that meets pixels outside. */
    private final Step[] outer;

    /** @param rows of a band, as windows span them */
    Lines(Axis depth, Axis height, Axis width, int channels, int rows, Sums sums) {
        this.depth = depth;
        this.height = height;
        this.width = width;
        remainderRows = Math.ceilDiv(rows, height.stride());
        int terms = width.taps().length * channels;
        pixel = (long) channels * Float.BYTES;
        line = line(terms, sums);
        long row = width.outputs() * line;
        zero = sums.copy(0, row, row, 0, 0);
        first = Math.clamp(Math.ceilDiv(width.before(), width.stride()), 0, width.outputs());
        int room = width.inputs() + width.before() - width.taps().length;
        last = Math.clamp(Math.floorDiv(room, width.stride()) + 1, first, width.outputs());
        inner = sums.copy(width.stride() * pixel, line, 0, terms, line - (long) terms * sums.elementBytes());
        outer = new Step[width.outputs()];
        Arrays.fill(outer, inner);
        for (int x = 0; x < outer.length; x++) {
            if (x >= first && x < last) {
                continue;
            }
            int count = tapsEnd(x) - tapsBegin(x);
            long left = (long) tapsBegin(x) * channels * sums.elementBytes();
            long right = line - left - (long) count * channels * sums.elementBytes();
            outer[x] = sums.copy(0, line, left, count * channels, right);
        }
    }

    private static int units(int terms, Sums sums) {
        return Math.ceilDiv(terms, sums.unit());
    }

    /** An odd number of cache lines, so that lines do not compete. */
    private static long line(int terms, Sums sums) {
        return (long) (units(terms, sums) | 1) * sums.unit() * sums.elementBytes();
    }

    /** Bytes of a row. */
    static long row(int channels, Axis width, Sums sums) {
        return width.outputs() * line(width.taps().length * channels, sums);
    }

    private int tapsBegin(int x) {
        return Math.clamp((long) width.before() - (long) x * width.stride(), 0, width.taps().length);
    }

    private int tapsEnd(int x) {
        long end = (long) width.inputs() + width.before() - (long) x * width.stride();
        return Math.clamp(end, tapsBegin(x), width.taps().length);
    }

    /** Whether lines of few channels fill units fairly well. */
    static boolean fit(Pass.Form form, Axis width, int unit) {
        int terms = width.taps().length * form.sources();
        return form.groups() == 1
                && !form.turned()
                && width.dilation() == 1
                && 2 * terms >= Math.ceilDiv(terms, unit) * unit;
    }

    /** Whether lines are needed, or save more of the sums than they cost. */
    static boolean pay(Pass.Form form, Axis height, Axis width, Sums sums) {
        if (sums.unit() == 1 || width.taps().length == 0) {
            return false;
        }
        if (form.sources() % sums.unit() != 0) {
            return true;
        }
        if (form.groups() > 1 || width.dilation() > 1 || !areJoined(height, width)) {
            return false;
        }
        long apart = (long) height.outputs() * Math.ceilDiv(width.outputs(), sums.mostRows());
        long joined = Math.ceilDiv(height.outputs() * width.outputs(), sums.mostRows());
        long units = units(width.taps().length * form.sources(), sums);
        long saved = (apart - joined) * height.taps().length * units * Math.ceilDiv(form.targets(), sums.columns());
        return saved * STEPS_FOR_UNIT > 2 * units * width.outputs() * height.span(height.outputs());
    }

    /** Whether rows of outputs follow each other without gaps in the target too. */
    static boolean areJoined(Axis height, Axis width) {
        return height.step() == 1 && width.step() == 1;
    }

    @Override
    public boolean copies() {
        return true;
    }

    @Override
    public long output() {
        return line;
    }

    @Override
    public long tap() {
        return 0;
    }

    @Override
    public long place(int row) {
        long place = (long) row % height.stride() * remainderRows + row / height.stride();
        return place * width.outputs() * line;
    }

    @Override
    public long bytes(int rows) {
        return (long) height.stride() * Math.ceilDiv(rows, height.stride()) * width.outputs() * line;
    }

    @Override
    public void copy(long source, int image, int z, int y, int first, int count, long to) {
        for (int row = first; row < first + count; row++) {
            if (z < 0 || z >= depth.inputs() || y + row < 0 || y + row >= height.inputs()) {
                zero.run(0, 1, to + place(row), 0);
            } else {
                long plane = (long) image * depth.inputs() + z;
                copy(source + (plane * height.inputs() + y + row) * width.inputs() * pixel, to + place(row));
            }
        }
    }

    private void copy(long row, long to) {
        for (int x = 0; x < outer.length; x++) {
            long from = row + ((long) x * width.stride() - width.before()) * pixel;
            if (x == first && last > first) {
                inner.run(from, (long) last - first, to + x * line, 0);
                x = last - 1;
            } else {
                outer[x].run(from + tapsBegin(x) * pixel, 1, to + x * line, 0);
            }
        }
    }
}
