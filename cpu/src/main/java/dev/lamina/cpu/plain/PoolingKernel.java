package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Pooling and its gradients: a part has some channels of one image, in arrays of doubles. */
final class PoolingKernel implements Kernel, Job.Parts {
    /** Channels of a part. */
    private static final int BLOCK = 32;

    /** Registers of a part. */
    private static final int FIRST = 0;

    private static final int SECOND = 1;
    private static final int OUT = 2;
    private static final int BEST = 3;

    private final Task.Pooling task;
    private final Sliding sliding;
    private final int channels;
    private final int blocks;
    private final Workspace.Needs needs;
    private final Pool pool;

    PoolingKernel(Task.Pooling task, Pool pool) {
        this.task = task;
        this.pool = pool;
        int[] out = task.out().dims();
        int[] first = task.in().get(0).dims();
        sliding = switch (task.kind()) {
            case MAX, MAX_TAKEN, SUM -> Sliding.of(task.geometry(), first, out);
            case MAX_INPUT -> Sliding.of(task.geometry(), out, task.in().get(1).dims());
            case SUM_INPUT -> Sliding.of(task.geometry(), out, first);
        };
        channels = out[out.length - 1];
        blocks = Math.ceilDiv(channels, BLOCK);
        int most = Math.max(sliding.inputs(), sliding.outputs()) * Math.min(channels, BLOCK);
        int second = task.in().size() > 1 ? most : 0;
        needs = new Workspace.Needs(
                new int[] {BLOCK}, new int[] {most, second, most, BLOCK}, new int[] {BLOCK}, new int[0], 0);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Job.run(this, sliding.images() * blocks, pool, buffers);
    }

    @Override
    public void part(int part, Job job) {
        int image = part / blocks;
        int from = part % blocks * BLOCK;
        int width = Math.min(BLOCK, channels - from);
        Workspace w = Workspace.take(job.buffers());
        try {
            w.prepare(needs);
            for (int i = 0; i < task.in().size(); i++) {
                load(w, task.in().get(i), image, from, width, w.doubles[i]);
            }
            boolean max = task.kind() == Window.Pooling.MAX;
            Arrays.fill(w.doubles[OUT], 0, pixels(task.out()) * width, max ? Double.NEGATIVE_INFINITY : 0);
            for (int p = 0; p < sliding.outputs(); p++) {
                window(w, p, width);
            }
            store(w, image, from, width);
        } finally {
            w.give();
        }
    }

    private static int pixels(Task.Access access) {
        int pixels = 1;
        for (int d = 1; d < access.dims().length - 1; d++) {
            pixels *= access.dims()[d];
        }
        return pixels;
    }

    private void load(Workspace w, Task.Access access, int image, int from, int width, double[] to) {
        int pixels = pixels(access);
        MemorySegment memory = w.buffers[access.buffer()];
        for (int i = 0; i < pixels; i++) {
            long first = access.offset() + ((long) image * pixels + i) * channels + from;
            if (access.dtype() == DType.F64) {
                Spans.load(memory, first, 1, to, i * width, width);
            } else {
                float[] floats = w.floats[0];
                Spans.load(memory, access.dtype(), first, 1, floats, 0, width, w);
                for (int c = 0; c < width; c++) {
                    to[i * width + c] = floats[c];
                }
            }
        }
    }

    private void store(Workspace w, int image, int from, int width) {
        Task.Access out = task.out();
        double[] values = w.doubles[OUT];
        int pixels = pixels(out);
        MemorySegment memory = w.buffers[out.buffer()];
        for (int i = 0; i < pixels; i++) {
            long first = out.offset() + ((long) image * pixels + i) * channels + from;
            if (out.dtype() == DType.F64) {
                Spans.store(memory, first, 1, values, i * width, width);
            } else {
                float[] floats = w.floats[0];
                for (int c = 0; c < width; c++) {
                    floats[c] = (float) values[i * width + c];
                }
                Spans.store(memory, out.dtype(), first, 1, floats, 0, width, w);
            }
        }
    }

    private void window(Workspace w, int p, int width) {
        int p2 = p % sliding.y()[2];
        int p1 = p / sliding.y()[2] % sliding.y()[1];
        int p0 = p / sliding.y()[2] / sliding.y()[1];
        Arrays.fill(w.ints[0], 0, width, -1);
        Arrays.fill(w.doubles[BEST], 0, width, Double.NEGATIVE_INFINITY);
        for (int t0 = 0; t0 < sliding.taps()[0]; t0++) {
            int s0 = sliding.met(0, p0, t0);
            for (int t1 = 0; s0 >= 0 && t1 < sliding.taps()[1]; t1++) {
                int s1 = sliding.met(1, p1, t1);
                for (int t2 = 0; s1 >= 0 && t2 < sliding.taps()[2]; t2++) {
                    int s2 = sliding.met(2, p2, t2);
                    if (s2 >= 0) {
                        meet(w, p * width, ((s0 * sliding.x()[1] + s1) * sliding.x()[2] + s2) * width, width);
                    }
                }
            }
        }
        choose(w, p * width, width);
    }

    private void meet(Workspace w, int y, int x, int width) {
        double[] in = w.doubles[FIRST];
        double[] out = w.doubles[OUT];
        switch (task.kind()) {
            case MAX -> {
                for (int c = 0; c < width; c++) {
                    out[y + c] = Math.max(out[y + c], in[x + c]);
                }
            }
            case SUM -> {
                for (int c = 0; c < width; c++) {
                    out[y + c] += in[x + c];
                }
            }
            case SUM_INPUT -> {
                for (int c = 0; c < width; c++) {
                    out[x + c] += in[y + c];
                }
            }
            case MAX_INPUT, MAX_TAKEN -> {
                double[] best = w.doubles[BEST];
                int[] at = w.ints[0];
                for (int c = 0; c < width; c++) {
                    double next = in[x + c];
                    boolean nan = Double.isNaN(next) && !Double.isNaN(best[c]);
                    if (next > best[c] || nan || at[c] < 0) {
                        best[c] = next;
                        at[c] = x + c;
                    }
                }
            }
        }
    }

    /** Uses the places of the largest elements of a window. */
    private void choose(Workspace w, int y, int width) {
        int[] at = w.ints[0];
        for (int c = 0; c < width; c++) {
            if (at[c] >= 0 && task.kind() == Window.Pooling.MAX_INPUT) {
                w.doubles[OUT][at[c]] += w.doubles[SECOND][y + c];
            } else if (at[c] >= 0) {
                w.doubles[OUT][y + c] = w.doubles[SECOND][at[c]];
            }
        }
    }
}
