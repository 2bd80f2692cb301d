package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Products of few rows, whose B is split once for the tile unit. */
class KeptProductTest {
    private static final Isa TILES = new Isa(512, true, true);
    private static final Pool POOL = Pool.of(2);

    @BeforeAll
    static void onlyWithTiles() {
        assumeTrue(Isa.machine().amx(), "no tile unit");
    }

    @AfterAll
    static void close() {
        POOL.close();
    }

    private static SplitEngineTest.Case product(int m, int n, int k, Random random) {
        return new SplitEngineTest.Case(
                SplitEngineTest.task(m, n, k, random.nextBoolean(), random.nextBoolean()), random);
    }

    private static KeptProduct prepare(SplitEngineTest.Case product) throws CodeException {
        CodeBatch batch = new CodeBatch();
        Object kernel = GemmKernels.prepare(product.task, null, TILES, POOL, batch);
        batch.publish();
        return assertInstanceOf(KeptProduct.class, kernel);
    }

    private static boolean keeps(int m, int n, int k, Isa isa) {
        return SplitEngine.keeps(product(m, n, k, new Random(1)).product, isa);
    }

    @Test
    void fewRowsBySmallMatricesAreKept() {
        assertTrue(keeps(16, 512, 128, TILES));
        assertTrue(keeps(8, 32, 32, TILES));
        assertTrue(keeps(32, 33, 32, TILES));
        assertEquals(false, keeps(7, 512, 128, TILES), "too few rows");
        assertEquals(false, keeps(33, 512, 128, TILES), "many rows");
        assertEquals(false, keeps(16, 31, 128, TILES), "few columns");
        assertEquals(false, keeps(16, 4096, 1024, TILES), "does not fit into a cache");
        assertEquals(false, keeps(16, 512, 128, new Isa(512, true, false)), "no tiles");
    }

    @Test
    void whatIsKeptIsMultipliedWithinTheBoundOfTheEngine() throws CodeException {
        long seed = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            Random random = new Random(seed + i);
            SplitEngineTest.Case c =
                    product(8 + random.nextInt(25), 32 + random.nextInt(180), 32 + random.nextInt(180), random);
            KeptProduct kernel = prepare(c);
            MemorySegment packed =
                    GuardedMemory.endingAtGuard(kernel.packedBytes()).segment();
            kernel.pack(c.buffers, packed);
            c.buffers[2].fill((byte) 0x5a);
            kernel.run(c.buffers, packed);
            try {
                c.error();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + (seed + i) + ", " + c.task + ": " + e.getMessage(), e);
            }
            // Without what is kept, B is read where it is.
            c.buffers[2].fill((byte) 0x5a);
            kernel.run(c.buffers);
            c.error();
        }
    }

    @Test
    void anInfinityInEitherFactorComesOutAsOne() throws CodeException {
        SplitEngineTest.Case c =
                new SplitEngineTest.Case(SplitEngineTest.task(16, 64, 48, false, false), new Random(2));
        c.set(1, 5L * 64 + 9, Float.POSITIVE_INFINITY);
        KeptProduct kernel = prepare(c);
        MemorySegment packed = GuardedMemory.endingAtGuard(kernel.packedBytes()).segment();
        kernel.pack(c.buffers, packed);
        kernel.run(c.buffers, packed);
        float[] got = new float[16];
        float[] expected = new float[16];
        for (int i = 0; i < 16; i++) {
            got[i] = c.c(i, 9);
            expected[i] = Math.signum(c.a(i, 5)) * Float.POSITIVE_INFINITY;
            assertTrue(Float.isFinite(c.c(i, 8)));
        }
        assertArrayEquals(expected, got);
    }

    @Test
    void theNumberOfThreadsDoesNotChangeTheBits() throws CodeException {
        SplitEngineTest.Case c = product(32, 500, 300, new Random(3));
        byte[] first = null;
        for (int threads : new int[] {1, 2, 3, 7}) {
            Pool pool = Pool.of(threads);
            Driver driver = c.driver(SplitEngine.of(c.product), pool);
            MemorySegment packed =
                    GuardedMemory.endingAtGuard(driver.packedBytes()).segment();
            driver.pack(c.buffers, packed);
            driver.run(c.buffers, packed);
            byte[] result = c.buffers[2].toArray(ValueLayout.JAVA_BYTE);
            first = first == null ? result : first;
            assertArrayEquals(first, result, threads + " threads");
            pool.close();
        }
    }
}
