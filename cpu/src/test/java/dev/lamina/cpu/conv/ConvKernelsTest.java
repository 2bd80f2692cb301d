package dev.lamina.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Convolutions in machine code give what plain Java gives, but for the order of sums. */
class ConvKernelsTest {
    private static final Pool POOL = Pool.of(2);

    private static Isa isa(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "no vectors of " + bits + " bits");
        return new Isa(bits, false, false);
    }

    private static Isa tiles() {
        assumeTrue(Isa.machine().amx(), "no tile unit");
        return Isa.machine();
    }

    private static Kernel kernel(Task.Convolution task, Isa isa, Pool pool) {
        if (Winograd.choose(task, isa) != null) {
            // Not exact; see WinogradTest.
            return ConvKernels.direct(task, null, isa, pool);
        }
        try {
            CodeBatch batch = new CodeBatch();
            Kernel kernel = Objects.requireNonNull(ConvKernels.prepare(task, null, isa, pool, batch), task::toString);
            batch.publish();
            return kernel;
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
    }

    private static long bytes(Task.Access access) {
        return (access.range()[1] + 1) * access.dtype().bytes();
    }

    /** Small integers and halves, so that sums are exact in any order. */
    private static void fill(MemorySegment data, Random random) {
        for (long i = 0; i < data.byteSize() / 4; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (random.nextInt(17) - 8) / 2f);
        }
    }

    private static MemorySegment guarded(Task.Access access, Random random) {
        GuardedMemory memory = random.nextInt(3) > 0
                ? GuardedMemory.endingAtGuard(bytes(access))
                : GuardedMemory.beginningAtGuard(bytes(access));
        fill(memory.segment(), random);
        return memory.segment();
    }

    private static MemorySegment[] guarded(Task.Convolution task, Random random) {
        return new MemorySegment[] {guarded(task.x(), random), guarded(task.w(), random), guarded(task.y(), random)};
    }

    private static MemorySegment expected(Task.Convolution task, MemorySegment[] buffers) {
        MemorySegment[] all = buffers.clone();
        int out = task.out().buffer();
        all[out] = Arena.ofAuto().allocate(bytes(task.out()), 64);
        PlainKernels.prepare(task, POOL).run(all);
        return all[out];
    }

    /** What channels are multiples of: such that most of the cases run on tiles. */
    private static int unit(Window.Part part, Isa isa, Random random) {
        if (!isa.amx()) {
            return 1;
        }
        return switch (part) {
            case KERNEL -> List.of(2, 3, 5, 8, 9, 12, 24, 32).get(random.nextInt(8));
            case OUTPUT -> List.of(3, 6, 10, 16, 20, 32).get(random.nextInt(6));
            case INPUT -> 32;
        };
    }

    private static void check(Window.Part part, Isa isa) {
        long seed = System.nanoTime();
        for (int i = 0; i < Integer.getInteger("lamina.test.cases", 600); i++) {
            Random random = new Random(seed + i);
            DType rounded = isa.amx() || random.nextInt(4) == 0 ? DType.BF16 : DType.F32;
            Task.Convolution task = new RandomWindow(random).next(part, DType.F32, rounded, unit(part, isa, random));
            MemorySegment[] buffers = guarded(task, random);
            MemorySegment want = expected(task, buffers);
            kernel(task, isa, POOL).run(buffers);
            assertEquals(-1, want.mismatch(buffers[task.out().buffer()]), "seed " + seed + " case " + i + ": " + task);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void outputs(int bits) {
        check(Window.Part.OUTPUT, isa(bits));
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void inputs(int bits) {
        check(Window.Part.INPUT, isa(bits));
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void kernels(int bits) {
        check(Window.Part.KERNEL, isa(bits));
    }

    @ParameterizedTest
    @EnumSource(Window.Part.class)
    void onTiles(Window.Part part) {
        check(part, tiles());
    }

    /** Numbers of all kinds: rounding to bf16, and sums that are only close. */
    @ParameterizedTest
    @EnumSource(Window.Part.class)
    void roundedFactors(Window.Part part) {
        long seed = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            Random random = new Random(seed + i);
            for (Isa isa : List.of(isa(256), isa(512), tiles())) {
                Task.Convolution task =
                        new RandomWindow(random).next(part, DType.F32, DType.BF16, unit(part, isa, random));
                MemorySegment[] buffers = guarded(task, random);
                for (MemorySegment buffer : buffers) {
                    for (long j = 0; j < buffer.byteSize() / 4; j++) {
                        buffer.setAtIndex(ValueLayout.JAVA_FLOAT, j, random.nextFloat() - 0.5f);
                    }
                }
                MemorySegment want = expected(task, buffers);
                kernel(task, isa, POOL).run(buffers);
                MemorySegment got = buffers[task.out().buffer()];
                for (long j = 0; j < got.byteSize() / 4; j++) {
                    float a = want.getAtIndex(ValueLayout.JAVA_FLOAT, j);
                    float b = got.getAtIndex(ValueLayout.JAVA_FLOAT, j);
                    assertEquals(
                            a, b, 2e-4f * (1 + Math.abs(a)), "seed " + seed + " case " + i + " at " + j + ": " + task);
                }
            }
        }
    }

    @Test
    void theNumberOfThreadsDoesNotChangeTheBits() {
        long seed = System.nanoTime();
        for (int i = 0; i < 30; i++) {
            Random random = new Random(seed + i);
            for (Window.Part part : Window.Part.values()) {
                for (DType rounded : List.of(DType.F32, DType.BF16)) {
                    Task.Convolution task = new RandomWindow(random).next(part, DType.F32, rounded, 32);
                    MemorySegment[] buffers = guarded(task, random);
                    MemorySegment out = buffers[task.out().buffer()];
                    byte[] first = {};
                    for (int threads : new int[] {1, 2, 3, 7}) {
                        Pool pool = Pool.of(threads);
                        out.fill((byte) 0x5a);
                        kernel(task, Isa.machine(), pool).run(buffers);
                        byte[] bytes = out.toArray(ValueLayout.JAVA_BYTE);
                        first = threads == 1 ? bytes : first;
                        assertArrayEquals(first, bytes, threads + " threads, seed " + seed + ": " + task);
                        pool.close();
                    }
                }
            }
        }
    }

    @Test
    void aRunAllocatesNothing() {
        Pool pool = Pool.of(1);
        for (Window.Part part : Window.Part.values()) {
            for (DType rounded : List.of(DType.F32, DType.BF16)) {
                Task.Convolution task = new RandomWindow(new Random(5)).next(part, DType.F32, rounded, 32);
                MemorySegment[] buffers = guarded(task, new Random(1));
                Kernel kernel = kernel(task, Isa.machine(), pool);
                assertEquals(0, Allocation.least(20, () -> kernel.run(buffers)), task.toString());
            }
        }
    }
}
