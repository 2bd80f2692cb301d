package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** C (m, n) = A (m, k) B (k, n) in f32, counted as 2 m n k operations. */
final class Matmul implements Work {
    /** Columns and terms of a block of the peer: a block of B stays in the second cache. */
    private static final int BLOCK = 128;

    private final int m;
    private final int k;
    private final int n;
    private final float[] a;
    private final float[] b;
    private final float[] c;
    private final Execution execution;

    Matmul(int m, int k, int n) {
        this.m = m;
        this.k = k;
        this.n = n;
        // Small integers: all sums are exact, so every order of the terms gives the same bits.
        a = filled(m * k, 7);
        b = filled(k * n, 5);
        c = new float[m * n];
        Tensor left = Tensor.input(DType.F32, Shape.of(m, k));
        Tensor right = Tensor.input(DType.F32, Shape.of(k, n));
        execution = Plan.compile(List.of(left, right), List.of(left.matmul(right)), Map.of())
                .start();
        execution.input(0, Tensor.of(a, m, k));
        execution.input(1, Tensor.of(b, k, n));
    }

    private static float[] filled(int length, int period) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (i + i / 31) % period - period / 2;
        }
        return values;
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GFLOP/s", 2.0 * m * n * k * 1e-9);
    }

    @Override
    public void check() {
        run();
        float[] actual = execution.outputTensor(0).toFloatArray();
        int step = Math.max(1, m * n / 10_007);
        for (int at = 0; at < m * n; at += step) {
            long sum = 0;
            for (int l = 0; l < k; l++) {
                long left = (long) a[at / n * k + l];
                long right = (long) b[l * n + at % n];
                sum += left * right;
            }
            Check.that(sum == actual[at], "matmul at " + at + ": expected " + sum + ", got " + actual[at]);
        }
        blocked();
        Check.that(Arrays.equals(c, actual), "matmul: the peer computes other values");
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(new Peer("blocked loops over float[] in plain Java", unit(), this::blocked));
    }

    private void blocked() {
        Team.run(m, (from, to) -> {
            Arrays.fill(c, from * n, to * n, 0);
            for (int l = 0; l < k; l += BLOCK) {
                for (int j = 0; j < n; j += BLOCK) {
                    block(from, to, l, Math.min(k, l + BLOCK), j, Math.min(n, j + BLOCK));
                }
            }
        });
    }

    private void block(int from, int to, int firstTerm, int lastTerm, int firstColumn, int lastColumn) {
        for (int i = from; i < to; i++) {
            for (int l = firstTerm; l < lastTerm; l++) {
                float factor = a[i * k + l];
                for (int j = firstColumn; j < lastColumn; j++) {
                    c[i * n + j] += factor * b[l * n + j];
                }
            }
        }
    }
}
