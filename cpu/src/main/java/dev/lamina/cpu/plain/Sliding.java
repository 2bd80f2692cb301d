package dev.lamina.cpu.plain;

import dev.lamina.core.op.Window;
import java.util.Arrays;
import java.util.List;

/**
 * How the windows of {@link Window.Geometry} lie, for any number of axes as for three: axes of one position come in front.
 *
 * @param images N
 * @param x spatial extents of the input
 * @param y spatial extents of the output
 */
@SuppressWarnings("ArrayRecordComponent")
record Sliding(int images, int[] x, int[] y, int[] taps, int[] strides, int[] dilations, int[] before) {
    private static final int AXES = Window.MAX_AXES;

    static Sliding of(Window.Geometry geometry, int[] xDims, int[] yDims) {
        return new Sliding(
                xDims[0],
                last(xDims),
                last(yDims),
                last(geometry.taps(), 1),
                last(geometry.strides(), 1),
                last(geometry.dilations(), 1),
                last(geometry.before(), 0));
    }

    private static int[] last(int[] dims) {
        return last(Arrays.stream(dims, 1, dims.length - 1).boxed().toList(), 1);
    }

    private static int[] last(List<Integer> list, int missing) {
        int[] all = new int[AXES];
        Arrays.fill(all, missing);
        for (int i = 0; i < list.size(); i++) {
            all[AXES - list.size() + i] = list.get(i);
        }
        return all;
    }

    /** The input position that a tap of a window meets, or -1 if it is outside. */
    int met(int axis, int window, int tap) {
        int at = window * strides[axis] + tap * dilations[axis] - before[axis];
        return at < x[axis] ? Math.max(at, -1) : -1;
    }

    /** The window whose tap meets an input position, or -1 if there is none. */
    int window(int axis, int at, int tap) {
        int from = at + before[axis] - tap * dilations[axis];
        boolean hit = from >= 0 && from % strides[axis] == 0 && from / strides[axis] < y[axis];
        return hit ? from / strides[axis] : -1;
    }

    int allTaps() {
        return taps[0] * taps[1] * taps[2];
    }

    int inputs() {
        return x[0] * x[1] * x[2];
    }

    int outputs() {
        return y[0] * y[1] * y[2];
    }
}
