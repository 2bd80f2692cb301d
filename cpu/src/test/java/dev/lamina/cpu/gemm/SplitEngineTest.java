package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** f32 products of parts on the tile unit: the engine takes large ones only, here it gets all sizes. */
class SplitEngineTest {
    private static final Pool POOL = Pool.of(3);

    @BeforeAll
    static void onlyWithTiles() {
        assumeTrue(Isa.machine().amx(), "no tile unit");
    }

    @AfterAll
    static void close() {
        POOL.close();
    }

    /** A product in memory that begins or ends at a page nobody may touch. */
    static final class Case {
        final Task.MatMul task;
        final Product product;
        final MemorySegment[] buffers = new MemorySegment[3];
        private final GuardedMemory[] memory = new GuardedMemory[3];

        Case(Task.MatMul task, Random random) {
            this.task = task;
            int[] dims = task.out().dims();
            int k = task.a().dims()[1];
            long[] a = task.a().strides();
            long[] b = task.b().strides();
            long column = dims[1] == 1 ? 4 : 4 * b[1];
            product = new Product(
                    DType.F32, DType.F32, dims[0], dims[1], k, 4 * a[0], 4 * a[1], 4 * b[0], column, 4L * dims[1]);
            for (Task.Access access : new Task.Access[] {task.a(), task.b(), task.out()}) {
                int at = access.buffer();
                long bytes = (access.range()[1] + 1) * Float.BYTES;
                memory[at] = random.nextInt(3) > 0
                        ? GuardedMemory.endingAtGuard(bytes)
                        : GuardedMemory.beginningAtGuard(bytes);
                buffers[at] = memory[at].segment();
                for (long i = 0; i < bytes / Float.BYTES; i++) {
                    buffers[at].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, (float) random.nextGaussian());
                }
            }
        }

        float a(int row, int term) {
            long[] strides = task.a().strides();
            return number(0, task.a().offset() + row * strides[0] + term * strides[1]);
        }

        float b(int term, int column) {
            long[] strides = task.b().strides();
            return number(1, task.b().offset() + term * strides[0] + column * strides[1]);
        }

        float c(int row, int column) {
            return number(2, (long) row * product.n() + column);
        }

