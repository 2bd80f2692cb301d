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

/** Pooling in machine code gives the bits that plain Java gives, also of ties, infinities and NaN. */
class PoolingKernelTest {
    private static final Pool POOL = Pool.of(2);

    private static Kernel kernel(Task.Pooling task, Isa isa, Pool pool) {
        CodeBatch batch = new CodeBatch();
        Kernel kernel = Objects.requireNonNull(ConvKernels.prepare(task, null, isa, pool, batch), task::toString);
        try {
            batch.publish();
        } catch (CodeException e) {
            throw new AssertionError(e);
        }
        return kernel;
    }

    /** Inputs are buffers 0 and 1, the output is buffer 2. */
    private static Task.Pooling random(Window.Pooling kind, Random random) {
        Task.Convolution windows = new RandomWindow(random).next(Window.Part.OUTPUT, DType.F32, DType.F32, 1);
        Window.Geometry geometry = windows.geometry();
        if (random.nextInt(3) == 0) {
            // Windows that tile.
            List<Integer> none = geometry.taps().stream().map(t -> 0).toList();
            List<Integer> ones = geometry.taps().stream().map(t -> 1).toList();
            geometry = new Window.Geometry(geometry.taps(), geometry.taps(), ones, none, none);
        }
        int[] x = windows.x().dims().clone();
        x[x.length - 1] = random.nextInt(3) == 0 ? 1 + random.nextInt(150) : x[x.length - 1];
        int[] y = x.clone();
        for (int axis = 0; axis < geometry.axes(); axis++) {
            y[axis + 1] = geometry.outputs(axis, x[axis + 1]);
        }
        boolean toInput = kind == Window.Pooling.MAX_INPUT || kind == Window.Pooling.SUM_INPUT;
        Task.Access first = access(0, kind == Window.Pooling.SUM_INPUT ? y : x);
        Task.Access out = access(2, toInput ? x : y);
        return new Task.Pooling(
                kind,
                geometry,
                switch (kind) {
                    case MAX, SUM, SUM_INPUT -> List.of(first);
                    case MAX_INPUT -> List.of(first, access(1, y));
                    case MAX_TAKEN -> List.of(first, access(1, x));
                },
                out);
    }

    private static Task.Access access(int buffer, int[] dims) {
        return RandomWindow.access(buffer, DType.F32, dims);
    }

    private static long bytes(Task.Access access) {
        return (access.range()[1] + 1) * Float.BYTES;
    }

    private static MemorySegment guarded(Task.Access access, Random random, boolean special) {
        GuardedMemory memory = random.nextInt(3) > 0
                ? GuardedMemory.endingAtGuard(bytes(access))
                : GuardedMemory.beginningAtGuard(bytes(access));
        MemorySegment data = memory.segment();
        for (long i = 0; i < data.byteSize() / 4; i++) {
            float value = (random.nextInt(17) - 8) / 2f;
            if (special && random.nextInt(3) == 0) {
                value = random.nextBoolean() ? Float.NEGATIVE_INFINITY : Float.NaN;
            }
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return data;
    }

    private static MemorySegment[] guarded(Task.Pooling task, Random random) {
        MemorySegment[] buffers = new MemorySegment[3];
        boolean special = random.nextBoolean() && task.kind() != Window.Pooling.SUM;
        for (Task.Access in : task.in()) {
            buffers[in.buffer()] = guarded(in, random, special && in.buffer() == 0);
        }
        buffers[2] = guarded(task.out(), random, false);
        return buffers;
    }

    private static boolean isEmpty(Task.Pooling task) {
        return task.in().stream().anyMatch(in -> bytes(in) == 0) || bytes(task.out()) == 0;
    }

    @ParameterizedTest
    @EnumSource(Window.Pooling.class)
    void asPlainJava(Window.Pooling kind) {
        long seed = System.nanoTime();
        for (int bits : new int[] {256, 512}) {
            assumeTrue(Isa.machine().vectorBits() >= bits, "no vectors of " + bits + " bits");
            for (int i = 0; i < Integer.getInteger("lamina.test.cases", 400); i++) {
                Random random = new Random(seed + i);
                Task.Pooling task = random(kind, random);
                if (isEmpty(task)) {
                    continue;
                }
                MemorySegment[] buffers = guarded(task, random);
                MemorySegment[] all = buffers.clone();
                all[2] = Arena.ofAuto().allocate(bytes(task.out()), 64);
                PlainKernels.prepare(task, POOL).run(all);
                kernel(task, new Isa(bits, false, false), POOL).run(buffers);
                assertEquals(
                        -1, all[2].mismatch(buffers[2]), bits + " bits, seed " + seed + " case " + i + ": " + task);
            }
        }
    }

    @Test
    void theNumberOfThreadsDoesNotChangeTheBits() {
        assumeTrue(Isa.machine().vectorBits() > 0, "no vectors");
        long seed = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            Random random = new Random(seed + i);
            Task.Pooling task = random(List.of(Window.Pooling.values()).get(i % 5), random);
            if (isEmpty(task)) {
                continue;
            }
            MemorySegment[] buffers = guarded(task, random);
            byte[] first = {};
            for (int threads : new int[] {1, 2, 3, 7}) {
                Pool pool = Pool.of(threads);
                buffers[2].fill((byte) 0x5a);
                kernel(task, Isa.machine(), pool).run(buffers);
                byte[] bytes = buffers[2].toArray(ValueLayout.JAVA_BYTE);
                first = threads == 1 ? bytes : first;
                assertArrayEquals(first, bytes, threads + " threads, seed " + seed + ": " + task);
                pool.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Window.Pooling.class)
    void aRunAllocatesNothing(Window.Pooling kind) {
        assumeTrue(Isa.machine().vectorBits() > 0, "no vectors");
        Pool pool = Pool.of(1);
        Task.Pooling task = random(kind, new Random(5));
        MemorySegment[] buffers = guarded(task, new Random(1));
        Kernel kernel = kernel(task, Isa.machine(), pool);
        assertEquals(0, Allocation.least(20, () -> kernel.run(buffers)), task.toString());
    }
}
