package dev.lamina.core.backend;

import dev.lamina.core.Shape;
import dev.lamina.core.op.Window;
import java.util.Arrays;

/** Convolution and pooling in the interpreter: every pair of an output position and a tap, as the definition says it. */
final class InterpretedWindows {
    private InterpretedWindows() {}

    /** Takes the pairs of positions of y and x that meet, as row-major places without the channels, with the tap. */
    @FunctionalInterface
    private interface Meeting {
        void at(int y, int tap, int x);
    }

    private static void each(Window.Geometry geometry, Shape x, Shape y, Meeting meeting) {
        Shape places = y.with(-1, 1);
        Shape taps = Shape.of(geometry.taps().stream().mapToInt(i -> i).toArray());
        Shape inputs = x.with(-1, 1);
        for (int p = 0; p < places.size(); p++) {
            int[] at = InterpretedViews.index(places, p);
            for (int t = 0; t < taps.size(); t++) {
                int[] tap = InterpretedViews.index(taps, t);
                int[] from = at.clone();
                boolean inside = true;
                for (int d = 0; d < tap.length; d++) {
                    from[d + 1] = at[d + 1] * geometry.strides().get(d)
                            + tap[d] * geometry.dilations().get(d)
                            - geometry.before().get(d);
                    inside &= from[d + 1] >= 0 && from[d + 1] < x.dim(d + 1);
                }
                if (inside) {
                    meeting.at(p, t, (int) InterpretedViews.position(inputs, from));
                }
            }
        }
    }

    static void convolve(Window.Conv conv, Values[] in, Values out) {
        Values first = rounded(conv, in[0]);
        Values second = rounded(conv, in[1]);
        double[] sums = new double[out.size()];
        Shape x = conv.part() == Window.Part.INPUT ? out.shape() : in[0].shape();
        Shape y = switch (conv.part()) {
            case OUTPUT -> out.shape();
            case INPUT -> in[0].shape();
            case KERNEL -> in[1].shape();
        };
        int channels = x.dim(-1);
        int outputs = y.dim(-1);
        int c = channels / conv.groups();
        int o = outputs / conv.groups();
        each(conv.geometry(), x, y, (p, t, s) -> {
            for (int j = 0; j < outputs; j++) {
                for (int i = 0; i < c; i++) {
                    int atX = s * channels + j / o * c + i;
                    int atW = (t * c + i) * outputs + j;
                    int atY = p * outputs + j;
                    switch (conv.part()) {
                        case OUTPUT -> sums[atY] += first.get(atX) * second.get(atW);
                        case INPUT -> sums[atX] += first.get(atY) * second.get(atW);
                        case KERNEL -> sums[atW] += first.get(atX) * second.get(atY);
                    }
                }
            }
        });
        out.fill(i -> sums[(int) i], i -> 0);
    }

    private static Values rounded(Window.Conv conv, Values values) {
        Values result = new Values(values.shape(), values.dtype());
        result.fill(i -> conv.rounded().round(values.get(i)), i -> 0);
        return result;
    }

    static void pool(Window.Pool pool, Values[] in, Values out) {
        boolean toInput = pool.kind() == Window.Pooling.MAX_INPUT || pool.kind() == Window.Pooling.SUM_INPUT;
        Shape x = toInput ? out.shape() : in[0].shape();
        Shape y = pool.kind() == Window.Pooling.MAX_INPUT ? in[1].shape() : toInput ? in[0].shape() : out.shape();
        int channels = x.dim(-1);
        double[] sums = new double[out.size()];
        int[] best = new int[(int) y.size()];
        Arrays.fill(best, -1);
        each(pool.geometry(), x, y, (p, t, s) -> {
            for (int c = 0; c < channels; c++) {
                int atX = s * channels + c;
                int atY = p * channels + c;
                switch (pool.kind()) {
                    case SUM -> sums[atY] += in[0].get(atX);
                    case SUM_INPUT -> sums[atX] += in[0].get(atY);
                    case MAX, MAX_INPUT, MAX_TAKEN ->
                        best[atY] = best[atY] < 0 || larger(in[0].get(atX), in[0].get(best[atY])) ? atX : best[atY];
                }
            }
        });
        for (int i = 0; i < best.length; i++) {
            switch (pool.kind()) {
                case MAX -> sums[i] = best[i] < 0 ? Double.NEGATIVE_INFINITY : in[0].get(best[i]);
                case MAX_TAKEN -> sums[i] = best[i] < 0 ? 0 : in[1].get(best[i]);
                case MAX_INPUT -> {
                    if (best[i] >= 0) {
                        sums[best[i]] += in[1].get(i);
                    }
                }
                case SUM, SUM_INPUT -> {}
            }
        }
        out.fill(i -> sums[(int) i], i -> 0);
    }

    /** Whether an element takes the place of the largest one so far: the first NaN does. */
    private static boolean larger(double next, double best) {
        return !Double.isNaN(best) && (Double.isNaN(next) || next > best);
    }
}
