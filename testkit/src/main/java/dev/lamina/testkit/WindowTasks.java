package dev.lamina.testkit;

import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Window;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Convolution and pooling for {@link TaskInterpreter}: each element of the result gathers what belongs to it. */
final class WindowTasks {
    private WindowTasks() {}

    /** The elements of a contiguous window by index. */
    private record Block(double[] values, int[] dims) {
        static Block of(Task.Access access, MemorySegment[] buffers) {
            double[] values = new double[size(access.dims())];
            for (int i = 0; i < values.length; i++) {
                values[i] = Elements.get(buffers[access.buffer()], access.dtype(), access.offset() + i);
            }
            return new Block(values, access.dims());
        }

        int channels() {
            return dims[dims.length - 1];
        }
    }

    private static int size(int[] dims) {
        return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    private static void store(Task.Access out, MemorySegment[] buffers, double[] values) {
        for (int i = 0; i < values.length; i++) {
            Elements.set(buffers[out.buffer()], out.dtype(), out.offset() + i, values[i]);
        }
    }

    /** Where x is met by each tap of each window: [n * P + p][tap], -1 outside. */
    private static int[][] meetings(Window.Geometry geometry, int[] x, int[] y) {
        int windows = size(y) / Math.max(y[y.length - 1], 1);
        List<int[]> all = new ArrayList<>();
        for (int p = 0; p < windows; p++) {
            int taps = geometry.taps().stream().reduce(1, (a, b) -> a * b);
            int[] places = new int[taps];
            for (int t = 0; t < taps; t++) {
                places[t] = place(geometry, x, y, p, t);
            }
            all.add(places);
        }
        return all.toArray(int[][]::new);
    }

    private static int place(Window.Geometry geometry, int[] x, int[] y, int p, int t) {
        int scale = 1;
        int place = 0;
        int windows = p;
        int taps = t;
        for (int d = geometry.axes() - 1; d >= 0; d--) {
            int at = windows % y[d + 1] * geometry.strides().get(d)
                    + taps % geometry.taps().get(d) * geometry.dilations().get(d)
                    - geometry.before().get(d);
            if (at < 0 || at >= x[d + 1]) {
                return -1;
            }
            windows /= y[d + 1];
            taps /= geometry.taps().get(d);
            place += at * scale;
            scale *= x[d + 1];
        }
        return place + windows * scale;
    }

    static void convolve(Task.Convolution conv, MemorySegment[] buffers) {
        double[] out = new double[size(conv.out().dims())];
        if (out.length == 0) {
            return;
        }
        Block x = Block.of(conv.x(), buffers);
        Block w = Block.of(conv.w(), buffers);
        Block y = Block.of(conv.y(), buffers);
        int[][] meetings = meetings(conv.geometry(), x.dims(), y.dims());
        int inner = w.dims()[w.dims().length - 2];
        int outer = y.channels() / conv.groups();
        for (int p = 0; p < meetings.length; p++) {
            for (int t = 0; t < meetings[p].length; t++) {
                for (int o = 0; meetings[p][t] >= 0 && o < y.channels(); o++) {
                    for (int c = 0; c < inner; c++) {
                        int ix = meetings[p][t] * x.channels() + o / outer * inner + c;
                        int iw = (t * inner + c) * y.channels() + o;
                        int iy = p * y.channels() + o;
                        double xv = conv.rounded().round(x.values()[ix]);
                        double wv = conv.rounded().round(w.values()[iw]);
                        double yv = conv.rounded().round(y.values()[iy]);
                        switch (conv.part()) {
                            case OUTPUT -> out[iy] += xv * wv;
                            case INPUT -> out[ix] += yv * wv;
                            case KERNEL -> out[iw] += xv * yv;
                        }
                    }
                }
            }
        }
        store(conv.out(), buffers, out);
    }

    static void pool(Task.Pooling pool, MemorySegment[] buffers) {
        double[] out = new double[size(pool.out().dims())];
        if (out.length == 0) {
            return;
        }
        Block first = Block.of(pool.in().get(0), buffers);
        Block second = Block.of(pool.in().get(pool.in().size() - 1), buffers);
        int[] result = pool.out().dims();
        int[][] meetings = switch (pool.kind()) {
            case MAX, MAX_TAKEN, SUM -> meetings(pool.geometry(), first.dims(), result);
            case MAX_INPUT -> meetings(pool.geometry(), result, second.dims());
            case SUM_INPUT -> meetings(pool.geometry(), result, first.dims());
        };
        int channels = first.channels();
        for (int p = 0; p < meetings.length; p++) {
            for (int c = 0; c < channels; c++) {
                int y = p * channels + c;
                int[] elements = elements(meetings[p], channels, c);
                int best = largest(elements, first.values(), pool.kind());
                switch (pool.kind()) {
                    case MAX -> out[y] = best < 0 ? Double.NEGATIVE_INFINITY : first.values()[best];
                    case MAX_TAKEN -> out[y] = best < 0 ? 0 : second.values()[best];
                    case MAX_INPUT -> out[Math.max(best, 0)] += best < 0 ? 0 : second.values()[y];
                    case SUM ->
                        out[y] = Arrays.stream(elements)
                                .mapToDouble(i -> first.values()[i])
                                .sum();
                    case SUM_INPUT -> Arrays.stream(elements).forEach(i -> out[i] += first.values()[y]);
                }
            }
        }
        store(pool.out(), buffers, out);
    }

    private static int[] elements(int[] places, int channels, int channel) {
        return Arrays.stream(places)
                .filter(x -> x >= 0)
                .map(x -> x * channels + channel)
                .toArray();
    }

    private static int largest(int[] elements, double[] values, Window.Pooling kind) {
        if (kind == Window.Pooling.SUM || kind == Window.Pooling.SUM_INPUT) {
            return -1;
        }
        double largest = Double.NEGATIVE_INFINITY;
        for (int i : elements) {
            if (Double.isNaN(values[i])) {
                return i;
            }
            largest = Math.max(largest, values[i]);
        }
        for (int i : elements) {
            if (values[i] == largest) {
                return i;
            }
        }
        return -1;
    }
}
