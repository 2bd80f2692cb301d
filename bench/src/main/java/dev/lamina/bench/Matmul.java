package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** C (m, n) = A (m, k) B (k, n), all of one type, counted as 2 m n k operations. */
final class Matmul implements Work {
    private final DType dtype;
    private final int m;
    private final int k;
    private final int n;
    private final float[] a;
    private final float[] b;
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    private Matmul(DType dtype, int m, int k, int n, Function<Matmul, Optional<Peers.Rival>> rival) {
        this.dtype = dtype;
        this.m = m;
        this.k = k;
        this.n = n;
        // Small integers: exact in bf16, and so are all sums in f32, so every order of the terms gives the same bits.
        a = filled(m * k, 7);
        b = filled(k * n, 5);
        execution = compiled();
        this.rival = rival.apply(this);
    }

    static Matmul againstOneDnn(DType dtype, int m, int k, int n) {
        return new Matmul(dtype, m, k, n, Matmul::oneDnn);
    }

    static Matmul againstOneThread(DType dtype, int m, int k, int n) {
        return new Matmul(dtype, m, k, n, Matmul::oneThread);
    }

    private Optional<Peers.Rival> oneDnn() {
        Peers.Product product = new Peers.Product(m, k, n, dtype == DType.BF16, execution.input(0), execution.input(1));
        return Peers.ask(Row.ONEDNN, peers -> peers.product(product));
    }

    private Optional<Peers.Rival> oneThread() {
        List<Execution> alone = new ArrayList<>();
        Main.on(OneThread.NAME, () -> alone.add(compiled()));
        Execution other = alone.getFirst();
        return Optional.of(new Peers.Rival(Row.ONE_THREAD, other::run, () -> floats(other)));
    }

    private Execution compiled() {
        Tensor left = Tensor.input(dtype, Shape.of(m, k));
        Tensor right = Tensor.input(dtype, Shape.of(k, n));
        Execution product = Plan.compile(List.of(left, right), List.of(left.matmul(right)), Map.of())
                .start();
        product.input(0, Tensor.of(a, m, k).cast(dtype).evaluate());
        product.input(1, Tensor.of(b, k, n).cast(dtype).evaluate());
        return product;
    }

    private static float[] floats(Execution product) {
        return product.outputTensor(0).cast(DType.F32).toFloatArray();
    }

    /** Whole numbers around 0. */
    static float[] filled(int length, int period) {
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
        float[] actual = floats(execution);
        int step = Math.max(1, m * n / 10_007);
        for (int at = 0; at < m * n; at += step) {
            long sum = 0;
            for (int l = 0; l < k; l++) {
                long left = (long) a[at / n * k + l];
                long right = (long) b[l * n + at % n];
                sum += left * right;
            }
            double expected = dtype.round((double) sum);
            Check.that(expected == actual[at], "matmul at " + at + ": expected " + expected + ", got " + actual[at]);
        }
        rival.ifPresent(other -> {
            other.run().run();
            Check.that(Arrays.equals(other.result().get(), actual), "matmul: the peer computes other values");
        });
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
