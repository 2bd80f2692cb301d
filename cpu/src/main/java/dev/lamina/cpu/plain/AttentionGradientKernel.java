package dev.lamina.cpu.plain;

import static dev.lamina.cpu.plain.AttentionKernel.add;
import static dev.lamina.cpu.plain.AttentionKernel.dot;
import static dev.lamina.cpu.plain.AttentionKernel.row;
import static dev.lamina.cpu.plain.AttentionKernel.rows;
import static dev.lamina.cpu.plain.AttentionKernel.set;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;

/** The gradients of an attention in plain Java, see {@link AttentionKernel}: a head of keys after the other, query by query. */
final class AttentionGradientKernel implements Kernel {
    private final Task.AttentionGradient task;
    private final DType rounded;
    private final Pool pool;

    AttentionGradientKernel(Task.AttentionGradient task, Pool pool) {
        this.task = task;
        this.pool = pool;
        rounded = task.rounded();
    }

    @Override
    public void run(MemorySegment[] buffers) {
        int groups = in(1).dims()[1];
        pool.run(in(0).dims()[0] * groups, index -> group(buffers, index / groups, index % groups));
    }

    private Task.Access in(int index) {
        return task.inputs().get(index);
    }

    private void group(MemorySegment[] buffers, int example, int group) {
        int size = in(0).dims()[1] / in(1).dims()[1];
        double[][] k = rows(buffers, in(1), rounded, example, group);
        double[][] v = rows(buffers, in(2), rounded, example, group);
        double[][] dk = new double[k.length][in(1).dims()[3]];
        double[][] dv = new double[k.length][in(2).dims()[3]];
        for (int head = group * size; head < (group + 1) * size; head++) {
            double[][] q = rows(buffers, in(0), rounded, example, head);
            double[][] g = rows(buffers, in(5), rounded, example, head);
            for (int query = 0; query < q.length; query++) {
                int keys = task.causal() ? Math.min(query + 1, k.length) : k.length;
                double[] scores = task.bias().isPresent()
                        ? row(buffers, task.bias().get(), DType.F64, example, head, query)
                        : new double[keys];
                double sum = row(buffers, in(3), DType.F64, example, head, query)[0];
                double delta = row(buffers, in(4), DType.F64, example, head, query)[0];
                double[] dq = new double[q[query].length];
                for (int key = 0; key < keys; key++) {
                    double p = Math.exp(scores[key] + dot(q[query], k[key]) * task.scale() - sum);
                    double ds = rounded.round(p * (dot(g[query], v[key]) - delta) * task.scale());
                    add(dq, ds, k[key]);
                    add(dk[key], ds, q[query]);
                    add(dv[key], rounded.round(p), g[query]);
                }
                set(buffers, task.dq(), dq, example, head, query);
            }
        }
        for (int key = 0; key < k.length; key++) {
            set(buffers, task.dk(), dk[key], example, group, key);
            set(buffers, task.dv(), dv[key], example, group, key);
        }
    }
}
