package dev.lamina.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.PackingKernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Minimal filtering against sums in f64, within the bounds that {@link Winograd} states. */
class WinogradTest {
    private static final Pool POOL = Pool.of(2);

    /** What the error may be of the root mean square of outputs, for normal numbers and 32 products to be added: four times what was measured. */
    private static final double TYPICAL = 1.6e-5;

    private static Isa isa(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "no vectors of " + bits + " bits");
        return new Isa(bits, false, false);
    }

    private static Task.Convolution task(
            Window.Part part, int images, int height, int width, int channels, int outputs, int... padding) {
        Window.Geometry geometry = new Window.Geometry(
                List.of(3, 3),
                List.of(1, 1),
                List.of(1, 1),
                List.of(padding[0], padding[1]),
                List.of(padding[2], padding[3]));
        int[] x = {images, height, width, channels};
        int[] y = {images, geometry.outputs(0, height), geometry.outputs(1, width), outputs};
        return new Task.Convolution(
                part,
                geometry,
                1,
                RandomWindow.access(0, DType.F32, x),
                RandomWindow.access(1, DType.F32, 3, 3, channels, outputs),
                RandomWindow.access(2, DType.F32, y),
                DType.F32);
    }

    private static Task.Convolution random(Window.Part part, Random random) {
        boolean narrow = random.nextBoolean();
        int[] padding = new int[4];
        for (int i = 0; i < 4; i++) {
            padding[i] = random.nextInt(3) == 0 ? random.nextInt(8) : random.nextInt(2);
        }
        int height = Math.max(1, 3 - padding[0] - padding[2]) + random.nextInt(20);
        int width = Math.max(1, 3 - padding[1] - padding[3]) + random.nextInt(20);
        int channels = 1 + random.nextInt(narrow ? 20 : 150);
        int outputs = 1 + random.nextInt(narrow ? 20 : 150);
        return task(part, 1 + random.nextInt(3), height, width, channels, outputs, padding);
    }

    private static MemorySegment[] buffers(Task.Convolution task, Random random) {
        MemorySegment[] buffers = new MemorySegment[3];
        for (Task.Access access : List.of(task.x(), task.w(), task.y())) {
            long bytes = (access.range()[1] + 1) * Float.BYTES;
            MemorySegment data = (random.nextBoolean()
                            ? GuardedMemory.endingAtGuard(bytes)
                            : GuardedMemory.beginningAtGuard(bytes))
                    .segment();
            for (long i = 0; i < bytes / Float.BYTES; i++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
            }
            buffers[access.buffer()] = data;
        }
        return buffers;
    }

    /** The definition, in f64. */
    private static double[] expected(Task.Convolution task, MemorySegment[] buffers) {
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        float[] a = buffers[0].toArray(ValueLayout.JAVA_FLOAT);
        float[] w = buffers[1].toArray(ValueLayout.JAVA_FLOAT);
        float[] b = buffers[2].toArray(ValueLayout.JAVA_FLOAT);
        int most = Math.max(a.length, Math.max(w.length, b.length));
        double[] sums = new double[most];
        int above = task.geometry().before().get(0);
        int left = task.geometry().before().get(1);
        for (int i = 0; i < x[0] * y[1] * y[2] * 9; i++) {
            int tap = i % 9;
            int column = i / 9 % y[2];
            int line = i / 9 / y[2];
            int from = line % y[1] + tap / 3 - above;
            int at = column + tap % 3 - left;
            if (from >= 0 && from < x[1] && at >= 0 && at < x[2]) {
                int source = ((line / y[1] * x[1] + from) * x[2] + at) * x[3];
                add(task.part(), sums, a, source, w, tap * x[3] * y[3], b, (line * y[2] + column) * y[3], x[3], y[3]);
            }
        }
        return sums;
    }

    private static void add(
            Window.Part part, double[] sums, float[] a, int x, float[] w, int k, float[] b, int y, int c, int o) {
        for (int i = 0; i < c; i++) {
            for (int j = 0; j < o; j++) {
                switch (part) {
                    case OUTPUT -> sums[y + j] += (double) a[x + i] * w[k + i * o + j];
                    case INPUT -> sums[x + i] += (double) b[y + j] * w[k + i * o + j];
                    case KERNEL -> sums[k + i * o + j] += (double) a[x + i] * b[y + j];
                }
            }
        }
    }

    private static Filter filter(Task.Convolution task, Random random) {
        return task.part() == Window.Part.KERNEL || random.nextBoolean() ? Filter.LARGE : Filter.SMALL;
    }

    private static int terms(Task.Convolution task) {
        int[] y = task.y().dims();
        return switch (task.part()) {
            case OUTPUT -> task.x().dims()[3];
            case INPUT -> y[3];
            case KERNEL -> y[0] * Filter.LARGE.tiles(y[1]) * Filter.LARGE.tiles(y[2]);
        };
    }

    /** How much larger sums of absolute values become: along both axes. */
    private static double growth(double[][] first, double[][] second, double[][] last) {
        double most = 0;
        for (int j = 0; j < last[0].length; j++) {
            double sum = 0;
            for (int i = 0; i < first.length; i++) {
                sum += Math.abs(last[i][j]) * sum(first[i]) * sum(second[i]);
            }
            most = Math.max(most, sum);
        }
        return most * most;
    }

    private static double sum(double[] row) {
        double sum = 0;
        for (double x : row) {
            sum += Math.abs(x);
        }
        return sum;
    }

    private static double largest(MemorySegment data) {
        double most = 0;
        for (float x : data.toArray(ValueLayout.JAVA_FLOAT)) {
            most = Math.max(most, Math.abs(x));
        }
        return most;
    }

    private static void check(Task.Convolution task, Isa isa, Random random, String which) {
        check(task, filter(task, random), isa, random, which);
    }

    private static void check(Task.Convolution task, Filter filter, Isa isa, Random random, String which) {
        MemorySegment[] buffers = buffers(task, random);
        double[] want = expected(task, buffers);
        int out = task.out().buffer();
        double product = largest(buffers[(out + 1) % 3]) * largest(buffers[(out + 2) % 3]);
        ConvKernels.filtered(filter, task, null, isa, POOL).run(buffers);
        float[] got = buffers[out].toArray(ValueLayout.JAVA_FLOAT);
        double squares = 0;
        double error = 0;
        for (int i = 0; i < got.length; i++) {
            squares += want[i] * want[i];
            assertTrue(Float.isFinite(got[i]), which);
            error = Math.max(error, Math.abs(got[i] - want[i]));
        }
        int terms = terms(task);
        double growth = task.part() == Window.Part.KERNEL
                ? growth(filter.source(), filter.powers(), filter.kernel())
                : growth(filter.source(), filter.kernel(), filter.powers());
        double bound = (terms + 32) * 0x1p-24 * growth * terms * product;
        assertTrue(
                error <= bound, which + ": " + filter + ": expected an error of at most " + bound + ", got " + error);
        if (got.length > 500) {
            double typical = TYPICAL * Math.sqrt(Math.max(terms, 32) / 32.0) * Math.sqrt(squares / got.length);
            assertTrue(
                    error <= typical,
                    which + ": " + filter + ": expected an error of about " + typical / 4 + ", got " + error);
        }
    }

    @ParameterizedTest
    @CsvSource({"OUTPUT, 256", "OUTPUT, 512", "INPUT, 256", "INPUT, 512", "KERNEL, 256", "KERNEL, 512"})
    void randomGeometries(Window.Part part, int bits) {
        Isa isa = isa(bits);
        long seed = System.nanoTime();
        for (int i = 0; i < Integer.getInteger("lamina.test.cases", 60); i++) {
            Random random = new Random(seed + i);
            Task.Convolution task = random(part, random);
            check(task, isa, random, "seed " + seed + " case " + i + ": " + task);
        }
    }

    /** Enough tiles and channels for several bands, panels and chunks, in both orders. */
    @ParameterizedTest
    @EnumSource(Window.Part.class)
    void severalBands(Window.Part part) {
        Random random = new Random(7);
        check(task(part, 3, 41, 38, 70, 40, 1, 1, 1, 1), isa(512), random, "many tiles");
        check(task(part, 5, 9, 11, 300, 140, 1, 1, 1, 1), isa(512), random, "many channels");
        check(task(part, 1, 70, 70, 32, 180, 0, 2, 1, 0), isa(512), random, "many columns");
        for (int i = 0; i < 4; i++) {
            check(task(part, 1, 7, 9, 300 + 61 * i, 70, 1, 1, 1, 1), isa(512), random, "blocks of channels");
        }
    }

    /** Up to 32 tiles, in one image or in two, of any number of channels and outputs. */
    @ParameterizedTest
    @CsvSource({"OUTPUT", "INPUT"})
    void fewTiles(Window.Part part) {
        Isa isa = isa(512);
        long seed = System.nanoTime();
        for (int i = 0; i < Integer.getInteger("lamina.test.cases", 60); i++) {
            Random random = new Random(seed + i);
            int down = 1 + random.nextInt(4);
            int across = 1 + random.nextInt(4);
            int images = 1 + random.nextInt(2);
            Task.Convolution task = task(
                    part,
                    images,
                    4 * down - random.nextInt(4),
                    4 * across - random.nextInt(4),
                    1 + random.nextInt(random.nextBoolean() ? 40 : 200),
                    1 + random.nextInt(random.nextBoolean() ? 40 : 200),
                    1,
                    1,
                    1,
                    1);
            check(task, Filter.FEW, isa, random, "seed " + seed + " case " + i + ": " + task);
        }
    }

    @Test
    void fewTilesOfManyChannelsHaveTheirOwnFilter() {
        Isa isa = isa(512);
        assertEquals(Filter.FEW, Winograd.choose(task(Window.Part.OUTPUT, 1, 7, 7, 512, 512, 1, 1, 1, 1), isa));
        assertEquals(Filter.FEW, Winograd.choose(task(Window.Part.INPUT, 4, 4, 4, 64, 512, 1, 1, 1, 1), isa));
        assertEquals(Filter.LARGE, Winograd.choose(task(Window.Part.KERNEL, 3, 8, 8, 64, 64, 1, 1, 1, 1), isa));
        assertNotEquals(Filter.FEW, Winograd.choose(task(Window.Part.OUTPUT, 1, 7, 7, 512, 512, 1, 1, 1, 1), isa(256)));
    }

    @Test
    void theNumberOfThreadsDoesNotChangeTheBits() {
        long seed = System.nanoTime();
        for (int i = 0; i < 8; i++) {
            Random random = new Random(seed + i);
            for (Window.Part part : Window.Part.values()) {
                Task.Convolution task = random(part, random);
                MemorySegment[] buffers = buffers(task, random);
                MemorySegment out = buffers[task.out().buffer()];
                byte[] first = {};
                Filter filter = filter(task, random);
                for (int threads : new int[] {1, 2, 3, 7}) {
                    Pool pool = Pool.of(threads);
                    out.fill((byte) 0x5a);
                    ConvKernels.filtered(filter, task, null, isa(512), pool).run(buffers);
                    byte[] bytes = out.toArray(ValueLayout.JAVA_BYTE);
                    first = threads == 1 ? bytes : first;
                    assertArrayEquals(first, bytes, threads + " threads, seed " + seed + ": " + task);
                    pool.close();
                }
            }
        }
    }

    @Test
    void weightsMayBeTransformedBefore() {
        Random random = new Random(3);
        for (Window.Part part : List.of(Window.Part.OUTPUT, Window.Part.INPUT)) {
            for (int i = 0; i < 6; i++) {
                int channels = i < 3 ? 30 : 190;
                Filter filter = List.of(Filter.LARGE, Filter.SMALL, Filter.FEW).get(i % 3);
                int size = filter == Filter.FEW ? 5 : 17;
                Task.Convolution task = task(part, 1 + size / 17, size + 1, size + 3, channels, channels, 1, 1, 1, 1);
                MemorySegment[] buffers = buffers(task, random);
                MemorySegment out = buffers[task.out().buffer()];
                PackingKernel kernel = (PackingKernel) ConvKernels.filtered(filter, task, null, isa(512), POOL);
                kernel.run(buffers);
                byte[] expected = out.toArray(ValueLayout.JAVA_BYTE);
                MemorySegment packed =
                        GuardedMemory.endingAtGuard(kernel.packedBytes()).segment();
                kernel.pack(buffers, packed);
                buffers[1].fill((byte) 0x5a);
                out.fill((byte) 0x5a);
                kernel.run(buffers, packed);
                assertArrayEquals(expected, out.toArray(ValueLayout.JAVA_BYTE), task.toString());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Window.Part.class)
    void aRunAllocatesNothing(Window.Part part) {
        Pool pool = Pool.of(1);
        Task.Convolution task = task(part, 2, 13, 9, 40, 50, 1, 1, 1, 1);
        MemorySegment[] buffers = buffers(task, new Random(1));
        Kernel kernel = ConvKernels.filtered(Filter.LARGE, task, null, isa(512), pool);
        assertEquals(0, Allocation.least(20, () -> kernel.run(buffers)));
    }
}