        private float number(int buffer, long at) {
            return buffers[buffer].get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * at);
        }

        void set(int buffer, long at, float value) {
            buffers[buffer].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * at, value);
        }

        Driver driver(Engine engine, Pool pool) {
            return new Driver(
                    task,
                    null,
                    product,
                    new Driver.Offsets(new long[1], new long[1], new long[1], product.m(), false),
                    engine,
                    pool);
        }

        void run(Engine engine) {
            buffers[2].fill((byte) 0x5a);
            driver(engine, POOL).run(buffers);
        }

        /** The root of the mean square of errors, each as a part of sum |a b|; refuses what is beyond the bound of the engine. */
        double error() {
            double squares = 0;
            for (int i = 0; i < product.m(); i++) {
                for (int j = 0; j < product.n(); j++) {
                    double sum = 0;
                    double size = 0;
                    for (int l = 0; l < product.k(); l++) {
                        double term = (double) a(i, l) * b(l, j);
                        sum += term;
                        size += Math.abs(term);
                    }
                    double unit = (product.k() + 24) * 0x1p-24;
                    double bound = (unit / (1 - unit) + 0x1p-22) * size + product.k() * 20 * 0x1p-125;
                    double off = Math.abs(c(i, j) - sum);
                    assertTrue(off <= bound, i + ", " + j + ": " + sum + " within " + bound + ", got " + c(i, j));
                    squares += size == 0 ? 0 : off * off / size / size;
                }
            }
            return Math.sqrt(squares / product.m() / product.n());
        }
    }

    static Task.MatMul task(int m, int n, int k, boolean turnA, boolean turnB) {
        Task.Access a =
                new Task.Access(0, DType.F32, 0, new int[] {m, k}, turnA ? new long[] {1, m} : new long[] {k, 1});
        Task.Access b =
                new Task.Access(1, DType.F32, 0, new int[] {k, n}, turnB ? new long[] {1, k} : new long[] {n, 1});
        Task.Access c = new Task.Access(2, DType.F32, 0, new int[] {m, n}, new long[] {n, 1});
        return new Task.MatMul(a, b, c, DType.F32);
    }

    @Test
    void agreesWithTheDefinitionOnRandomShapes() {
        long seed = System.nanoTime();
        int done = 0;
        for (int i = 0; i < 400; i++) {
            Random random = new Random(seed + i);
            Task.MatMul task = new RandomProduct(random).next(DType.F32, DType.F32, 150);
            if (task.out().dims().length > 2 || task.a().dims()[1] == 0) {
                continue;
            }
            Case c = new Case(task, random);
            c.run(SplitEngine.of(c.product));
            try {
                c.error();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + (seed + i) + ", " + task + ": " + e.getMessage(), e);
            }
            done++;
        }
        assertTrue(done > 200, "products " + done);
    }

    /** Several blocks of rows, strips and k, and sizes of which tiles are full or have one row. */
    @Test
    void itsErrorIsBelowThatOfOneChainOfSums() {
        int[][] shapes = {{207, 100, 702}, {130, 65, 1100}, {300, 33, 96}, {31, 270, 1025}, {130, 270, 2100}};
        for (int i = 0; i < 4 * shapes.length; i++) {
            int[] s = shapes[i / 4];
            Case c = new Case(task(s[0], s[1], s[2], (i & 1) != 0, (i & 2) != 0), new Random(i));
            c.run(SplitEngine.of(c.product));
            double split = c.error();
            c.run(FloatEngine.of(c.product, new Isa(512, true, true)));
            double chain = c.error();
            assertTrue(split < chain, c.task + ": " + split + ", one chain " + chain);
        }
    }

    @Test
    void itTakesProductsThatUseTheirNumbersOftenWhereThereIsATileUnit() {
        Isa tiles = new Isa(512, true, true);
        Case large = new Case(task(128, 128, 128, false, false), new Random(1));
        assertInstanceOf(SplitEngine.class, GemmKernels.engine(large.product, tiles));
        assertInstanceOf(FloatEngine.class, GemmKernels.engine(large.product, new Isa(512, true, false)));
        int[][] others = {{64, 64, 1024}, {512, 512, 32}, {32, 4096, 512}, {129, 129, 129}};
        for (int[] s : others) {
            Case other = new Case(task(s[0], s[1], s[2], false, false), new Random(1));
            assertInstanceOf(FloatEngine.class, GemmKernels.engine(other.product, tiles), Arrays.toString(s));
        }
        Case gradient = new Case(task(784, 512, 64, true, false), new Random(1));
        assertInstanceOf(SplitEngine.class, GemmKernels.engine(gradient.product, tiles));
        Product p = large.product;
        Product scattered =
                new Product(p.dtype(), p.rounded(), p.m(), p.n(), p.k(), 8L * p.k(), 8, p.bK(), p.bColumn(), p.cRow());
        assertInstanceOf(FloatEngine.class, GemmKernels.engine(scattered, tiles));
    }

    /** What f32 can hold, infinities and NaN included, comes out as without parts. */
    @Test
    void specialNumbersGiveWhatTheirProductsAre() {
        float inf = Float.POSITIVE_INFINITY;
        float[][] pairs = {
            {inf, 1},
            {inf, -2.5f},
            {-inf, 1e-30f},
            {inf, 0},
            {Float.NaN, 1},
            {inf, inf},
            {1e38f, 1e38f},
            {3.4e38f, 0.3f},
            {Float.MAX_VALUE, 1},
            {Float.MAX_VALUE, -1.1f},
            {1e-30f, 1.2345678f},
            {1e-38f, 3.3333333f},
            {1e-42f, 1e-3f},
            {1e-20f, 1.1e-20f},
            {Float.MIN_VALUE, 1},
            {-0f, 5},
            {Float.intBitsToFloat(0x7F800001), 1}
        };
        for (float[] pair : pairs) {
            for (int swapped = 0; swapped < 2; swapped++) {
                Case c = new Case(task(70, 67, 40, false, false), new Random(1));
                // One column of A and one row of B are all there is; the rest would hide what is small.
                c.buffers[0].fill((byte) 0);
                c.buffers[1].fill((byte) 0);
                c.set(0, 35L * 40 + 33, pair[swapped]);
                c.set(1, 33L * 67 + 66, pair[1 - swapped]);
                c.run(SplitEngine.of(c.product));
                double product = (double) (pair[0] * pair[1]);
                check(product, c.c(35, 66), pair[0] + " x " + pair[1]);
                assertEquals(Float.isFinite(pair[1 - swapped]) ? 0f : Float.NaN, c.c(34, 66), "0 by it");
                assertEquals(0f, c.c(0, 0));
            }
        }
    }

    private static void check(double expected, float got, String what) {
        if (Double.isFinite(expected)) {
            assertEquals(expected, got, Math.abs(expected) * 0x1p-22 + 0x1p-131, what);
        } else {
            assertEquals((float) expected, got, what);
        }
    }

    @Test
    void oneInfinityLeavesTheOthersAsTheyAre() {
        Case c = new Case(task(100, 90, 300, true, false), new Random(2));
        c.set(0, 299L * 100 + 50, Float.NEGATIVE_INFINITY);
        c.set(1, 7L * 90 + 3, Float.NaN);
        c.run(SplitEngine.of(c.product));
        for (int i = 0; i < 100; i++) {
            for (int j = 0; j < 90; j++) {
                float expected = j == 3 ? Float.NaN : i == 50 ? -c.b(299, j) * Float.POSITIVE_INFINITY : 0;
                if (expected == 0) {
                    assertTrue(Float.isFinite(c.c(i, j)), i + ", " + j + ": " + c.c(i, j));
                } else {
                    assertEquals(expected, c.c(i, j), i + ", " + j);
                }
            }
        }
    }

    @Test
    void partsAreMultipliedOnlyWhereNoneIsLost() {
        assertTrue(SplitProduct.isSafe(1, 1, 1024));
        assertTrue(SplitProduct.isSafe(0, 1e-40, 5));
        assertTrue(SplitProduct.isSafe(1e18, 1e17, 1000));
        assertFalse(SplitProduct.isSafe(1e18, 1e18, 1000));
        assertFalse(SplitProduct.isSafe(1, Double.POSITIVE_INFINITY, 1));
        assertFalse(SplitProduct.isSafe(0, Double.POSITIVE_INFINITY, 1));
        assertFalse(SplitProduct.isSafe(1, 1e-28, 1));
        assertFalse(SplitProduct.isSafe(1e-14, 1e-14, 1));
    }

    @Test
    void theNumberOfThreadsDoesNotChangeTheBits() {
        sameBits(new Case(task(530, 700, 1100, false, true), new Random(3)));
        sameBits(new Case(task(200, 400, 2100, true, false), new Random(3)));
    }

    private static void sameBits(Case c) {
        byte[] first = null;
        for (int threads : new int[] {1, 2, 3, 7}) {
            Pool pool = Pool.of(threads);
            c.driver(SplitEngine.of(c.product), pool).run(c.buffers);
            byte[] result = c.buffers[2].toArray(ValueLayout.JAVA_BYTE);
            first = first == null ? result : first;
            assertTrue(Arrays.equals(first, result), threads + " threads");
            pool.close();
        }
    }

    @Test
    void aRunAllocatesNothing() {
        Case c = new Case(task(70, 100, 70, false, false), new Random(4));
        Pool pool = Pool.of(1);
        Driver driver = c.driver(SplitEngine.of(c.product), pool);
        // Until all is compiled: what is interpreted allocates.
        long least = 1;
        for (int i = 0; i < 100 && least > 0; i++) {
            least = Allocation.least(1000, () -> driver.run(c.buffers));
        }
        assertEquals(0, least);
        pool.close();
    }
}
