package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.cpu.Allocation;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JavaGemmTest {
    private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 7, 13, 31, 33, 64, 207};
    private static final int[] RESULT_KINDS = {0, 1, 2, 3, 6};
    private static final Pool POOL = Pool.of(3);

    @AfterAll
    static void close() {
        POOL.close();
    }

    /** A matrix somewhere in a segment: how rows and columns are spread. */
    private record Spread(long offset, long row, long column, long span) {
        /** Kinds: 0 row major, 1 transposed, 2 with gaps, 3 both strides large, 4 one row repeated, 5 one column, 6 reversed. */
        static Spread of(int kind, int rows, int columns, Random random) {
            long r = Math.max(rows, 1);
            long c = Math.max(columns, 1);
            long gap = random.nextInt(1, 5);
            long offset = random.nextInt(4);
            return switch (kind) {
                case 0 -> new Spread(offset, c, 1, r * c);
                case 1 -> new Spread(offset, 1, r, r * c);
                case 2 -> new Spread(offset, c + gap, 1, r * (c + gap));
                case 3 -> new Spread(offset, 3 * c, 3, 3 * r * c);
                case 4 -> new Spread(offset, 0, 1, c);
                case 5 -> new Spread(offset, 1, 0, r);
                default -> new Spread(offset + r * c - 1, -c, -1, 1);
            };
        }

        long at(int i, int j) {
            return offset + i * row + j * column;
        }

        long elements() {
            return offset + span;
        }
    }

    /** One random case. */
    private static final class Product {
        final GemmShape shape;
        final Spread a;
        final Spread b;
        final Spread c;
        final MemorySegment aData;
        final MemorySegment bData;
        final String name;

        Product(DType dtype, int m, int n, int k, int[] kinds, Arena arena, Random random) {
            a = Spread.of(kinds[0], m, k, random);
            b = Spread.of(kinds[1], k, n, random);
            c = Spread.of(kinds[2], m, n, random);
            shape = new GemmShape(dtype, m, n, k, a.row(), a.column(), b.row(), b.column(), c.row(), c.column());
            aData = filled(dtype, a.elements(), arena, random);
            bData = filled(dtype, b.elements(), arena, random);
            name = shape + " kinds " + Arrays.toString(kinds) + " " + GemmPlan.of(shape, 1);
        }

        MemorySegment run(Pool pool, Arena arena) {
            MemorySegment result =
                    arena.allocate(Math.max(1, c.elements()) * shape.dtype().bytes(), 64);
            result.fill((byte) 0x5a);
            JavaGemm.of(shape).run(pool, aData, a.offset(), bData, b.offset(), result, c.offset());
            return result;
        }
    }

    private static MemorySegment filled(DType dtype, long elements, Arena arena, Random random) {
        MemorySegment data = arena.allocate(Math.max(1, elements) * dtype.bytes(), 64);
        for (long i = 0; i < elements; i++) {
            write(dtype, data, i, dtype.isFloat() ? random.nextGaussian() : random.nextInt(-9, 10));
        }
        return data;
    }

    private static void write(DType dtype, MemorySegment data, long i, double value) {
        switch (dtype) {
            case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
            case F64 -> data.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
            case BF16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, DType.toBf16((float) value));
            case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16((float) value));
            case I64 -> data.setAtIndex(ValueLayout.JAVA_LONG, i, (long) value);
            case I32 -> data.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
            case I8, U8, BOOL -> data.set(ValueLayout.JAVA_BYTE, i, (byte) value);
        }
    }

    private static double read(DType dtype, MemorySegment data, long i) {
        return switch (dtype) {
            case F32 -> data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            case F64 -> data.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
            case BF16 -> DType.fromBf16(data.getAtIndex(ValueLayout.JAVA_SHORT, i));
            case F16 -> Float.float16ToFloat(data.getAtIndex(ValueLayout.JAVA_SHORT, i));
            case I64 -> data.getAtIndex(ValueLayout.JAVA_LONG, i);
            case I32 -> data.getAtIndex(ValueLayout.JAVA_INT, i);
            case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
            case U8, BOOL -> data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
        };
    }

    /** The definition: one chain of fma in the order of k, in the type of the sums; then rounded or wrapped. */
    private static double expected(Product p, int i, int j) {
        DType dtype = p.shape.dtype();
        float narrow = 0;
        double wide = 0;
        for (int k = 0; k < p.shape.k(); k++) {
            double x = read(dtype, p.aData, p.a.at(i, k));
            double y = read(dtype, p.bData, p.b.at(k, j));
            narrow = Math.fma((float) x, (float) y, narrow);
            wide = Math.fma(x, y, wide);
        }
        return switch (dtype) {
            case F64 -> wide;
            case F32, BF16, F16 -> dtype.round(narrow);
            case I64, I32, I8, U8, BOOL -> dtype.wrap((long) wide);
        };
    }

    /** Compares elements of C (about 50000 / k of them, spread) and that nothing else was written. */
    private static void check(Product p, MemorySegment result) {
        DType dtype = p.shape.dtype();
        MemorySegment rest = MemorySegment.ofArray(result.toArray(ValueLayout.JAVA_BYTE));
        double operations = p.shape.operations() / 2;
        int every = operations > 50_000 ? (int) (operations / 50_000) | 1 : 1;
        int next = 0;
        for (int i = 0; i < p.shape.m(); i++) {
            for (int j = 0; j < p.shape.n(); j++) {
                long at = p.c.at(i, j);
                rest.asSlice(at * dtype.bytes(), dtype.bytes()).fill((byte) 0x5a);
                if (--next <= 0) {
                    next = every;
                    double want = expected(p, i, j);
                    double got = read(dtype, result, at);
                    if (Double.doubleToLongBits(want) != Double.doubleToLongBits(got)) {
                        assertEquals(want, got, p.name + " at " + i + ", " + j);
                    }
                }
            }
        }
        byte[] bytes = (byte[]) rest.heapBase().orElseThrow();
        byte[] untouched = new byte[bytes.length];
        Arrays.fill(untouched, (byte) 0x5a);
        assertEquals(-1, Arrays.mismatch(untouched, bytes), p.name + " wrote outside C");
    }

    private static void checkRandom(DType dtype, int cases, int[] sizes) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < cases; i++) {
            int m = sizes[random.nextInt(sizes.length)];
            int n = sizes[random.nextInt(sizes.length)];
            int k = sizes[random.nextInt(sizes.length)];
            int[] kinds = {random.nextInt(7), random.nextInt(7), RESULT_KINDS[random.nextInt(5)]};
            try (Arena arena = Arena.ofShared()) {
                Product p = new Product(dtype, m, n, k, kinds, arena, random);
                check(p, p.run(POOL, arena));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + " case " + i, e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "BOOL")
    void anyShapeAndStridesGiveTheChainOfSumsExactly(DType dtype) {
        checkRandom(dtype, dtype == DType.F32 || dtype == DType.F64 ? 300 : 60, SIZES);
    }

    @Test
    void largeShapesUseAllPathsAndGiveTheSame() {
        int[][] shapes = {
            {300, 70, 520},
            {70, 1100, 300},
            {1, 2100, 300},
            {2100, 1, 300},
            {520, 12, 600},
            {12, 520, 260},
            {40, 44, 2050}
        };
        List<String> plans = new ArrayList<>();
        Random random = new Random(5);
        for (int[] s : shapes) {
            for (int transposed = 0; transposed < 8; transposed++) {
                for (DType dtype : new DType[] {DType.F32, DType.F64}) {
                    int[] kinds = {transposed & 1, transposed >> 1 & 1, transposed >> 2};
                    try (Arena arena = Arena.ofShared()) {
                        Product p = new Product(dtype, s[0], s[1], s[2], kinds, arena, random);
                        check(p, p.run(POOL, arena));
                        GemmPlan plan = GemmPlan.of(p.shape, 1);
                        plans.add(plan.path() + " " + plan.split() + " " + plan.swapped());
                    }
                }
            }
        }
        for (GemmPlan.Path path : GemmPlan.Path.values()) {
            for (boolean swapped : new boolean[] {false, true}) {
                assertTrue(plans.contains(path + " PARTS " + swapped), path + " PARTS " + swapped + " in " + plans);
            }
        }
        assertTrue(plans.contains("VECTOR SHARED false") && plans.contains("VECTOR SHARED true"), plans.toString());
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "I32"})
    void theNumberOfThreadsDoesNotChangeTheBits(DType dtype) {
        Random random = new Random(6);
        int[][] shapes = {{207, 130, 270}, {33, 600, 40}, {5, 3000, 70}, {3000, 3, 70}};
        for (int[] s : shapes) {
            try (Arena arena = Arena.ofShared()) {
                Product p = new Product(dtype, s[0], s[1], s[2], new int[] {0, 1, 0}, arena, random);
                MemorySegment one = MemorySegment.NULL;
                for (int threads : new int[] {1, 2, 7}) {
                    Pool pool = Pool.of(threads);
                    MemorySegment result = p.run(pool, arena);
                    pool.close();
                    one = threads == 1 ? result : one;
                    assertEquals(-1, one.mismatch(result), threads + " threads: " + p.name);
                }
            }
        }
    }

    @Test
    void theOtherRowsOfABatchDoNotChangeTheBits() {
        int k = 300;
        int n = 70;
        try (Arena arena = Arena.ofShared()) {
            Random random = new Random(7);
            MemorySegment a = filled(DType.F32, 64L * k, arena, random);
            MemorySegment b = filled(DType.F32, (long) k * n, arena, random);
            MemorySegment all = arena.allocate(64L * n * 4, 64);
            MemorySegment one = arena.allocate(n * 4L, 64);
            JavaGemm.of(GemmShape.contiguous(DType.F32, 64, n, k)).run(POOL, a, b, all);
            JavaGemm row = JavaGemm.of(GemmShape.contiguous(DType.F32, 1, n, k));
            for (int i = 0; i < 64; i++) {
                row.run(POOL, a, (long) i * k, b, 0, one, 0);
                assertEquals(-1, one.mismatch(all.asSlice(4L * i * n, 4L * n)));
            }
        }
    }

    @Test
    void batchesRepeatAndSkipMatrices() {
        Random random = new Random(8);
        for (DType dtype : new DType[] {DType.F32, DType.F64, DType.BF16, DType.I32}) {
            // (items, m, n, k, a stride, b stride): each, A shared, B shared (one large product), both shared, gaps
            int[][] cases = {
                {5, 7, 33, 13, 91, 429},
                {5, 7, 33, 13, 0, 429},
                {5, 7, 33, 13, 91, 0},
                {3, 64, 64, 64, 0, 0},
                {12, 40, 50, 60, 2401, 3003},
                {1, 3, 4, 5, 0, 0},
                {0, 3, 4, 5, 15, 20}
            };
            for (int[] s : cases) {
                GemmShape shape = GemmShape.contiguous(dtype, s[1], s[2], s[3]);
                long[] aOffsets = offsets(s[0], s[4]);
                long[] bOffsets = offsets(s[0], s[5]);
                long cStep = (long) s[1] * s[2];
                long[] cOffsets = offsets(s[0], cStep);
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment a = filled(dtype, 3 + 30_000, arena, random);
                    MemorySegment b = filled(dtype, 2 + 40_000, arena, random);
                    MemorySegment together = arena.allocate(s[0] * cStep * dtype.bytes() + 8, 64);
                    MemorySegment single = arena.allocate(together.byteSize(), 64);
                    JavaGemm.of(shape, aOffsets, bOffsets, cOffsets).run(POOL, a, 3, b, 2, together, 1);
                    JavaGemm product = JavaGemm.of(shape);
                    for (int i = 0; i < s[0]; i++) {
                        product.run(POOL, a, 3 + aOffsets[i], b, 2 + bOffsets[i], single, 1 + cOffsets[i]);
                    }
                    assertEquals(-1, single.mismatch(together), dtype + " " + Arrays.toString(s));
                    together.fill((byte) 0);
                    JavaGemm.of(shape, s[0], s[4], s[5], cStep).run(POOL, a, 3, b, 2, together, 1);
                    assertEquals(-1, single.mismatch(together), "strides " + dtype + " " + Arrays.toString(s));
                }
            }
        }
    }

    private static long[] offsets(int count, long step) {
        long[] offsets = new long[count];
        Arrays.setAll(offsets, i -> i * step);
        return offsets;
    }

    @Test
    void notANumberAndInfinitySpreadAsTheSumSays() {
        int size = 50;
        try (Arena arena = Arena.ofShared()) {
            Random random = new Random(9);
            Product p = new Product(DType.F32, size, size, 9, new int[] {0, 0, 0}, arena, random);
            p.aData.setAtIndex(ValueLayout.JAVA_FLOAT, p.a.at(3, 8), Float.NaN);
            p.aData.setAtIndex(ValueLayout.JAVA_FLOAT, p.a.at(4, 0), Float.POSITIVE_INFINITY);
            p.bData.setAtIndex(ValueLayout.JAVA_FLOAT, p.b.at(8, 5), Float.NEGATIVE_INFINITY);
            p.bData.setAtIndex(ValueLayout.JAVA_FLOAT, p.b.at(0, 6), 0);
            p.aData.setAtIndex(ValueLayout.JAVA_FLOAT, p.a.at(7, 1), Float.MIN_VALUE);
            check(p, p.run(POOL, arena));
        }
    }

    @Test
    void manyThreadsMayRunOneProduct() {
        try (Arena arena = Arena.ofShared()) {
            Random random = new Random(10);
            Product p = new Product(DType.F32, 64, 100, 300, new int[] {0, 0, 0}, arena, random);
            JavaGemm product = JavaGemm.of(p.shape);
            MemorySegment want = p.run(POOL, arena);
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                MemorySegment mine = arena.allocate(want.byteSize(), 64).fill((byte) 0x5a);
                Thread thread = new Thread(() -> {
                    for (int i = 0; i < 50; i++) {
                        product.run(POOL, p.aData, p.a.offset(), p.bData, p.b.offset(), mine, p.c.offset());
                        assertEquals(-1, want.mismatch(mine));
                    }
                });
                thread.setUncaughtExceptionHandler((which, e) -> {
                    synchronized (failures) {
                        failures.add(e);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            threads.forEach(JavaGemmTest::join);
            assertEquals(List.of(), failures);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "BOOL")
    void aRunAllocatesNothing(DType dtype) {
        try (Arena arena = Arena.ofShared()) {
            Random random = new Random(11);
            for (int[] s : new int[][] {{64, 100, 300}, {3, 10, 20}, {40, 700, 30}}) {
                Product p = new Product(dtype, s[0], s[1], s[2], new int[] {0, 0, 0}, arena, random);
                JavaGemm product = JavaGemm.of(p.shape);
                MemorySegment c = arena.allocate(p.c.elements() * 8, 64);
                // One thread, so that all scratch has been made after the first run.
                Pool pool = Pool.of(1);
                long least = Allocation.least(
                        20, () -> product.run(pool, p.aData, p.a.offset(), p.bData, p.b.offset(), c, p.c.offset()));
                assertEquals(0, least, p.name);
            }
        }
    }

    @Test
    void matricesMustLieInTheirSegments() {
        GemmShape shape = GemmShape.contiguous(DType.F32, 3, 4, 5);
        MemorySegment a = MemorySegment.ofArray(new float[15]);
        MemorySegment b = MemorySegment.ofArray(new float[20]);
        MemorySegment c = MemorySegment.ofArray(new float[12]);
        JavaGemm product = JavaGemm.of(shape);
        product.run(POOL, a, b, c);
        ShapeException e = assertThrows(ShapeException.class, () -> product.run(POOL, a, 0, b, 1, c, 0));
        assertEquals(
                "matmul: expected elements 1 to 20 of f32 for B (5, 4), got a segment of 20; check offset and strides",
                e.getMessage());
        assertThrows(ShapeException.class, () -> product.run(POOL, a, -1, b, 0, c, 0));
        assertThrows(ShapeException.class, () -> product.run(POOL, a, 0, b, 0, c, 1));
        JavaGemm batch = JavaGemm.of(shape, 2, 0, 1, 12);
        assertThrows(ShapeException.class, () -> batch.run(POOL, a, b, c));
    }

    @Test
    void shapesAreChecked() {
        assertThrows(ShapeException.class, () -> GemmShape.contiguous(DType.F32, -1, 2, 3));
        assertThrows(ShapeException.class, () -> GemmShape.contiguous(DType.BOOL, 1, 2, 3));
        ShapeException e =
                assertThrows(ShapeException.class, () -> new GemmShape(DType.F32, 3, 4, 5, 5, 1, 4, 1, 0, 1));
        assertEquals(
                "matmul: expected a result without overlap, got strides (0, 1) for (3, 4); write to a contiguous result",
                e.getMessage());
        assertThrows(ShapeException.class, () -> new GemmShape(DType.F32, 3, 4, 5, 5, 1, 4, 1, 3, 1));
        GemmShape shape = GemmShape.contiguous(DType.F32, 3, 4, 5);
        assertThrows(ShapeException.class, () -> JavaGemm.of(shape, new long[2], new long[1], new long[2]));
    }
}
