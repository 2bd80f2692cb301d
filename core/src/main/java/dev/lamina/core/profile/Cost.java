package dev.lamina.core.profile;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What one run of a task has to do at least, however clever its kernel is.
 *
 * @param bytes read and written: each window once, repeated elements (stride 0) once
 * @param flops scalar functions and combinations, one each, whatever they take; 2 for each multiply-add of a product; conversions are
 *     free
 * @param half true for a product of bf16 numbers, which machines do faster than f32
 */
public record Cost(long bytes, double flops, boolean half) {
    /** The cost of a task. */
    public static Cost of(Task task) {
        return switch (task) {
            case Task.Loop loop -> new Cost(bytes(loop.reads(), loop.writes()), flops(loop), false);
            case Task.Product product ->
                new Cost(bytes(product.reads(), product.writes()), flops(product), half(product));
            case Task.Chain chain -> chained(chain);
            case Task.Band band -> banded(band);
            case Task.Images images -> together(images);
            // Of the data only the chosen rows are read.
            case Task.Gather gather -> new Cost(bytes(gather.index()) + 2 * bytes(gather.out()), 0, false);
            case Task.Scattering scatter ->
                new Cost(
                        bytes(scatter.reads(), scatter.writes()),
                        size(scatter.updates().dims()),
                        false);
            case Task.Sorting sort -> new Cost(bytes(sort.reads(), sort.writes()), 0, false);
            case Task.Attention a -> {
                double width = 2.0 * (a.q().dims()[3] + a.v().dims()[3]);
                yield attention(task, a.causal(), a.rounded(), a.q(), a.k(), width);
            }
            case Task.AttentionGradient a -> {
                Task.Access q = a.inputs().get(0);
                double width = 6.0 * q.dims()[3] + 4.0 * a.inputs().get(2).dims()[3];
                yield attention(task, a.causal(), a.rounded(), q, a.inputs().get(1), width);
            }
            case Task.Repeat repeat -> repeated(repeat);
            case Task.Scanning scan ->
                new Cost(bytes(scan.reads(), scan.writes()), size(scan.in().dims()), false);
        };
    }

    private static Cost chained(Task.Chain chain) {
        Task.Product product = chain.product();
        // The epilogue finds the product in the cache, and the product's own result is not kept.
        int between = product.out().buffer();
        Stream<Task.Access> reads =
                Stream.concat(product.reads(), chain.epilogue().reads().filter(access -> access.buffer() != between));
        return new Cost(
                bytes(reads, chain.epilogue().writes()), flops(product) + flops(chain.epilogue()), half(product));
    }

    private static Cost banded(Task.Band band) {
        // What the rows have read or written the columns find in the cache.
        Set<Integer> near = new HashSet<>();
        Stream.concat(band.rows().reads(), band.rows().writes()).forEach(access -> near.add(access.buffer()));
        Stream<Task.Access> reads = Stream.concat(
                band.rows().reads(),
                band.columns().stream().flatMap(Task::reads).filter(access -> !near.contains(access.buffer())));
        return new Cost(
                bytes(reads, band.writes()),
                band.loops().mapToDouble(Cost::flops).sum(),
                false);
    }

    private static Cost together(Task.Images images) {
        Set<Integer> near = images.writes().map(Task.Access::buffer).collect(java.util.stream.Collectors.toSet());
        List<Cost> costs = images.tasks().stream().map(Cost::of).toList();
        return new Cost(
                bytes(images.reads().filter(access -> !near.contains(access.buffer())), images.writes()),
                costs.stream().mapToDouble(Cost::flops).sum(),
                costs.stream().anyMatch(Cost::half));
    }

    private static Cost repeated(Task.Repeat repeat) {
        List<Cost> step = repeat.lanes().stream()
                .flatMap(lane -> repeat.bodies().get(lane.body()).stream())
                .map(Cost::of)
                .toList();
        return new Cost(
                bytes(repeat.reads(), repeat.writes()),
                repeat.steps() * step.stream().mapToDouble(Cost::flops).sum(),
                step.stream().anyMatch(Cost::half));
    }

    /** A causal attention reads the keys up to each query. */
    private static Cost attention(
            Task task, boolean causal, DType rounded, Task.Access q, Task.Access k, double width) {
        double rows = size(q.dims()) / Math.max(1, q.dims()[3]);
        double queries = q.dims()[2];
        double keys = k.dims()[2];
        double read = causal ? keys < queries ? keys - keys * (keys - 1) / (2 * queries) : (queries + 1) / 2 : keys;
        return new Cost(bytes(task.reads(), task.writes()), rows * read * width, rounded == DType.BF16);
    }

    private static boolean half(Task.Product product) {
        return product.rounded() == DType.BF16 && !(product instanceof Task.Pooling);
    }

    private static double flops(Task.Product product) {
        return switch (product) {
            case Task.MatMul matmul ->
                2.0 * size(matmul.out().dims()) * matmul.a().dims()[matmul.a().dims().length - 1];
            // Each element of y meets one column of the kernel.
            case Task.Convolution conv -> {
                int[] kernel = conv.w().dims();
                yield 2.0 * size(conv.y().dims()) * size(Arrays.copyOf(kernel, kernel.length - 1));
            }
            case Task.Pooling pool ->
                Math.max(size(pool.out().dims()), size(pool.in().get(0).dims()));
        };
    }

