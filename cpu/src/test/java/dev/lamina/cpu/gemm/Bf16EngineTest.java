package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Bf16EngineTest {
    private static final Pool POOL = Pool.of(3);

    /** What a processor may have. */
    @SuppressWarnings("ImmutableEnumChecker") // Isa is a record of numbers.
    enum Path {
        AMX(new Isa(512, true, true)),
        AVX512_BF16(new Isa(512, true, false)),
        AVX512(new Isa(512, false, false)),
        AVX2(new Isa(256, false, false));

        final Isa isa;

        Path(Isa isa) {
            this.isa = isa;
        }

        boolean runsHere() {
            Isa machine = Isa.machine();
            return isa.vectorBits() <= machine.vectorBits()
                    && (machine.bf16() || !isa.bf16())
                    && (machine.amx() || !isa.amx());
        }
    }

    @AfterAll
    static void close() {
        POOL.close();
    }

    /** A batch of products in memory that begins or ends at a page nobody may touch. */
    private static final class Case {
        final Task.MatMul task;
        final GuardedMemory[] memory = new GuardedMemory[3];
        final String name;

        Case(DType dtype, int batch, int m, int n, int k, int[] kinds, Random random) {
            Task.Access a = access(0, dtype, new int[] {batch, m, k}, kinds[0]);
            Task.Access b = access(1, dtype, new int[] {batch, k, n}, kinds[1]);
            Task.Access c = access(2, dtype, new int[] {batch, m, n}, 0);
            task = new Task.MatMul(a, b, c, DType.BF16);
            for (Task.Access access : new Task.Access[] {a, b, c}) {
                long bytes = (access.range()[1] + 1) * dtype.bytes();
                memory[access.buffer()] = random.nextInt(4) == 0
                        ? GuardedMemory.beginningAtGuard(bytes)
                        : GuardedMemory.endingAtGuard(bytes);
            }
            fill(memory[0].segment(), dtype, random);
            fill(memory[1].segment(), dtype, random);
            name = dtype + " batch " + batch + ", " + m + " x " + k + " x " + n + ", " + Arrays.toString(kinds);
        }

        MemorySegment segment(int buffer) {
            return memory[buffer].segment();
        }

        MemorySegment[] segments() {
            return new MemorySegment[] {segment(0), segment(1), segment(2)};
        }

        void run(Path path, Pool pool) {
            segment(2).fill((byte) 0x5a);
            try {
                CodeBatch batch = new CodeBatch();
                Kernel kernel = GemmKernels.prepare(task, null, path.isa, pool, batch);
                assertNotNull(kernel, name);
                batch.publish();
                kernel.run(segments());
            } catch (CodeException e) {
                throw new AssertionError(e);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
    }

    /** 0 row major, 1 transposed, 2 gaps, 3 large strides, 4 rows repeated, 5 columns repeated, 6 reversed, 7 the same matrix for all. */
    private static Task.Access access(int buffer, DType dtype, int[] dims, int kind) {
        long r = dims[1];
        long c = dims[2];
        return switch (kind) {
            case 0 -> new Task.Access(buffer, dtype, 0, dims, new long[] {r * c, c, 1});
            case 1 -> new Task.Access(buffer, dtype, 0, dims, new long[] {r * c, 1, r});
            case 2 -> new Task.Access(buffer, dtype, 1, dims, new long[] {r * (c + 3), c + 3, 1});
            case 3 -> new Task.Access(buffer, dtype, 2, dims, new long[] {6 * r * c, 3 * c, 3});
            case 4 -> new Task.Access(buffer, dtype, 0, dims, new long[] {c, 0, 1});
            case 5 -> new Task.Access(buffer, dtype, 0, dims, new long[] {r, 1, 0});
            case 6 -> new Task.Access(buffer, dtype, dims[0] * r * c - 1, dims, new long[] {-r * c, -c, -1});
            default -> new Task.Access(buffer, dtype, 0, dims, new long[] {0, c, 1});
        };
    }

    private static void fill(MemorySegment segment, DType dtype, Random random) {
        for (long i = 0; i < segment.byteSize() / dtype.bytes(); i++) {
            write(segment, dtype, i, (float) random.nextGaussian());
        }
    }

    private static void write(MemorySegment segment, DType dtype, long i, float value) {
        if (dtype == DType.F32) {
            segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES, value);
        } else {
            segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * Short.BYTES, DType.toBf16(value));
        }
    }

    private static float read(MemorySegment segment, DType dtype, long i) {
        return dtype == DType.F32
                ? segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES)
                : DType.fromBf16(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * Short.BYTES));
    }

    private static double[] rounded(MemorySegment segment, Task.Access access, int item) {
        int[] dims = access.dims();
        double[] values = new double[dims[1] * dims[2]];
        for (int i = 0; i < dims[1]; i++) {
            for (int j = 0; j < dims[2]; j++) {
                long[] strides = access.strides();
                long at = access.offset() + item * strides[0] + i * strides[1] + j * strides[2];
                values[i * dims[2] + j] = DType.fromBf16(DType.toBf16(read(segment, access.dtype(), at)));
            }
        }
        return values;
    }

    /** Compares with sums in f64, within what Bf16Engine promises. */
    private static void check(Case c) {
        int[] dims = c.task.out().dims();
        int k = c.task.a().dims()[2];
        DType dtype = c.task.out().dtype();
        double unit = k * 0x1p-24 / (1 - k * 0x1p-24);
        for (int item = 0; item < dims[0]; item++) {
            double[] a = rounded(c.segment(0), c.task.a(), item);
            double[] b = rounded(c.segment(1), c.task.b(), item);
            for (int i = 0; i < dims[1]; i++) {
                for (int j = 0; j < dims[2]; j++) {
                    double sum = 0;
                    double size = 0;
                    for (int l = 0; l < k; l++) {
                        sum += a[i * k + l] * b[l * dims[2] + j];
                        size += Math.abs(a[i * k + l] * b[l * dims[2] + j]);
                    }
                    double bound = unit * size + k * 11 * 0x1p-126;
                    bound += dtype == DType.BF16 ? (Math.abs(sum) + bound) * 0x1p-8 : 0;
                    long at = ((long) item * dims[1] + i) * dims[2] + j;
                    double got = read(c.segment(2), dtype, at);
                    if (!(Math.abs(got - sum) <= bound)) {
                        throw new AssertionError(c.name + " at " + item + ", " + i + ", " + j + ": expected " + sum
                                + " within " + bound + ", got " + got);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void agreesWithTheDefinitionOnRandomShapes(Path path) {
        assumeTrue(path.runsHere());
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            int most = i % 25 == 0 ? 300 : 70;
            int m = random.nextInt(8) == 0 ? 1 : 1 + random.nextInt(most);
            int n = random.nextInt(8) == 0 ? 1 : 1 + random.nextInt(most);
            int k = 1 + random.nextInt(i % 50 == 1 ? 4300 : most);
            // Whole tiles of A may be read in place.
            k = random.nextInt(3) == 0 ? Math.ceilDiv(k, 32) * 32 : k;
            int[] kinds = {random.nextInt(8), random.nextInt(8)};
            DType dtype = random.nextBoolean() ? DType.F32 : DType.BF16;
            try {
                Case c = new Case(dtype, 1 + random.nextInt(3), m, n, k, kinds, random);
                c.run(path, POOL);
                check(c);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void agreesOnTheEdgesOfTilesAndBlocks(Path path) {
        assumeTrue(path.runsHere());
        Random random = new Random(5);
        int[] sizes = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97};
        for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
            for (int size : sizes) {
                for (int other : new int[] {1, 16, 33}) {
                    int kind = (size + other) % 2;
                    check(path, new Case(dtype, 1, size, other, 33, new int[] {kind, 1 - kind}, random));
                    check(path, new Case(dtype, 1, other, size, 31, new int[] {kind, kind}, random));
                    check(path, new Case(dtype, 1, 17, other, size, new int[] {1 - kind, kind}, random));
                }
            }
            check(path, new Case(dtype, 1, 700, 33, 600, new int[] {1, 0}, random));
            check(path, new Case(dtype, 1, 33, 1100, 1030, new int[] {0, 1}, random));
            check(path, new Case(dtype, 1, 40, 50, 2100, new int[] {0, 1}, random));
            check(path, new Case(dtype, 1, 35, 20, 4200, new int[] {1, 0}, random));
            // Whole tiles of A, which are read in place: several blocks of k, a batch, few rows.
            check(path, new Case(dtype, 1, 81, 70, 544, new int[] {0, 0}, random));
            check(path, new Case(dtype, 3, 44, 17, 96, new int[] {0, 1}, random));
            check(path, new Case(dtype, 1, 5, 130, 1024, new int[] {0, 0}, random));
            check(path, new Case(dtype, 1, 1, 40, 64, new int[] {4, 0}, random));
            check(path, new Case(dtype, 1, 40, 40, 64, new int[] {4, 0}, random));
            // All rows pass by the strips of B.
            check(path, new Case(dtype, 1, 530, 1540, 64, new int[] {0, 0}, random));
        }
    }

    private static void check(Path path, Case c) {
        c.run(path, POOL);
        check(c);
    }

    @ParameterizedTest
    @EnumSource
    void theBitsDoNotDependOnTheThreads(Path path) {
        assumeTrue(path.runsHere());
        Random random = new Random(7);
        for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
            for (Case c : List.of(
                    new Case(dtype, 2, 260, 300, 1100, new int[] {0, 1}, random),
                    new Case(dtype, 1, 530, 1540, 64, new int[] {0, 0}, random))) {
                byte[] first = null;
                for (int threads : new int[] {1, 2, 3, 7}) {
                    Pool pool = Pool.of(threads);
                    c.run(path, pool);
                    pool.close();
                    byte[] result = c.segment(2).toArray(ValueLayout.JAVA_BYTE);
                    first = first == null ? result : first;
                    assertTrue(Arrays.equals(first, result), path + " " + c.name + " " + threads + " threads");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void specialValuesAreKept(Path path) {
        assumeTrue(path.runsHere());
        float[] values = {Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE, -0f, 0x1.01p0f, 0x1.03p0f, 0x1p-130f};
        float[] expected = {Float.NaN, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY, 0f, 1f, 0x1.04p0f, 0f};
        for (int i = 0; i < values.length; i++) {
            Case c = new Case(DType.F32, 1, 3, 5, 7, new int[] {0, 0}, new Random(1));
            for (int buffer = 0; buffer < 2; buffer++) {
                c.segment(buffer).fill((byte) 0);
            }
            write(c.segment(0), DType.F32, 2 * 7 + 6, values[i]);
            write(c.segment(1), DType.F32, 6 * 5 + 4, 1f);
            c.run(path, POOL);
            assertEquals(expected[i], read(c.segment(2), DType.F32, 14), 0x1p-126f, path + " " + values[i]);
        }
    }

    @Test
    void anEmptySumIsZero() {
        assumeTrue(Path.AMX.runsHere());
        Case c = new Case(DType.F32, 1, 3, 5, 0, new int[] {0, 0}, new Random(1));
        c.run(Path.AMX, POOL);
        for (int i = 0; i < 15; i++) {
            assertEquals(0f, read(c.segment(2), DType.F32, i));
        }
    }
}
