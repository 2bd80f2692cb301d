package dev.lamina.cli;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;

/** Short measurements of the backend in use. */
final class Speed {
    private static final int LARGEST_MATMUL = 1024;
    private static final int LARGEST_COPY = 1 << 24;
    /** A run that takes longer is not made larger: a slow backend must not keep people waiting. */
    private static final double LONG = 0.3;

    private static final int RUNS = 9;
    private static final double WARM_UP = 1.5;

    private Speed() {}

    /**
     * A measured speed.
     *
     * @param size what was computed
     * @param rate 10^9 operations or bytes per second
     * @param runs that were measured
     */
    record Result(int size, double rate, int runs) {}

    /** C = A B for square f32 matrices, counted as 2 n^3 operations. */
    static Result matmul() {
        return measure(64, LARGEST_MATMUL, 8, Speed::product, n -> 2.0 * n * n * n);
    }

    /** y = -x for many f32 numbers, counted as the bytes read and written. */
    static Result copy() {
        return measure(1 << 20, LARGEST_COPY, 2, Speed::negation, n -> 8.0 * n);
    }

    private static Execution product(int n) {
        Tensor a = Tensor.input(DType.F32, Shape.of(n, n));
        Tensor b = Tensor.input(DType.F32, Shape.of(n, n));
        Execution execution =
                Plan.compile(List.of(a, b), List.of(a.matmul(b)), Map.of()).start();
        execution.input(0, Random.seed(1).uniform(Shape.of(n, n)));
        execution.input(1, Random.seed(2).uniform(Shape.of(n, n)));
        return execution;
    }

    private static Execution negation(int n) {
        Tensor x = Tensor.input(DType.F32, Shape.of(n));
        Execution execution =
                Plan.compile(List.of(x), List.of(x.neg()), Map.of()).start();
        execution.input(0, Tensor.zeros(n));
        return execution;
    }

    private static Result measure(
            int size, int largest, int growth, IntFunction<Execution> make, IntToDoubleFunction work) {
        int n = size;
        Execution execution = make.apply(n);
        while (n < largest && quick(execution) * growth < LONG) {
            n *= 2;
            execution = make.apply(n);
        }
        long start = System.nanoTime();
        double[] times = new double[RUNS];
        do {
            seconds(execution);
        } while ((System.nanoTime() - start) * 1e-9 < WARM_UP);
        for (int i = 0; i < RUNS; i++) {
            times[i] = seconds(execution);
        }
        Arrays.sort(times);
        return new Result(n, work.applyAsDouble(n) / times[RUNS / 2] * 1e-9, RUNS);
    }

    /** The best of some runs: the first ones also load and compile code. */
    private static double quick(Execution execution) {
        double best = seconds(execution);
        double spent = best;
        for (int run = 1; spent < 2 * WARM_UP && (run < RUNS || spent < WARM_UP / 4); run++) {
            double time = seconds(execution);
            spent += time;
            best = Math.min(best, time);
        }
        return best;
    }

    private static double seconds(Execution execution) {
        long start = System.nanoTime();
        execution.run();
        return (System.nanoTime() - start) * 1e-9;
    }
}
