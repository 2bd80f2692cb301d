package dev.lamina.cpu.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attention and its gradients against the definition in double, on buffers that end at a page which nobody can touch, with one and with
 * three threads.
 */
class AttentionKernelsTest {
    private static final Pool ONE = Pool.of(1);
    private static final Pool THREE = Pool.of(3);

    /** Extents of one attention. */
    private record Case(
            int batch,
            int heads,
            int groups,
            int queries,
            int keys,
            int width,
            int valueWidth,
            boolean causal,
            int bias) {}

    enum Path {
        AVX2(256, false, false),
        AVX512(512, false, false),
        BF16(512, true, false),
        AMX(512, true, true);

        private final int bits;
        private final boolean bf16;
        private final boolean amx;

        Path(int bits, boolean bf16, boolean amx) {
            this.bits = bits;
            this.bf16 = bf16;
            this.amx = amx;
        }

        Isa isa() {
            Isa machine = Isa.machine();
            assumeTrue(machine.vectorBits() >= bits && (!bf16 || machine.bf16()) && (!amx || machine.amx()));
            return new Isa(bits, bf16, amx);
        }
    }

    static Stream<Path> paths() {
        return Stream.of(Path.values());
    }

    private static List<Case> named() {
        return List.of(
                new Case(1, 1, 1, 1, 1, 1, 1, false, 0),
                new Case(1, 1, 1, 7, 13, 13, 64, false, 1),
                new Case(2, 2, 1, 13, 7, 64, 1, true, 0),
                new Case(1, 2, 2, 207, 207, 64, 64, true, 0),
                new Case(1, 2, 1, 702, 702, 64, 64, true, 2),
                new Case(1, 1, 1, 207, 702, 128, 13, true, 3),
                new Case(1, 1, 1, 702, 207, 13, 128, true, 1),
                new Case(1, 1, 1, 130, 600, 1, 64, false, 4),
                new Case(1, 12, 12, 150, 600, 64, 64, true, 0),
                new Case(1, 3, 1, 300, 129, 48, 32, false, 3));
    }

    private static Case random(Random random) {
        int groups = 1 + random.nextInt(2);
        return new Case(
                1 + random.nextInt(2),
                groups * (1 + random.nextInt(2)),
                groups,
                1 + random.nextInt(300),
                1 + random.nextInt(random.nextInt(3) == 0 ? 700 : 150),
                1 + random.nextInt(80),
                1 + random.nextInt(80),
                random.nextBoolean(),
                random.nextInt(5));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void kernelsAgreeWithTheDefinition(Path path) {
        Isa isa = path.isa();
        for (Case shape : named()) {
            check(shape, isa, new Random(1), DType.F32);
            check(shape, isa, new Random(2), DType.BF16);
        }
    }

    @ParameterizedTest
    @MethodSource("paths")
    void randomShapesAgreeWithTheDefinition(Path path) {
        Isa isa = path.isa();
        long first = Long.getLong("lamina.seed", 1);
        for (long seed = first; seed < first + 12; seed++) {
            Random random = new Random(seed);
            Case shape = random(random);
            try {
                check(shape, isa, random, random.nextBoolean() ? DType.F32 : DType.BF16);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + " (-Dlamina.seed): " + e.getMessage(), e);
            }
        }
    }

    private static void check(Case shape, Isa isa, Random random, DType rounded) {
        Windows windows = new Windows(random);
        Task.Access q = windows.next(shape.batch, shape.heads, shape.queries, shape.width);
        Task.Access k = windows.next(shape.batch, shape.groups, shape.keys, shape.width);
        Task.Access v = windows.next(shape.batch, shape.groups, shape.keys, shape.valueWidth);
        Optional<Task.Access> bias = windows.bias(shape);
        Task.Access out = windows.plain(shape.batch, shape.heads, shape.queries, shape.valueWidth);
        Task.Access sums = windows.plain(shape.batch, shape.heads, shape.queries);
        double scale = random.nextInt(5) == 0 ? -0.3 : 1 / Math.sqrt(shape.width);
        Task.Attention forward = new Task.Attention(shape.causal, scale, rounded, q, k, v, bias, out, sums);
        String name = shape + " " + rounded + " " + isa;
        windows.compare(forward, name, isa, rounded == DType.BF16 ? 0.02 : 2e-5);
        Task.Access g = windows.next(shape.batch, shape.heads, shape.queries, shape.valueWidth);
        Task.Access delta = windows.delta(g, out);
        List<Task.Access> inputs = new ArrayList<>(List.of(q, k, v, sums, delta, g));
        bias.ifPresent(inputs::add);
        Task.AttentionGradient backward = new Task.AttentionGradient(
                shape.causal,
                scale,
                rounded,
                inputs,
                windows.plain(shape.batch, shape.heads, shape.queries, shape.width),
                windows.plain(shape.batch, shape.groups, shape.keys, shape.width),
                windows.plain(shape.batch, shape.groups, shape.keys, shape.valueWidth));
        windows.compare(backward, name, isa, rounded == DType.BF16 ? 0.03 : 5e-5);
    }

