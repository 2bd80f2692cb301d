package dev.lamina.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kernels that go through images together leave the bits of one after the other, on buffers at guard pages. */
class ImageKernelsTest {
    private static final int IMAGES = 16;
    private static final int SIZE = 13;
    private static final Window.Geometry THREE = geometry(3, 1, 1);
    private static final Window.Geometry TWO = geometry(2, 2, 0);

    private static Window.Geometry geometry(int taps, int stride, int padding) {
        List<Integer> before = List.of(padding, padding);
        return new Window.Geometry(List.of(taps, taps), List.of(stride, stride), List.of(1, 1), before, before);
    }

    private static Task.Access access(int buffer, int... dims) {
        return RandomWindow.access(buffer, DType.F32, dims);
    }

    private static Task.Access image(int buffer, int size, int channels) {
        return access(buffer, IMAGES, size, size, channels);
    }

    private static Task.Convolution conv(Window.Part part, DType rounded, int x, int c, int w, int y, int o) {
        return new Task.Convolution(
                part, THREE, 1, image(x, SIZE, c), access(w, 3, 3, c, o), image(y, SIZE, o), rounded);
    }

    private static Task.Pooling pool(Window.Pooling kind, int from, int with, int to) {
        int small = TWO.outputs(0, SIZE);
        return kind == Window.Pooling.MAX
                ? new Task.Pooling(kind, TWO, List.of(image(from, SIZE, 20)), image(to, small, 20))
                : new Task.Pooling(
                        kind, TWO, List.of(image(from, SIZE, 20), image(with, small, 20)), image(to, SIZE, 20));
    }

    /** b0 -> b2 by b1 -> b4 by b3 -> pooled b5; gradients: b6 of b5, b7 of b4, b8 of b2, b9 of b3, b10 of b1. */
    private static List<Task> network(DType rounded) {
        return List.of(
                conv(Window.Part.OUTPUT, rounded, 0, 8, 1, 2, 32),
                conv(Window.Part.OUTPUT, rounded, 2, 32, 3, 4, 20),
                pool(Window.Pooling.MAX, 4, 4, 5),
                pool(Window.Pooling.MAX_INPUT, 4, 6, 7),
                conv(Window.Part.INPUT, rounded, 8, 32, 3, 7, 20),
                conv(Window.Part.KERNEL, rounded, 2, 32, 9, 7, 20),
                conv(Window.Part.KERNEL, rounded, 0, 8, 10, 8, 32));
    }

    private static Isa isa(DType rounded) {
        Isa isa = Isa.machine();
        assumeTrue(isa.vectorBits() > 0, "no vectors");
        return rounded == DType.BF16 ? isa : new Isa(isa.vectorBits(), false, false);
    }

    private static List<Kernel> kernels(List<Task> tasks, Isa isa, Pool pool) throws Exception {
        CodeBatch batch = new CodeBatch();
        List<Kernel> kernels = new ArrayList<>();
        for (Task task : tasks) {
            kernels.add(Objects.requireNonNull(
                    task instanceof Task.Pooling pooling
                            ? ConvKernels.prepare(pooling, null, isa, pool, batch)
                            : ConvKernels.direct((Task.Convolution) task, null, isa, pool)));
        }
        batch.publish();
        return kernels;
    }

    private static MemorySegment[] buffers(List<Task> tasks) {
        Random random = new Random(1);
        MemorySegment[] buffers = new MemorySegment[16];
        for (Task task : tasks) {
            Stream.concat(task.reads(), task.writes()).forEach(access -> {
                if (buffers[access.buffer()] == null) {
                    long bytes = (access.range()[1] + 1) * Float.BYTES;
                    MemorySegment memory = GuardedMemory.endingAtGuard(bytes).segment();
                    for (long i = 0; i < bytes / Float.BYTES; i++) {
                        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
                    }
                    buffers[access.buffer()] = memory;
                }
            });
        }
        return buffers;
    }

    private static void same(List<Task> tasks, Isa isa, Pool pool, boolean together, Integer... unread)
            throws Exception {
        Set<Integer> inner = Set.of(unread);
        MemorySegment[] apart = buffers(tasks);
        MemorySegment[] joined = buffers(tasks);
        List<Kernel> kernels = kernels(tasks, isa, pool);
        Kernel all = ImageKernels.of(new Task.Images(IMAGES, tasks, inner), kernels, pool);
        assertEquals(together, all.getClass().getSimpleName().equals("Together"), "together");
        for (int run = 0; run < 2; run++) {
            kernels.forEach(kernel -> kernel.run(apart));
            all.run(joined);
        }
        for (int i = 0; i < apart.length; i++) {
            int buffer = i;
            if (apart[i] != null && !inner.contains(i)) {
                assertEquals(-1, apart[i].mismatch(joined[i]), () -> "buffer " + buffer);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void aStepOfTraining(DType rounded) throws Exception {
        for (int threads : new int[] {1, 2, 3}) {
            Pool pool = Pool.of(threads);
            same(network(rounded), isa(rounded), pool, true);
            // Where nobody else reads gradients between, and the pooled values.
            same(network(rounded), isa(rounded), pool, true, 5, 7, 8);
            pool.close();
        }
    }

    @Test
    void weightsThatAnotherOneMakesAreReadAfterwards() throws Exception {
        List<Task> tasks = List.of(
                conv(Window.Part.KERNEL, DType.F32, 0, 8, 1, 2, 20),
                conv(Window.Part.OUTPUT, DType.F32, 0, 8, 1, 3, 20));
        same(tasks, isa(DType.F32), Pool.shared(), false);
        // Sums without a map may be written any time, so nobody may read what was there before.
        same(List.of(tasks.get(1), tasks.get(0)), isa(DType.F32), Pool.shared(), false);
    }

    @Test
    void imagesAtOtherPlacesOfABufferAreReadAfterwards() throws Exception {
        Task.Convolution first = conv(Window.Part.OUTPUT, DType.F32, 0, 8, 1, 2, 20);
        int[] dims = first.y().dims();
        long image = (long) SIZE * SIZE * 20;
        // The second one reads the images of the first one's result from the next one on: the last is behind it.
        Task.Access shifted =
                new Task.Access(2, DType.F32, image, dims, first.y().strides());
        Task.Convolution second = new Task.Convolution(
                Window.Part.OUTPUT, THREE, 1, shifted, access(3, 3, 3, 20, 4), image(4, SIZE, 4), DType.F32);
        same(List.of(second, first), isa(DType.F32), Pool.shared(), false);
    }
}
