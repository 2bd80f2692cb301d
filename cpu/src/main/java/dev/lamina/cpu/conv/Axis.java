package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * One spatial axis of a sum over windows: output i, which lies at {@code first + i * step} of the target, and tap t meet position
 * {@code i * stride + t * dilation - before} of the source.
 *
 * @param inputs extent of the source
 * @param outputs number of outputs
 * @param taps which positions of the kernel the taps are
 * @param first where output 0 lies in the target
 * @param step from output to output in the target
 */
record Axis(int inputs, int outputs, int stride, int dilation, int before, int[] taps, int first, int step) {
    /** An axis of extent 1. */
    static final Axis NONE = new Axis(1, 1, 1, 1, 0, new int[1], 0, 1);

    /** For the output of a convolution. */
    static Axis forward(Window.Geometry geometry, int axis, int inputs, int outputs) {
        int[] taps = new int[geometry.taps().get(axis)];
        for (int t = 0; t < taps.length; t++) {
            taps[t] = t;
        }
        int stride = geometry.strides().get(axis);
        return new Axis(
                inputs,
                outputs,
                stride,
                geometry.dilations().get(axis),
                geometry.before().get(axis),
                taps,
                0,
                1);
    }

    /** Depth, height and width for the output of a convolution. */
    static Axis[] forward(Task.Convolution task) {
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        int missing = 3 - task.geometry().axes();
        Axis[] axes = {NONE, NONE, NONE};
        for (int axis = missing; axis < axes.length; axis++) {
            int at = axis - missing;
            axes[axis] = forward(task.geometry(), at, x[at + 1], y[at + 1]);
        }
        return axes;
    }

    /**
     * For the input of a convolution: one axis for each remainder of its positions by the stride, whose taps are some of the kernel's, in turned
     * order. A remainder may have no taps.
     *
     * @param inputs extent of the convolution's output, which is the source here
     * @param extent of the convolution's input
     */
    static List<Axis> backward(Window.Geometry geometry, int axis, int inputs, int extent) {
        int stride = geometry.strides().get(axis);
        int dilation = geometry.dilations().get(axis);
        int before = geometry.before().get(axis);
        List<Axis> phases = new ArrayList<>();
        for (int phase = 0; phase < stride; phase++) {
            int first = Math.floorMod(phase - before, stride);
            List<Integer> taps = new ArrayList<>();
            for (int t = geometry.taps().get(axis) - 1; t >= 0; t--) {
                if (t * dilation % stride == phase) {
                    taps.add(t);
                }
            }
            if (first < extent) {
                int last = taps.isEmpty() ? 0 : taps.getFirst();
                int step = taps.size() < 2 ? 1 : (last - taps.get(1)) * dilation / stride;
                int[] order = taps.stream().mapToInt(Integer::intValue).toArray();
                int outputs = (extent - 1 - first) / stride + 1;
                int offset = taps.isEmpty() ? 0 : (first + before - last * dilation) / stride;
                phases.add(new Axis(inputs, outputs, 1, step, -offset, order, first, stride));
            }
        }
        return phases;
    }

    /** Positions of the source that some outputs next to each other span. */
    int span(int count) {
        return (count - 1) * stride + (taps.length - 1) * dilation + 1;
    }

    /** Whether no tap lies outside of the source. */
    boolean isInside() {
        return taps.length == 0 || (before <= 0 && span(outputs) - before <= inputs);
    }
}