    private static Kernel kernel(Task task, Isa isa, Pool pool) {
        CodeBatch batch = new CodeBatch();
        try {
            Kernel kernel = switch (task) {
                case Task.Attention attention -> AttentionKernels.prepare(attention, isa, pool, batch);
                case Task.AttentionGradient gradient -> AttentionKernels.prepare(gradient, isa, pool, batch);
                case Task other -> throw new IllegalArgumentException(other.toString());
            };
            batch.publish();
            return Objects.requireNonNull(kernel);
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
    }

    /** Buffers and windows on them. */
    private static final class Windows {
        private final Random random;
        private final List<MemorySegment> buffers = new ArrayList<>();
        private final List<GuardedMemory> memory = new ArrayList<>();

        Windows(Random random) {
            this.random = random;
        }

        private Task.Access access(int[] dims, long[] strides) {
            Task.Access access = new Task.Access(buffers.size(), DType.F32, 0, dims, strides);
            long bytes = (access.range()[1] + 1) * Float.BYTES;
            GuardedMemory guarded = GuardedMemory.endingAtGuard(bytes);
            memory.add(guarded);
            MemorySegment all = guarded.segment();
            MemorySegment part = all.asSlice(all.byteSize() - bytes, bytes);
            for (long i = 0; i < bytes / Float.BYTES; i++) {
                part.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) random.nextGaussian());
            }
            buffers.add(part);
            return access;
        }

        /** Positions before heads, heads before positions, or columns with gaps. */
        Task.Access next(int batch, int heads, int rows, int columns) {
            return switch (random.nextInt(3)) {
                case 0 -> plain(batch, heads, rows, columns);
                case 1 ->
                    access(
                            new int[] {batch, heads, rows, columns},
                            new long[] {(long) heads * rows * columns, (long) rows * columns, columns, 1});
                default ->
                    access(
                            new int[] {batch, heads, rows, columns},
                            new long[] {(long) heads * rows * columns, (long) rows * columns, 1, rows});
            };
        }

        /** Positions before heads. */
        Task.Access plain(int batch, int heads, int rows, int columns) {
            long row = (long) heads * columns;
            return access(new int[] {batch, heads, rows, columns}, new long[] {rows * row, columns, row, 1});
        }

        Task.Access plain(int batch, int heads, int rows) {
            return access(new int[] {batch, heads, rows}, new long[] {(long) heads * rows, rows, 1});
        }

        /** None, padding, a mask of positions, everything, and the same for all keys. */
        Optional<Task.Access> bias(Case shape) {
            if (shape.bias == 0) {
                return Optional.empty();
            }
            long s = shape.keys;
            long t = shape.queries;
            long[] strides = switch (shape.bias) {
                case 1 -> new long[] {s, 0, 0, 1};
                case 2 -> new long[] {0, 0, s, 1};
                case 3 -> new long[] {shape.heads * t * s, t * s, s, 1};
                default -> new long[] {0, t, 1, 0};
            };
            Task.Access access = access(new int[] {shape.batch, shape.heads, shape.queries, shape.keys}, strides);
            MemorySegment data = buffers.get(access.buffer());
            for (long i = 0; i < data.byteSize() / Float.BYTES; i++) {
                if (random.nextInt(3) == 0) {
                    data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, Float.NEGATIVE_INFINITY);
                }
            }
            return Optional.of(access);
        }

        /** Sums of products of output and upstream gradient, as a gradient gets them. */
        Task.Access delta(Task.Access g, Task.Access out) {
            int[] d = g.dims();
            Task.Access delta = plain(d[0], d[1], d[2]);
            for (int b = 0; b < d[0]; b++) {
                for (int h = 0; h < d[1]; h++) {
                    for (int t = 0; t < d[2]; t++) {
                        double sum = 0;
                        for (int e = 0; e < d[3]; e++) {
                            sum += get(g, b, h, t, e) * get(out, b, h, t, e);
                        }
                        long at = (b * d[1] + h) * (long) d[2] + t;
                        buffers.get(delta.buffer()).setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) sum);
                    }
                }
            }
            return delta;
        }

        private double get(Task.Access access, int... index) {
            long at = 0;
            for (int i = 0; i < index.length; i++) {
                at += index[i] * access.strides()[i];
            }
            return buffers.get(access.buffer()).getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        }

        private float[] all(Task.Access access) {
            return buffers.get(access.buffer()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        }

        /** Runs a task; the results of the definition stay. */
        void compare(Task task, String name, Isa isa, double tolerance) {
            MemorySegment[] array = buffers.toArray(MemorySegment[]::new);
            List<Task.Access> outputs = task.writes().toList();
            kernel(task, isa, ONE).run(array);
            List<float[]> one = outputs.stream().map(this::all).toList();
            outputs.forEach(access -> buffers.get(access.buffer()).fill((byte) -1));
            kernel(task, isa, THREE).run(array);
            List<float[]> three = outputs.stream().map(this::all).toList();
            PlainKernels.prepare(task, THREE).run(array);
            for (int i = 0; i < outputs.size(); i++) {
                float[] want = all(outputs.get(i));
                double largest = 1;
                for (float value : want) {
                    largest = Float.isInfinite(value) ? largest : Math.max(largest, Math.abs(value));
                }
                for (int e = 0; e < want.length; e++) {
                    assertEquals(one.get(i)[e], three.get(i)[e], 0f, "threads, " + name + " result " + i + " at " + e);
                    boolean near = want[e] == one.get(i)[e] || Math.abs(want[e] - one.get(i)[e]) <= tolerance * largest;
                    assertTrue(
                            near,
                            name + " result " + i + " at " + e + ": expected " + want[e] + ", got " + one.get(i)[e]);
                }
            }
        }
    }
}
