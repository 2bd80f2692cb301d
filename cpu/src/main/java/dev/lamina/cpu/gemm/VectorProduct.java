package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A large matrix times a vector, as a loop of sums over the matrix in its place: each element is used once, so packing would cost more than
 * the product, and memory is the limit.
 */
final class VectorProduct {
    /** Elements below which the matrix is in a cache anyway. */
    private static final long LARGE = 1 << 17;

    private final Task.MatMul task;
    private final int[] dims;
    private final List<Task.Value> values = new ArrayList<>();

    private VectorProduct(Task.MatMul task) {
        this.task = task;
        int[] out = task.out().dims();
        dims = Arrays.copyOf(out, out.length + 1);
        dims[out.length] = task.b().dims()[out.length - 2];
    }

    /** Whether there is one row or one column, and the matrix beside it is large and lies along the sums. */
    static boolean takes(Task.MatMul task) {
        int column = task.out().dims().length - 1;
        long m = task.out().dims()[column - 1];
        long n = task.out().dims()[column];
        long k = task.b().dims()[column - 1];
        boolean right = n == 1 && task.a().strides()[column] == 1 && task.b().strides()[column - 1] == 1;
        boolean left = m == 1 && task.b().strides()[column - 1] == 1 && task.a().strides()[column] == 1;
        return (right || left) && m * n * k >= LARGE && task.out().dtype().isFloat();
    }

    /** The sums over k of a (B..., M, 1, K) times b (B..., 1, N, K). */
    static Task.Loop loop(Task.MatMul task) {
        return new VectorProduct(task).loop();
    }

    private Task.Loop loop() {
        int column = dims.length - 2;
        DType dtype = task.out().dtype();
        int product = add(new Task.Apply(
                Elementwise.MUL,
                sums(),
                factor(task.a(), column - 1, -1, column),
                factor(task.b(), -1, column, column - 1),
                -1));
        int sum = add(new Task.Fold(Reduce.Kind.SUM, sums(), product));
        return new Task.Loop(
                dims, 1, values, List.of(new Task.Store(cast(sum, dtype), view(task.out(), column - 1, column, -1))));
    }

    private DType sums() {
        return task.out().dtype() == DType.F64 ? DType.F64 : DType.F32;
    }

    private int add(Task.Value value) {
        values.add(value);
        return values.size() - 1;
    }

    private int cast(int value, DType to) {
        return values.get(value).dtype() == to ? value : add(new Task.Apply(Elementwise.CAST, to, value, -1, -1));
    }

    private int factor(Task.Access access, int row, int column, int k) {
        int load = add(new Task.Load(view(access, row, column, k)));
        return cast(task.rounded() == DType.BF16 ? cast(load, DType.BF16) : load, sums());
    }

    /** The access with the dims of the loop; rows, columns and k are along its own axes, or -1 where it stands still. */
    private Task.Access view(Task.Access access, int row, int column, int k) {
        int batch = dims.length - 3;
        long[] strides = Arrays.copyOf(access.strides(), dims.length);
        int[] axes = {row, column, k};
        for (int i = 0; i < axes.length; i++) {
            strides[batch + i] = axes[i] < 0 ? 0 : access.strides()[axes[i]];
        }
        return new Task.Access(access.buffer(), access.dtype(), access.offset(), dims, strides);
    }
}
