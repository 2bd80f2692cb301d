package dev.lamina.core.profile;

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

/**
 * How fast the backend in use is at best on this machine, measured now.
 *
 * @param product large f32 matrix products, 2 n^3 operations each
 * @param half the same with bf16 numbers
 * @param copy bytes read and written where they fit in no cache
 */
public record Limits(Rate product, Rate half, Rate copy) {
    private static final int LARGEST_PRODUCT = 1024;
    private static final int LARGEST_COPY = 1 << 24;
    /** A run that takes longer is not made larger: a slow backend must not keep people waiting. */
    private static final double LONG = 0.3;

    private static final int RUNS = 9;
    private static final double WARM_UP = 1.5;

    /**
     * A measured speed.
     *
     * @param size what was computed
     * @param best 10^9 operations or bytes per second
     * @param median the same, of all runs
     * @param runs that were measured
     */
    public record Rate(int size, double best, double median, int runs) {}

    /**
     * Measures for a few seconds on the threads of the backend.
     *
     * @param half whether bf16 is of interest; else its rate is that of f32
     */
    public static Limits measure(boolean half) {
        Rate product = measureProduct(DType.F32);
        return new Limits(product, half ? measureProduct(DType.BF16) : product, measureCopy());
    }

    /** C = A B for square matrices. */
    public static Rate measureProduct(DType dtype) {
        return measure(64, LARGEST_PRODUCT, 8, n -> square(n, dtype), n -> 2.0 * n * n * n);
    }

    /** y = -x for many f32 numbers. */
    public static Rate measureCopy() {
        return measure(1 << 20, LARGEST_COPY, 2, Limits::negation, n -> 8.0 * n);
    }

    private static Execution square(int n, DType dtype) {
        Tensor a = Tensor.input(dtype, Shape.of(n, n));
        Tensor b = Tensor.input(dtype, Shape.of(n, n));
        Execution execution =
                Plan.compile(List.of(a, b), List.of(a.matmul(b)), Map.of()).start();
        execution.input(0, Random.seed(1).uniform(Shape.of(n, n)).cast(dtype));
        execution.input(1, Random.seed(2).uniform(Shape.of(n, n)).cast(dtype));
        return execution;
    }

    private static Execution negation(int n) {
        Tensor x = Tensor.input(DType.F32, Shape.of(n));
        Execution execution =
                Plan.compile(List.of(x), List.of(x.neg()), Map.of()).start();
        execution.input(0, Tensor.zeros(n));
        return execution;
    }

    private static Rate measure(
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
        double billions = work.applyAsDouble(n) * 1e-9;
        return new Rate(n, billions / times[0], billions / times[RUNS / 2], RUNS);
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
