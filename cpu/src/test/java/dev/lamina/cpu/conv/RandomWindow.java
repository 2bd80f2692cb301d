package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Convolutions of random sizes and geometries: 1 to 3 axes, strides, dilations, uneven padding, groups. */
final class RandomWindow {
    private final Random random;

    RandomWindow(Random random) {
        this.random = random;
    }

    private int upTo(int most) {
        return 1 + random.nextInt(most);
    }

    /**
     * x is buffer 0, w 1, y 2.
     *
     * @param unit channels of x, and often of y, are a multiple of it
     */
    Task.Convolution next(Window.Part part, DType dtype, DType rounded, int unit) {
        int axes = random.nextInt(4) == 0 ? 1 : random.nextInt(6) == 0 ? 3 : 2;
        boolean large = axes < 3 && random.nextInt(3) == 0;
        List<Integer> taps = new ArrayList<>();
        List<Integer> strides = new ArrayList<>();
        List<Integer> dilations = new ArrayList<>();
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        int[] extents = new int[axes];
        int kind = random.nextInt(3);
        for (int axis = 0; axis < axes; axis++) {
            taps.add(kind == 0 ? 3 : upTo(axes == 3 ? 3 : 5));
            strides.add(random.nextInt(3) == 0 ? upTo(3) : 1);
            dilations.add(random.nextInt(4) == 0 ? upTo(3) : 1);
            before.add(kind == 0 ? 1 : random.nextInt(4));
            after.add(kind == 0 ? 1 : random.nextInt(4));
            int span = (taps.getLast() - 1) * dilations.getLast() + 1;
            extents[axis] = Math.max(1, span - before.getLast() - after.getLast())
                    + random.nextInt(axes == 3 ? 5 : large ? 30 : 12);
        }
        Window.Geometry geometry = new Window.Geometry(taps, strides, dilations, before, after);
        int groups = random.nextInt(4) == 0 ? upTo(4) : 1;
        int channels = unit > 1 ? groups * unit * upTo(2) : groups * upTo(large ? 40 : 8);
        int outputs = unit > 1 && random.nextBoolean() ? groups * unit * upTo(2) : groups * upTo(large ? 70 : 20);
        if (unit == 1 && random.nextInt(6) == 0) {
            groups = channels;
            outputs = channels * upTo(2);
        }
        int[] x = dims(upTo(3), extents, channels);
        int[] w = new int[axes + 2];
        int[] y = x.clone();
        for (int axis = 0; axis < axes; axis++) {
            w[axis] = taps.get(axis);
            y[axis + 1] = geometry.outputs(axis, extents[axis]);
        }
        w[axes] = channels / groups;
        w[axes + 1] = outputs;
        y[axes + 1] = outputs;
        return new Task.Convolution(
                part, geometry, groups, access(0, dtype, x), access(1, dtype, w), access(2, dtype, y), rounded);
    }

    private static int[] dims(int images, int[] extents, int channels) {
        int[] dims = new int[extents.length + 2];
        dims[0] = images;
        System.arraycopy(extents, 0, dims, 1, extents.length);
        dims[extents.length + 1] = channels;
        return dims;
    }

    static Task.Access access(int buffer, DType dtype, int... dims) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int d = dims.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= dims[d];
        }
        return new Task.Access(buffer, dtype, 0, dims, strides);
    }
}
