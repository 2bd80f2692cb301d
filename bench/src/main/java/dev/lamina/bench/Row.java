package dev.lamina.bench;

import java.util.List;
import java.util.function.Supplier;

/**
 * One line of the table.
 *
 * @param name dotted; the beginning selects several
 * @param about one line for people
 * @param backend that runs it; the null backend runs empty kernels
 * @param threads the numbers of threads it is measured with
 * @param work makes what is measured
 */
record Row(String name, String about, String backend, List<Integer> threads, Supplier<Work> work) {
    /** All rows. */
    static final List<Row> ALL = List.of(
            new Row("step.overhead", "train step 20-64-64-1 in fit, kernels empty", "null", List.of(1), FitStep::empty),
            new Row(
                    "step.trace",
                    "the same step written by hand: trace, look up, run",
                    "null",
                    List.of(1),
                    HandStep::new),
            new Row("step.small", "train step 20-64-64-1 in fit", "cpu", List.of(1, 2), FitStep::full),
            matmul("matmul.f32.1024", 1024, 1024, 1024),
            matmul("matmul.f32.256", 256, 256, 256),
            matmul("matmul.f32.64x784x512", 64, 784, 512),
            new Row("softmax.1024x1024", "softmax and its gradient", "cpu", List.of(1, 2), Softmax::new),
            new Row("adam.10M", "one step of Adam on 10 million parameters", "cpu", List.of(1, 2), AdamStep::new),
            new Row("elementwise.chain.64k", "tanh-GELU of 65,536 numbers", "cpu", List.of(1, 2), Gelu::new),
            new Row(
                    "digits.process",
                    "the whole process of lamina train digits",
                    "cpu",
                    List.of(2),
                    DigitsProcess::new),
            new Row("mnist.epoch", "MLP 784-512-256-10, Adam, batch 64", "cpu", List.of(1, 2), MnistEpoch::new));

    private static Row matmul(String name, int m, int k, int n) {
        return new Row(
                name, "matrix product " + m + "x" + k + "x" + n, "cpu", List.of(1, 2), () -> new Matmul(m, k, n));
    }

    static Row named(String name) {
        return ALL.stream()
                .filter(row -> row.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no row " + name));
    }
}
