package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/**
 * Attention in plain Java, head by head and query by query, in double: for systems that refuse executable memory after all, and for windows
 * that machine code does not take.
 */
final class AttentionKernel implements Kernel {
    private final Task.Attention task;
    private final Pool pool;

    AttentionKernel(Task.Attention task, Pool pool) {
        this.task = task;
        this.pool = pool;
    }

    /** The rows of a head, rounded. */
    static double[][] rows(MemorySegment[] buffers, Task.Access from, DType rounded, int example, int head) {
        double[][] rows = new double[from.dims()[2]][];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = row(buffers, from, rounded, example, head, row);
        }
        return rows;
    }

    /** A row of a window with four axes, or an element of one with three. */
    static double[] row(MemorySegment[] buffers, Task.Access from, DType rounded, int... index) {
        MemorySegment memory = buffers[from.buffer()];
        long at = at(from, index);
        boolean single = from.dims().length == 3;
        double[] row = new double[single ? 1 : from.dims()[3]];
        for (int i = 0; i < row.length; i++) {
            row[i] = rounded.round(Elements.get(memory, from.dtype(), at + (single ? 0 : i * from.strides()[3])));
        }
        return row;
    }

    static void set(MemorySegment[] buffers, Task.Access to, double[] row, int... index) {
        long at = at(to, index);
        for (int i = 0; i < row.length; i++) {
            long column = to.dims().length == 3 ? 0 : i * to.strides()[3];
            Elements.set(buffers[to.buffer()], to.dtype(), at + column, row[i]);
        }
    }

    private static long at(Task.Access access, int... index) {
        long at = access.offset();
        for (int i = 0; i < index.length; i++) {
            at += index[i] * access.strides()[i];
        }
        return at;
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** to += factor * row. */
    static void add(double[] to, double factor, double[] row) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * row[i];
        }
    }

    @Override
    public void run(MemorySegment[] buffers) {
        int heads = task.q().dims()[1];
        pool.run(task.q().dims()[0] * heads, index -> head(buffers, index / heads, index % heads));
    }

    private void head(MemorySegment[] buffers, int example, int head) {
        int group = head / (task.q().dims()[1] / task.k().dims()[1]);
        double[][] q = rows(buffers, task.q(), task.rounded(), example, head);
        double[][] k = rows(buffers, task.k(), task.rounded(), example, group);
        double[][] v = rows(buffers, task.v(), task.rounded(), example, group);
        for (int query = 0; query < q.length; query++) {
            int keys = task.causal() ? Math.min(query + 1, k.length) : k.length;
            double[] scores = task.bias().isPresent()
                    ? row(buffers, task.bias().get(), DType.F64, example, head, query)
                    : new double[keys];
            double largest = Double.NEGATIVE_INFINITY;
            for (int key = 0; key < keys; key++) {
                scores[key] += dot(q[query], k[key]) * task.scale();
                largest = Math.max(largest, scores[key]);
            }
            double safe = largest == Double.NEGATIVE_INFINITY ? 0 : largest;
            double sum = 0;
            for (int key = 0; key < keys; key++) {
                scores[key] = Math.exp(scores[key] - safe);
                sum += scores[key];
            }
            double[] out = new double[task.v().dims()[3]];
            for (int key = 0; key < keys; key++) {
                add(out, task.rounded().round(sum == 0 ? 0 : scores[key] / sum), v[key]);
            }
            set(buffers, task.out(), out, example, head, query);
            double log = sum == 0 ? Double.POSITIVE_INFINITY : safe + Math.log(sum);
            set(buffers, task.sums(), new double[] {log}, example, head, query);
        }
    }
}
