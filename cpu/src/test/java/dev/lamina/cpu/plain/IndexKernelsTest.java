package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Scatter;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.rows.RowKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Gather, scatter, sort, scan and product tasks against scalar code; the same bits for any number of threads. */
class IndexKernelsTest {
    private static final int ROUNDS = 60;
    private static final DType[] DTYPES = DType.values();

    private Random random = new Random(0);

    private static MemorySegment memory(DType dtype, long size) {
        return Arena.ofAuto().allocate(Math.max(1, size) * dtype.bytes(), 8);
    }

    private MemorySegment numbers(DType dtype, int size) {
        MemorySegment memory = memory(dtype, size);
        for (int i = 0; i < size; i++) {
            if (dtype.isFloat()) {
                double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, -0.0};
                boolean plain = random.nextInt(20) > 0;
                Elements.set(memory, dtype, i, plain ? random.nextInt(21) - 10 : odd[random.nextInt(3)]);
            } else {
                Elements.setLong(memory, dtype, i, random.nextInt(21) - 10);
            }
        }
        return memory;
    }

    private DType dtype() {
        return DTYPES[random.nextInt(DTYPES.length)];
    }

    private static Task.Access access(int buffer, DType dtype, int[] dims, long... strides) {
        return new Task.Access(buffer, dtype, 0, dims, strides);
    }

    private static long[] contiguous(int... dims) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int d = dims.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= dims[d];
        }
        return strides;
    }

    /** Runs a task with several pools, and gives the result of the last buffer. */
    private static MemorySegment run(String message, Task task, MemorySegment... buffers) {
        MemorySegment first = null;
        for (int threads : new int[] {1, 2, 7}) {
            Pool pool = Pool.of(threads);
            MemorySegment[] copies = LoopKernelTest.copy(buffers);
            Kernel kernel = PlainKernels.prepare(task, pool);
            kernel.run(copies);
            kernel.run(copies);
            MemorySegment result = copies[copies.length - 1];
            assertEquals(-1, first == null ? -1 : first.mismatch(result), message + ": " + threads + " threads");
            first = result;
            pool.close();
        }
        MemorySegment result = first == null ? MemorySegment.NULL : first;
        for (int bits : new int[] {256, 512}) {
            for (boolean ends : new boolean[] {true, false}) {
                machineCode(message + ", " + bits + " bits", task, bits, ends, result, buffers);
            }
        }
        return result;
    }

    /** Machine code gives the same values, on buffers that end or begin at a page that nobody may touch. */
    private static void machineCode(
            String message, Task task, int bits, boolean ends, MemorySegment expected, MemorySegment... buffers) {
        CodeBatch batch = new CodeBatch();
        Pool pool = Pool.of(2);
        Isa isa = new Isa(bits, false, false);
        Kernel kernel = Isa.machine().vectorBits() < bits
                ? null
                : switch (task) {
                    case Task.Gather gather -> RowKernels.prepare(gather, isa, pool, batch);
                    case Task.Scattering scattering -> RowKernels.prepare(scattering, isa, pool, batch);
                    case Task.Scanning scanning -> RowKernels.prepare(scanning, isa, pool, batch);
                    default -> null;
                };
        if (kernel == null) {
            return;
        }
        try {
            batch.publish();
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
        List<GuardedMemory> guarded = Arrays.stream(buffers)
                .map(MemorySegment::byteSize)
                .map(ends ? GuardedMemory::endingAtGuard : GuardedMemory::beginningAtGuard)
                .toList();
        MemorySegment[] memory = guarded.stream().map(GuardedMemory::segment).toArray(MemorySegment[]::new);
        for (int i = 0; i < buffers.length; i++) {
            memory[i].copyFrom(buffers[i]);
        }
        MemorySegment actual = Arena.ofAuto().allocate(expected.byteSize(), 8);
        try {
            kernel.run(memory);
            kernel.run(memory);
            actual.copyFrom(memory[memory.length - 1]);
        } finally {
            Reference.reachabilityFence(guarded);
        }
        Task.Access out = task.writes().findFirst().orElseThrow();
        long size = Arrays.stream(out.dims()).asLongStream().reduce(1, (a, b) -> a * b);
        for (long i = 0; i < size; i++) {
            assertElement(
                    message,
                    out.dtype(),
                    actual,
                    i,
                    Elements.get(expected, out.dtype(), i),
                    Elements.getLong(expected, out.dtype(), i));
        }
        RUN.merge(task.getClass().getSimpleName(), 1, Integer::sum);
        pool.close();
    }

    private static final Map<String, Integer> RUN = new ConcurrentHashMap<>();

    @AfterAll
    static void mostRanAsMachineCode() {
        if (Isa.machine().vectorBits() > 0) {
            for (String task : List.of("Gather", "Scattering", "Scanning")) {
                assertTrue(RUN.getOrDefault(task, 0) > ROUNDS / 3, () -> "machine code: " + RUN);
            }
        }
    }

    private static void assertElement(
            String message, DType dtype, MemorySegment actual, long at, double real, long whole) {
        if (dtype.isFloat()) {
            // Sums are exact here; the sign of zero is open.
            assertEquals(dtype.round(real) + 0.0, Elements.get(actual, dtype, at) + 0.0, message);
        } else {
            assertEquals(dtype.wrap(whole), Elements.getLong(actual, dtype, at), message);
        }
    }

    @Test
    void gather() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int rows = 1 + random.nextInt(50);
            int width = random.nextInt(3) == 0 ? 1 : random.nextInt(200);
            int count = random.nextInt(700);
            boolean transposed = random.nextBoolean();
            DType dtype = dtype();
            MemorySegment data = numbers(dtype, rows * width);
            MemorySegment index = memory(DType.I64, count);
            for (int i = 0; i < count; i++) {
                Elements.setLong(index, DType.I64, i, random.nextInt(rows));
            }
            long[] strides = transposed ? new long[] {1, rows} : new long[] {width, 1};
            Task task = new Task.Gather(
                    access(0, dtype, new int[] {rows, width}, strides),
                    access(1, DType.I64, new int[] {count}, 1),
                    access(2, dtype, new int[] {count, width}, width, 1));
            MemorySegment out = run("seed " + seed, task, data, index, memory(dtype, (long) count * width));
            for (int i = 0; i < count * width; i++) {
                long from = Elements.getLong(index, DType.I64, i / width) * strides[0] + i % width * strides[1];
                double real = Elements.get(data, dtype, from);
                assertElement("seed " + seed, dtype, out, i, real, Elements.getLong(data, dtype, from));
            }
        }
    }

    @Test
    void scatter() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int rows = 1 + random.nextInt(40);
            int width = random.nextInt(3) == 0 ? 1 : random.nextInt(600);
            int count = random.nextInt(300);
            DType dtype = dtype();
            Scatter.Kind kind = random.nextBoolean() ? Scatter.Kind.ADD : Scatter.Kind.SET;
            boolean oneBase = random.nextBoolean();
            MemorySegment base = numbers(dtype, oneBase ? 1 : rows * width);
            MemorySegment index = memory(DType.I64, count);
            for (int i = 0; i < count; i++) {
                Elements.setLong(index, DType.I64, i, random.nextInt(rows));
            }
            MemorySegment updates = numbers(dtype, count * width);
            long[] strides = oneBase ? new long[] {0, 0} : new long[] {width, 1};
            Task task = new Task.Scattering(
                    kind,
                    access(0, dtype, new int[] {rows, width}, strides),
                    access(1, DType.I64, new int[] {count}, 1),
                    access(2, dtype, new int[] {count, width}, width, 1),
                    access(3, dtype, new int[] {rows, width}, width, 1));
            long size = (long) rows * width;
            MemorySegment out = run("seed " + seed, task, base, index, updates, memory(dtype, size));
            double[] reals = new double[(int) size];
            long[] wholes = new long[(int) size];
            for (int i = 0; i < size; i++) {
                reals[i] = Elements.get(base, dtype, oneBase ? 0 : i);
                wholes[i] = Elements.getLong(base, dtype, oneBase ? 0 : i);
            }
            for (int i = 0; i < count * width; i++) {
                int to = (int) Elements.getLong(index, DType.I64, i / width) * width + i % width;
                boolean add = kind == Scatter.Kind.ADD;
                reals[to] = (add ? reals[to] : 0) + Elements.get(updates, dtype, i);
                wholes[to] = (add ? wholes[to] : 0) + Elements.getLong(updates, dtype, i);
            }
            for (int i = 0; i < size; i++) {
                assertElement("seed " + seed + " " + kind, dtype, out, i, reals[i], wholes[i]);
            }
        }
    }

    @Test
    void scatterInPlaceIsScatter() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int width = 1 + random.nextInt(40);
            int rows = 1 + random.nextInt(seed % 2 == 0 ? 9 : 10_000);
            int count = random.nextInt(200);
            DType dtype = dtype();
            MemorySegment index = memory(DType.I64, count);
            for (int i = 0; i < count; i++) {
                Elements.setLong(index, DType.I64, i, random.nextInt(rows));
            }
            MemorySegment table = numbers(dtype, rows * width);
            MemorySegment updates = numbers(dtype, count * width);
            Task.Scattering task = new Task.Scattering(
                    random.nextBoolean() ? Scatter.Kind.ADD : Scatter.Kind.SET,
                    access(0, dtype, new int[] {rows, width}, width, 1),
                    access(1, DType.I64, new int[] {count}, 1),
                    access(2, dtype, new int[] {count, width}, width, 1),
                    access(3, dtype, new int[] {rows, width}, width, 1));
            MemorySegment apart = memory(dtype, (long) rows * width);
            PlainKernels.prepare(task, Pool.shared()).run(new MemorySegment[] {table, index, updates, apart});
            for (Kernel kernel : List.of(PlainKernels.prepare(task, Pool.shared()), machineCode(task))) {
                MemorySegment[] copies = LoopKernelTest.copy(new MemorySegment[] {table, index, updates});
                kernel.run(new MemorySegment[] {copies[0], copies[1], copies[2], copies[0]});
                for (int i = 0; i < rows * width; i++) {
                    String at = "seed " + seed + " " + task.kind() + " " + dtype + " at " + i;
                    double real = Elements.get(apart, dtype, i);
                    assertElement(at, dtype, copies[0], i, real, Elements.getLong(apart, dtype, i));
                }
            }
        }
    }

    /** With the best instructions of this machine; in plain Java where there are none. */
    private static Kernel machineCode(Task.Scattering task) {
        CodeBatch batch = new CodeBatch();
        Kernel kernel =
                Isa.machine().vectorBits() == 0 ? null : RowKernels.prepare(task, Isa.machine(), Pool.shared(), batch);
        try {
            batch.publish();
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
        return kernel == null ? PlainKernels.prepare(task, Pool.shared()) : kernel;
    }

    @Test
    void indexOutOfRange() {
        int[] dims = {4, 2};
        MemorySegment index = memory(DType.I64, 3);
        Elements.setLong(index, DType.I64, 1, 4);
        Task.Access data = access(0, DType.F32, dims, 2, 1);
        Task.Access at = access(1, DType.I64, new int[] {3}, 1);
        Task gather = new Task.Gather(data, at, access(2, DType.F32, new int[] {3, 2}, 2, 1));
        Kernel kernel = PlainKernels.prepare(gather, Pool.shared());
        MemorySegment[] buffers = {memory(DType.F32, 8), index, memory(DType.F32, 6)};
        LaminaException e = assertThrows(LaminaException.class, () -> kernel.run(buffers));
        assertEquals(
                "gather: expected an index from 0 to 3, got 4 at position 1;"
                        + " check labels and token ids against the number of classes or embeddings",
                e.getMessage());
        Elements.setLong(index, DType.I64, 1, 0);
        Elements.setLong(index, DType.I64, 2, -1);
        Task scatter = new Task.Scattering(
                Scatter.Kind.ADD,
                data,
                at,
                access(2, DType.F32, new int[] {3, 2}, 2, 1),
                access(3, DType.F32, dims, 2, 1));
        Kernel other = PlainKernels.prepare(scatter, Pool.shared());
        MemorySegment[] more = {buffers[0], index, buffers[2], memory(DType.F32, 8)};
        e = assertThrows(LaminaException.class, () -> other.run(more));
        assertTrue(e.getMessage().startsWith("scatter: expected an index from 0 to 3, got -1 at position 2;"));
    }

    @Test
    void sort() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int rows = random.nextInt(40);
            int length = new int[] {0, 1, 2, 7, 8, 9, 31, 100, 1000}[random.nextInt(9)];
            boolean descending = random.nextBoolean();
            boolean transposed = random.nextBoolean();
            DType dtype = dtype();
            MemorySegment in = numbers(dtype, rows * length);
            int[] dims = {rows, length};
            long[] strides = transposed ? new long[] {1, rows} : new long[] {length, 1};
            Task task = new Task.Sorting(
                    descending, access(0, dtype, dims, strides), access(1, DType.I64, dims, length, 1));
            MemorySegment out = run("seed " + seed, task, in, memory(DType.I64, (long) rows * length));
            for (int row = 0; row < rows; row++) {
                long first = row * strides[0];
                Comparator<Integer> order = dtype.isFloat()
                        ? Comparator.comparingDouble(i -> Elements.get(in, dtype, first + i * strides[1]) + 0.0)
                        : Comparator.comparingLong(i -> Elements.getLong(in, dtype, first + i * strides[1]));
                Integer[] expected = IntStream.range(0, length).boxed().toArray(Integer[]::new);
                Arrays.sort(expected, descending ? order.reversed() : order);
                for (int i = 0; i < length; i++) {
                    long actual = Elements.getLong(out, DType.I64, (long) row * length + i);
                    assertEquals((long) expected[i], actual, "seed " + seed + " row " + row + " place " + i);
                }
            }
        }
    }

    @Test
    void scan() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int rows = random.nextInt(40);
            int length = random.nextInt(300);
            boolean reversed = random.nextBoolean();
            boolean transposed = random.nextBoolean();
            DType dtype = dtype();
            int[] dims = {rows, length};
            MemorySegment in = numbers(dtype, rows * length);
            long[] strides = transposed ? new long[] {1, rows} : new long[] {length, 1};
            Task task = new Task.Scanning(reversed, access(0, dtype, dims, strides), access(1, dtype, dims, strides));
            MemorySegment out = run("seed " + seed, task, in, memory(dtype, (long) rows * length));
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                long total = 0;
                for (int i = 0; i < length; i++) {
                    long at = row * strides[0] + (reversed ? length - 1 - i : i) * strides[1];
                    sum += Elements.get(in, dtype, at);
                    total += Elements.getLong(in, dtype, at);
                    assertElement("seed " + seed, dtype, out, at, sum, total);
                }
            }
        }
    }

    @Test
    void batchesOfProducts() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            random = new Random(seed);
            int[] b = {1 + random.nextInt(3), 1 + random.nextInt(3)};
            int m = random.nextInt(20);
            int n = random.nextInt(20);
            int k = random.nextInt(20);
            int[] leftDims = {b[0], b[1], m, k};
            int[] rightDims = {b[0], b[1], k, n};
            int[] outDims = {b[0], b[1], m, n};
            // Heads in the middle, as in attention; the right operand is the same for the first batch axis, and
            // transposed.
            long[] left = {(long) m * b[1] * k, k, (long) b[1] * k, 1};
            long[] right = {0, (long) n * k, 1, k};
            DType dtype = List.of(DType.F32, DType.F64, DType.I32).get(random.nextInt(3));
            MemorySegment x = memory(dtype, (long) b[0] * b[1] * m * k);
            MemorySegment y = memory(dtype, (long) b[1] * k * n);
            for (MemorySegment memory : new MemorySegment[] {x, y}) {
                for (long i = 0; i < memory.byteSize() / dtype.bytes(); i++) {
                    Elements.set(memory, dtype, i, random.nextInt(9) - 4);
                }
            }
            Task task = new Task.MatMul(
                    access(0, dtype, leftDims, left),
                    access(1, dtype, rightDims, right),
                    access(2, dtype, outDims, contiguous(outDims)),
                    dtype);
            MemorySegment out = run("seed " + seed, task, x, y, memory(dtype, (long) b[0] * b[1] * m * n));
            for (int i = 0; i < b[0] * b[1] * m * n; i++) {
                int p = i / (m * n);
                long fromLeft = p / b[1] * left[0] + p % b[1] * left[1] + i / n % m * left[2];
                long fromRight = p % b[1] * right[1] + i % n * right[3];
                double sum = 0;
                for (int c = 0; c < k; c++) {
                    sum += Elements.get(x, dtype, fromLeft + c) * Elements.get(y, dtype, fromRight + c);
                }
                assertElement("seed " + seed, dtype, out, i, sum, (long) sum);
            }
        }
    }
}
