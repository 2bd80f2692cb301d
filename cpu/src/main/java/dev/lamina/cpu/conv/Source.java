package dev.lamina.cpu.conv;

import dev.lamina.cpu.gemm.Step;

/**
 * The image that windows slide over: in place, if no window goes beyond it, or copied with zeros around it.
 *
 * @param pixel bytes of a pixel as it is read
 * @param row bytes of a row as it is read
 */
record Source(
        Axis depth, Axis height, Axis width, int channels, boolean copies, long pixel, long row, Step valid, Step zero)
        implements Image {
    /** A source with elements of f32. */
    static Source of(Axis depth, Axis height, Axis width, int channels, Sums sums) {
        boolean copies = sums.converts() || !depth.isInside() || !height.isInside() || !width.isInside();
        long pixel = (long) channels * (copies ? sums.elementBytes() : Float.BYTES);
        long row = pixel * (copies ? width.span(width.outputs()) : width.inputs());
        int last = Math.min(width.inputs(), width.span(width.outputs()) - width.before());
        int count = Math.max(0, last - Math.max(0, -width.before()));
        long left = Math.min(row, Math.max(0, width.before()) * pixel);
        long from = (long) channels * Float.BYTES * width.inputs();
        Step valid = sums.copy(from, row, left, count * channels, row - left - count * pixel);
        return new Source(depth, height, width, channels, copies, pixel, row, valid, sums.copy(0, row, row, 0, 0));
    }

    /** Where a pixel is in place, in bytes. */
    long place(int image, int z, int y, int x) {
        long line = ((long) image * depth.inputs() + z) * height.inputs() + y;
        return (line * width.inputs() + x) * channels * Float.BYTES;
    }

    @Override
    public long output() {
        return width.stride() * pixel;
    }

    @Override
    public long tap() {
        return width.dilation() * pixel;
    }

    @Override
    public long place(int row) {
        return row * this.row;
    }

    @Override
    public long bytes(int rows) {
        return rows * row;
    }

    @Override
    public void copy(long source, int image, int z, int y, int first, int count, long to) {
        copy(source, image, z, y + first, count, to + first * row);
    }

    void copy(long source, int image, int z, int y, int count, long to) {
        boolean outside = z < 0 || z >= depth.inputs();
        int top = outside ? count : Math.clamp(-y, 0, count);
        int bottom = outside ? 0 : Math.clamp((long) y + count - height.inputs(), 0, count - top);
        int inside = count - top - bottom;
        zero(top, to);
        if (inside > 0) {
            valid.run(source + place(image, z, y + top, Math.max(0, -width.before())), inside, to + top * row, 0);
        }
        zero(bottom, to + (top + inside) * row);
    }

    private void zero(int rows, long to) {
        if (rows > 0) {
            zero.run(0, rows, to, 0);
        }
    }
}
