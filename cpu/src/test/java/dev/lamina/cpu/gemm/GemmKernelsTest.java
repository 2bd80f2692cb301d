package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.loop.LoopKernels;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products of f32 and f64 are, bit for bit, chains of fused multiplications and additions in the order of k, as in plain Java. */
class GemmKernelsTest {
    private static final Pool POOL = Pool.of(2);

    private static Isa isa(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "no vectors of " + bits + " bits");
        return new Isa(bits, false, false);
    }

    private static Kernel kernel(Task.MatMul task, int bits, Pool pool) {
        try {
            return Objects.requireNonNull(GemmKernels.prepare(task, null, isa(bits), pool, new CodeBatch()));
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
    }

    private static long bytes(Task.Access access) {
        return (access.range()[1] + 1) * access.dtype().bytes();
    }

    private static void fill(MemorySegment data, DType dtype, Random random) {
        for (long i = 0; i < data.byteSize() / dtype.bytes(); i++) {
            if (dtype == DType.F32) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
            } else {
                data.setAtIndex(ValueLayout.JAVA_DOUBLE, i, random.nextDouble() - 0.5);
            }
        }
    }

    /** The definition; plain Java gives the same. */
    private static void expect(Task.MatMul task, MemorySegment a, MemorySegment b, MemorySegment want) {
        if (task.a().dims()[task.a().dims().length - 1] == 0) {
            want.fill((byte) 0);
        } else {
            PlainKernels.prepare(task, POOL).run(new MemorySegment[] {a, b, want});
        }
    }

    private static Task.MatMul task(DType dtype, int m, int n, int k, boolean turnA, boolean turnB) {
        return new Task.MatMul(
                access(0, dtype, m, k, turnA), access(1, dtype, k, n, turnB), access(2, dtype, m, n, false), dtype);
    }

    private static Task.Access access(int buffer, DType dtype, int rows, int columns, boolean turned) {
        long[] strides = turned ? new long[] {1, rows} : new long[] {columns, 1};
        return new Task.Access(buffer, dtype, 0, new int[] {rows, columns}, strides);
    }

    private static MemorySegment[] buffers(Task.MatMul task, Arena arena) {
        Random random = new Random(1);
        MemorySegment[] buffers = new MemorySegment[3];
        for (Task.Access access : new Task.Access[] {task.a(), task.b(), task.out()}) {
            buffers[access.buffer()] = arena.allocate(bytes(access), 64);
            fill(buffers[access.buffer()], access.dtype(), random);
        }
        return buffers;
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void anyShapeAndStridesGiveTheChainOfSumsExactly(int bits) {
        long seed = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            Random random = new Random(seed + i);
            DType dtype = random.nextInt(3) == 0 ? DType.F64 : DType.F32;
            Task.MatMul task = new RandomProduct(random).next(dtype, dtype, 300);
            checkGuarded(task, bits, random, "seed " + seed + " case " + i);
        }
    }

    /** Few rows times a large matrix, which is read in its place, block by block. */
    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void fewRowsOfALargeMatrixGiveTheChainOfSumsExactly(int bits) {
        long seed = System.nanoTime();
        for (int i = 0; i < 30; i++) {
            Random random = new Random(seed + i);
            int m = 3 + random.nextInt(i % 3 == 0 ? 70 : 14);
            int n = 512 + random.nextInt(1500);
            int k = Math.ceilDiv(m << 14, n) + random.nextInt(60);
            DType dtype = random.nextInt(3) == 0 ? DType.F64 : DType.F32;
            checkGuarded(
                    task(dtype, m, n, k, random.nextBoolean(), false), bits, random, "seed " + seed + " case " + i);
        }
    }

    private static void checkGuarded(Task.MatMul task, int bits, Random random, String which) {
        MemorySegment[] buffers = new MemorySegment[3];
        for (Task.Access access : new Task.Access[] {task.a(), task.b(), task.out()}) {
            long size = bytes(access);
            GuardedMemory memory =
                    random.nextInt(3) > 0 ? GuardedMemory.endingAtGuard(size) : GuardedMemory.beginningAtGuard(size);
            buffers[access.buffer()] = memory.segment();
            fill(memory.segment(), access.dtype(), random);
        }
        MemorySegment want = Arena.ofAuto().allocate(bytes(task.out()), 64);
        expect(task, buffers[0], buffers[1], want);
        kernel(task, bits, POOL).run(buffers);
        assertEquals(-1, want.mismatch(buffers[2]), which + ": " + task);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void theNumberOfThreadsAndTheRunDoNotChangeTheBits(int bits) {
        int[][] shapes = {{207, 130, 270}, {33, 600, 40}, {5, 3000, 70}, {3000, 3, 70}, {702, 515, 300}};
        for (int[] s : shapes) {
            for (int turned = 0; turned < 4; turned++) {
                Task.MatMul task = task(DType.F32, s[0], s[1], s[2], (turned & 1) != 0, turned > 1);
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment[] buffers = buffers(task, arena);
                    MemorySegment want = arena.allocate(bytes(task.out()), 64);
                    expect(task, buffers[0], buffers[1], want);
                    for (int threads : new int[] {1, 2, 3, 7}) {
                        Pool pool = Pool.of(threads);
                        Kernel kernel = kernel(task, bits, pool);
                        for (int run = 0; run < 2; run++) {
                            buffers[2].fill((byte) 0x5a);
                            kernel.run(buffers);
                            assertEquals(-1, want.mismatch(buffers[2]), threads + " threads: " + Arrays.toString(s));
                        }
                        pool.close();
                    }
                }
            }
        }
    }

    @Test
    void aRunAllocatesNothing() {
        Pool pool = Pool.of(1);
        int[][] shapes = {{64, 100, 300}, {3, 10, 20}, {40, 700, 30}, {300, 300, 512}};
        for (int[] s : shapes) {
            for (int turned = 0; turned < 4; turned++) {
                Task.MatMul task = task(DType.F32, s[0], s[1], s[2], (turned & 1) != 0, turned > 1);
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment[] buffers = buffers(task, arena);
                    Kernel kernel = kernel(task, 256, pool);
                    assertEquals(0, Allocation.least(20, () -> kernel.run(buffers)), task.toString());
                }
            }
        }
    }

    @Test
    void notANumberAndInfinitySpreadAsTheSumSays() {
        Task.MatMul task = task(DType.F32, 50, 50, 9, false, false);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment[] buffers = buffers(task, arena);
            buffers[0].setAtIndex(ValueLayout.JAVA_FLOAT, 3 * 9 + 8, Float.NaN);
            buffers[0].setAtIndex(ValueLayout.JAVA_FLOAT, 4 * 9, Float.POSITIVE_INFINITY);
            buffers[0].setAtIndex(ValueLayout.JAVA_FLOAT, 7 * 9 + 1, Float.MIN_VALUE);
            buffers[1].setAtIndex(ValueLayout.JAVA_FLOAT, 8 * 50 + 5, Float.NEGATIVE_INFINITY);
            buffers[1].setAtIndex(ValueLayout.JAVA_FLOAT, 6, 0);
            MemorySegment want = arena.allocate(bytes(task.out()), 64);
            expect(task, buffers[0], buffers[1], want);
            kernel(task, 256, POOL).run(buffers);
            for (long i = 0; i < 2500; i++) {
                // Which NaN it is does not matter.
                float a = want.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                float b = buffers[2].getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertEquals(Float.floatToIntBits(a), Float.floatToIntBits(b), "element " + i);
            }
        }
    }

    /** Adds a row to the product and squares it, block by block; with one product, joined products and one column. */
    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void anEpilogueSeesEachElementOnce(int bits) throws CodeException {
        int[][] shapes = {{1, 207, 130, 70}, {3, 33, 70, 40}, {2, 40, 1, 30}, {4, 1, 300, 20}, {1, 300, 515, 300}};
        for (int[] s : shapes) {
            int[] dims = {s[0], s[1], s[2]};
            long size = (long) s[1] * s[2];
            Task.MatMul task = new Task.MatMul(
                    new Task.Access(
                            0, DType.F32, 0, new int[] {s[0], s[1], s[3]}, new long[] {(long) s[1] * s[3], s[3], 1}),
                    new Task.Access(1, DType.F32, 0, new int[] {s[0], s[3], s[2]}, new long[] {0, s[2], 1}),
                    new Task.Access(2, DType.F32, 0, dims, new long[] {size, s[2], 1}),
                    DType.F32);
            Task.Loop loop = new Task.Loop(
                    dims,
                    0,
                    List.of(
                            new Task.Load(task.out()),
                            new Task.Load(new Task.Access(3, DType.F32, 0, dims, new long[] {0, 0, 1})),
                            new Task.Apply(Elementwise.ADD, DType.F32, 0, 1, -1),
                            new Task.Apply(Elementwise.MUL, DType.F32, 2, 2, -1)),
                    List.of(new Task.Store(3, task.out())));
            try (Arena arena = Arena.ofShared()) {
                MemorySegment[] buffers = Arrays.copyOf(buffers(task, arena), 4);
                buffers[3] = arena.allocate(4L * s[2], 64);
                fill(buffers[3], DType.F32, new Random(2));
                MemorySegment want = arena.allocate(bytes(task.out()), 64);
                expect(task, buffers[0], buffers[1], want);
                PlainKernels.prepare(loop, POOL).run(new MemorySegment[] {buffers[0], buffers[1], want, buffers[3]});
                CodeBatch batch = new CodeBatch();
                Region region = Objects.requireNonNull(LoopKernels.region(loop, isa(bits), batch));
                Kernel kernel = Objects.requireNonNull(GemmKernels.prepare(task, region, isa(bits), POOL, batch));
                batch.publish();
                for (int run = 0; run < 2; run++) {
                    kernel.run(buffers);
                    assertEquals(-1, want.mismatch(buffers[2]), Arrays.toString(s));
                }
            }
        }
    }
}
