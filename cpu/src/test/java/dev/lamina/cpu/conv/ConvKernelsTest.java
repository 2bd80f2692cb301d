package dev.lamina.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Convolutions in machine code give what plain Java gives, but for the order of sums. */
class ConvKernelsTest {
    private static final Pool POOL = Pool.of(2);

    private static Isa isa(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "no vectors of " + bits + " bits");
        return new Isa(bits, false, false);
    }

    private static Kernel kernel(Task.Convolution task, Isa isa, Pool pool) {
        try {
            return Objects.requireNonNull(ConvKernels.prepare(task, null, isa, pool, new CodeBatch()), task::toString);
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

    private static void check(Window.Part part, int bits) {
        long seed = System.nanoTime();
        for (int i = 0; i < Integer.getInteger("lamina.test.cases", 600); i++) {
            Random random = new Random(seed + i);
            DType rounded = random.nextInt(4) == 0 ? DType.BF16 : DType.F32;
            Task.Convolution task = new RandomWindow(random).next(part, DType.F32, rounded);
            MemorySegment[] buffers = guarded(task, random);
            MemorySegment want = expected(task, buffers);
            kernel(task, isa(bits), POOL).run(buffers);
            assertEquals(-1, want.mismatch(buffers[task.out().buffer()]), "seed " + seed + " case " + i + ": " + task);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void outputs(int bits) {
        check(Window.Part.OUTPUT, bits);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void inputs(int bits) {
        check(Window.Part.INPUT, bits);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void kernels(int bits) {
        check(Window.Part.KERNEL, bits);
    }
}