    private static double flops(Task.Loop loop) {
        double all = size(loop.dims());
        double rows = size(Arrays.copyOf(loop.dims(), loop.dims().length - loop.reduced()));
        boolean[] row = new boolean[loop.values().size()];
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            switch (loop.values().get(i)) {
                case Task.Load load -> row[i] = isRow(load.access().strides(), loop.reduced());
                case Task.Constant ignored -> row[i] = true;
                case Task.Position position -> row[i] = isRow(position.strides(), loop.reduced());
                case Task.Uniform uniform -> {
                    row[i] = isRow(uniform.strides(), loop.reduced());
                    sum += row[i] ? rows : all;
                }
                case Task.Apply apply -> {
                    row[i] = IntStream.of(apply.a(), apply.b(), apply.c()).allMatch(a -> a < 0 || row[a]);
                    sum += apply.op() == Elementwise.CAST ? 0 : row[i] ? rows : all;
                }
                case Task.Fold ignored -> {
                    row[i] = true;
                    sum += all;
                }
            }
        }
        return sum;
    }

    /** True if a value is the same all along the reduced axes, which are the last ones. */
    private static boolean isRow(long[] strides, int reduced) {
        return Arrays.stream(strides, strides.length - reduced, strides.length).allMatch(stride -> stride == 0);
    }

    private static long bytes(Stream<Task.Access> reads, Stream<Task.Access> writes) {
        return distinct(reads) + distinct(writes);
    }

    /** The same window read twice is read once. */
    private static long distinct(Stream<Task.Access> accesses) {
        Set<List<Object>> seen = new HashSet<>();
        return accesses.filter(access -> seen.add(List.of(
                        access.buffer(),
                        access.offset(),
                        Arrays.toString(access.dims()),
                        Arrays.toString(access.strides()))))
                .mapToLong(Cost::bytes)
                .sum();
    }

    private static long bytes(Task.Access access) {
        long count = 1;
        for (int i = 0; i < access.dims().length; i++) {
            count *= access.dims()[i] == 0 ? 0 : access.strides()[i] == 0 ? 1 : access.dims()[i];
        }
        return count * access.dtype().bytes();
    }

    private static double size(int[] dims) {
        return Arrays.stream(dims).asDoubleStream().reduce(1, (a, b) -> a * b);
    }

    /** A task in a few words. */
    static String label(Task task) {
        return switch (task) {
            case Task.Loop loop -> label(loop);
            case Task.Product product -> label(product);
            case Task.Chain chain -> label(chain.product()) + ", then " + ops(chain.epilogue());
            case Task.Band band ->
                label(band.rows())
                        + band.columns().stream()
                                .map(loop -> ", then columns " + ops(loop))
                                .collect(java.util.stream.Collectors.joining());
            case Task.Images images ->
                images.tasks().stream().map(Cost::label).collect(java.util.stream.Collectors.joining("; "));
            case Task.Gather gather -> "gather " + text(gather.out());
            case Task.Scattering scatter -> "scatter " + scatter.kind() + " " + text(scatter.updates());
            case Task.Sorting sort -> "sort " + text(sort.in());
            case Task.Attention a -> "attention " + text(a.q()) + " over " + text(a.k());
            case Task.AttentionGradient a -> "attention gradient " + text(a.dq()) + " over " + text(a.dk());
            case Task.Repeat repeat ->
                repeat.steps() + " times: "
                        + (repeat.lanes().size() > 1 ? repeat.lanes().size() + " x " : "")
                        + repeat.bodies().getFirst().stream()
                                .map(Cost::label)
                                .collect(java.util.stream.Collectors.joining("; "));
            case Task.Scanning scan -> "scan " + text(scan.in());
        };
    }

    private static String label(Task.Product product) {
        String work = switch (product) {
            case Task.MatMul matmul -> "matmul " + text(matmul.a()) + " x " + text(matmul.b());
            case Task.Convolution conv ->
                "conv " + conv.part() + " " + text(conv.x()) + " * "
                        + Arrays.toString(conv.w().dims());
            case Task.Pooling pool ->
                "pool " + pool.kind() + " " + text(pool.in().get(0));
        };
        return work + (half(product) ? " in bf16" : "");
    }

    private static String label(Task.Loop loop) {
        return (loop.reduced() == 0 ? "map " : "rows ") + Arrays.toString(loop.dims()) + " " + ops(loop);
    }

    /** The functions of a loop without repetition, for example "sub exp SUM div". */
    private static String ops(Task.Loop loop) {
        String ops = loop.values().stream()
                .flatMap(value -> value instanceof Task.Apply apply
                        ? Stream.of(apply.op().name().toLowerCase(java.util.Locale.ROOT))
                        : value instanceof Task.Fold fold
                                ? Stream.of(fold.kind().name())
                                : Stream.of())
                .distinct()
                .collect(java.util.stream.Collectors.joining(" "));
        return ops.isEmpty() ? "copy" : ops;
    }

    private static String text(Task.Access access) {
        return Arrays.toString(access.dims()) + access.dtype();
    }
}
