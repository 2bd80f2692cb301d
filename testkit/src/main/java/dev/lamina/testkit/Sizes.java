package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** Sizes that do not fit into tiles and vectors: every kind of kernel at each of them, against the interpreter. */
final class Sizes {
    private static final int[] UGLY = {0, 1, 7, 13, 207, 702, 4098};
    private static final List<DType> DTYPES = List.of(DType.F32, DType.F64, DType.BF16, DType.F16);
    /** By name: from a row of n values to a result. */
    private static final Map<String, Function<Tensor, Tensor>> KERNELS = kernels();

    private Sizes() {}

    static Stream<DynamicNode> tests(String backend) {
        List<DynamicNode> tests = new ArrayList<>();
        for (int n : UGLY) {
            for (DType dtype : DTYPES) {
                tests.add(dynamicTest(n + " " + dtype, () -> check(backend, n, dtype)));
            }
            tests.add(dynamicTest(n + " matmul", () -> matmul(backend, n)));
        }
        return tests.stream();
    }

    private static Map<String, Function<Tensor, Tensor>> kernels() {
        Map<String, Function<Tensor, Tensor>> kernels = new TreeMap<>();
        kernels.put("map", x -> x.mul(x).add(1).sqrt().sub(x));
        kernels.put("row sum", x -> stack(x).sum(1));
        kernels.put("column sum", x -> stack(x).transpose().sum(0));
        kernels.put("columns of a tall matrix", x -> stack(x).transpose().mul(2).sum(0));
        kernels.put("sum of all", Tensor::sum);
        kernels.put("softmax", x -> x.size() == 0 ? x : stack(x).softmax(1));
        kernels.put(
                "column softmax", x -> x.size() == 0 ? x : stack(x).transpose().softmax(0));
        kernels.put("log softmax of a row", x -> x.size() == 0 ? x : x.logSoftmax(0));
        kernels.put(
                "normalized row",
                x -> stack(x).sub(stack(x).meanKeep(1))
                        .div(stack(x).varKeep(0, 1).add(1).sqrt()));
        kernels.put("cumsum", x -> x.mul(0.01).cumsum(0));
        kernels.put(
                "transposed copy",
                x -> stack(x).transpose().mul(stack(x).transpose().flip(1)).flatten());
        kernels.put("every third", x -> x.slice(Index.every(3)).mul(2));
        kernels.put("backwards", x -> x.slice(Index.every(-1)).add(x));
        kernels.put("broadcast both ways", x -> x.unsqueeze(1).mul(Tensor.ones(x.dtype(), Shape.of(3))));
        kernels.put("sort", x -> x.sort(0, false).values());
        kernels.put("extremes", x -> x.size() == 0 ? x : Tensor.concat(0, x.maxKeep(0), x.minKeep(0)));
        kernels.put("concat and pad", x -> Tensor.concat(0, x, x.neg(), x).pad(new int[] {1}, new int[] {2}, 0.5));
        return kernels;
    }

    /** (3, n) from (n,): x, -x, x / 2. */
    private static Tensor stack(Tensor x) {
        return Tensor.stack(0, x, x.neg(), x.mul(0.5));
    }

    private static void check(String backend, int n, DType dtype) {
        Tensor x = random(n, dtype, n);
        for (Map.Entry<String, Function<Tensor, Tensor>> kernel : KERNELS.entrySet()) {
            Tensor expected =
                    OnBackend.of("interpreter", () -> kernel.getValue().apply(x).evaluate());
            Tensor got = OnBackend.of(backend, () -> kernel.getValue().apply(x).evaluate());
            double unit = Traced.unit(dtype);
            Values.difference(got, expected, 32 * unit, slack(dtype, n)).ifPresent(text -> {
                throw new AssertionError(kernel.getKey() + ", n = " + n + " " + dtype + ": " + text);
            });
        }
    }

    private static void matmul(String backend, int n) {
        int[][] sizes = {{n, 7, 13}, {13, n, 7}, {7, 13, n}, {1, n, 1}};
        for (int[] size : sizes) {
            for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I32)) {
                Tensor a = random(size[0] * size[1], dtype, 1).reshape(size[0], size[1]);
                Tensor b = random(size[1] * size[2], dtype, 2).reshape(size[1], size[2]);
                Tensor turned = random(size[1] * size[2], dtype, 3).reshape(size[2], size[1]);
                compare(backend, "(m, k, n) = " + Shape.of(size) + " " + dtype, size[1], () -> a.matmul(b));
                compare(
                        backend,
                        "transposed right, " + Shape.of(size) + " " + dtype,
                        size[1],
                        () -> a.matmul(turned.transpose()).add(1));
            }
            rounded(backend, size);
        }
    }

    /** f32 products whose factors are rounded to bf16: plain, transposed, in batches of which one side is repeated, with a bias. */
    private static void rounded(String backend, int[] size) {
        Tensor a = random(size[0] * size[1], DType.F32, 1).reshape(size[0], size[1]);
        Tensor b = random(size[1] * size[2], DType.F32, 2).reshape(size[1], size[2]);
        Tensor bias = random(size[2], DType.F32, 3);
        Map<String, Supplier<Tensor>> products = Map.of(
                "rounded", () -> a.matmul(b),
                "rounded with bias", () -> a.matmul(b).add(bias).relu(),
                "rounded, transposed", () -> b.transpose().matmul(a.transpose()),
                "rounded, batches", () -> a.unsqueeze(0).matmul(Tensor.stack(0, b, b.neg())));
        products.forEach((name, product) -> compare(
                backend,
                name + ", " + Shape.of(size),
                size[1],
                () -> Precision.bf16().call(product)));
    }

    private static void compare(String backend, String name, int k, Supplier<Tensor> product) {
        Tensor expected = OnBackend.of("interpreter", () -> product.get().evaluate());
        Tensor got = OnBackend.of(backend, () -> product.get().evaluate());
        double unit = Traced.unit(expected.dtype());
        Values.difference(got, expected, 4 * unit, slack(expected.dtype(), k)).ifPresent(text -> {
            throw new AssertionError("matmul " + name + ": " + text);
        });
    }

    /** Absolute error of a sum of n values below 4; halves are summed in f32 and rounded once. */
    private static double slack(DType dtype, int n) {
        boolean half = dtype == DType.BF16 || dtype == DType.F16;
        return (16 + (half ? 16 * Math.sqrt(n) : 2 * n)) * Traced.unit(dtype);
    }

    /** Values between -2 and 2. */
    private static Tensor random(int n, DType dtype, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = random.doubles(n, -2, 2).toArray();
        return FuzzLeaves.tensor(values, Shape.of(n), dtype);
    }
}
