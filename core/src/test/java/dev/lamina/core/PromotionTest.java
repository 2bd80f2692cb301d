package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The dtype of a result: two tensors, a tensor and a number, functions of integers. */
class PromotionTest {
    private static final String TABLE = """
                 f32  f64  bf16 f16  i64  i32  i8   u8   bool
            f32  f32  f64  f32  f32  f32  f32  f32  f32  f32
            f64  f64  f64  f64  f64  f64  f64  f64  f64  f64
            bf16 f32  f64  bf16 f32  bf16 bf16 bf16 bf16 bf16
            f16  f32  f64  f32  f16  f16  f16  f16  f16  f16
            i64  f32  f64  bf16 f16  i64  i64  i64  i64  i64
            i32  f32  f64  bf16 f16  i64  i32  i32  i32  i32
            i8   f32  f64  bf16 f16  i64  i32  i8   i32  i8
            u8   f32  f64  bf16 f16  i64  i32  i32  u8   u8
            bool f32  f64  bf16 f16  i64  i32  i8   u8   bool
            """;

    @Test
    void theWholeTable() {
        StringBuilder table =
                new StringBuilder("     " + row(Arrays.stream(DType.values()).map(DType::toString)));
        for (DType a : DType.values()) {
            table.append(pad(a.toString()))
                    .append(row(Arrays.stream(DType.values())
                            .map(b -> DType.promote(a, b).toString())));
        }
        assertEquals(TABLE, table.toString());
    }

    private static String row(java.util.stream.Stream<String> cells) {
        return cells.map(PromotionTest::pad).collect(Collectors.joining()).stripTrailing() + "\n";
    }

    private static String pad(String cell) {
        return String.format(Locale.ROOT, "%-5s", cell);
    }

    @Test
    void operationsFollowTheTable() {
        for (DType a : DType.values()) {
            for (DType b : DType.values()) {
                Tensor left = Tensor.ones(a, Shape.of(2));
                Tensor right = Tensor.ones(b, Shape.of(2));
                DType both = DType.promote(a, b);
                assertEquals(both, left.maximum(right).dtype());
                assertEquals(both, left.eq(left).where(left, right).dtype());
                assertEquals(both, Tensor.concat(0, left, right).dtype());
                assertEquals(DType.BOOL, left.lt(right).dtype());
                assertArrayEquals(new double[] {1, 1}, left.mul(right).toDoubleArray());
            }
        }
    }

    @Test
    void aNumberTakesTheTypeOfTheTensor() {
        for (DType dtype : DType.values()) {
            DType whole = dtype == DType.BOOL ? DType.I64 : dtype;
            assertEquals(whole, Tensor.ones(dtype, Shape.of(2)).add(2).dtype());
            assertEquals(whole, Tensor.ones(dtype, Shape.of(2)).mul(2).dtype());
            assertEquals(
                    dtype.isFloat() ? dtype : DType.F32,
                    Tensor.ones(dtype, Shape.of(2)).add(0.5).dtype());
            assertEquals(
                    dtype.isFloat() ? dtype : DType.F32,
                    Tensor.ones(dtype, Shape.of(2)).div(2).dtype());
        }
    }

    @Test
    void aNumberThatTheTypeCannotHoldIsAnError() {
        assertThrows(
                DTypeException.class, () -> Tensor.ones(DType.I8, Shape.of(2)).add(300));
        assertThrows(
                DTypeException.class, () -> Tensor.ones(DType.U8, Shape.of(2)).add(-1));
    }

    @Test
    void integersWrapAround() {
        assertArrayEquals(new int[] {-56}, Tensor.of(new byte[] {100}).add(100).toIntArray());
        assertArrayEquals(
                new int[] {44}, Tensor.of(new int[] {100}).cast(DType.U8).mul(3).toIntArray());
        assertArrayEquals(
                new int[] {Integer.MIN_VALUE},
                Tensor.of(new int[] {Integer.MAX_VALUE}).add(1).toIntArray());
        assertArrayEquals(
                new long[] {Long.MIN_VALUE},
                Tensor.of(new long[] {Long.MAX_VALUE}).add(1).toLongArray());
    }

    @Test
    void castsCutTowardZeroAndWrap() {
        Tensor x = Tensor.of(new float[] {1.9f, -1.9f, 300, -1, Float.NaN, 1e20f});
        assertArrayEquals(new int[] {1, -1, 300, -1, 0, -1}, x.cast(DType.I32).toIntArray());
        assertArrayEquals(new int[] {1, 255, 44, 255, 0, 255}, x.cast(DType.U8).toIntArray());
        assertArrayEquals(
                new long[] {1, -1, 300, -1, 0, Long.MAX_VALUE},
                x.cast(DType.I64).toLongArray());
        assertArrayEquals(
                new boolean[] {true, true, false, true},
                Tensor.of(new float[] {0.3f, -2, 0, Float.NaN}).cast(DType.BOOL).toBooleanArray());
    }

    @Test
    void halvesAreRoundedToNearestEven() {
        Tensor x = Tensor.of(new float[] {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 65519, 65520, 3.0e-8f});
        assertArrayEquals(new float[] {1, 1 + 0x1p-6f, 65536, 65536, 3.0e-8f}, bf16(x), 1e-10f);
        assertArrayEquals(
                new float[] {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 65504, Float.POSITIVE_INFINITY, 0x1p-24f},
                x.cast(DType.F16).toFloatArray());
    }

    private static float[] bf16(Tensor x) {
        return x.cast(DType.BF16).toFloatArray();
    }

    @Test
    void functionsOfIntegersAreF32() {
        Tensor x = Tensor.of(new int[] {1, 4});
        assertEquals(DType.F32, x.sqrt().dtype());
        assertEquals(DType.F32, x.mean().dtype());
        assertEquals(DType.F32, x.exp().dtype());
        assertEquals(DType.I32, x.square().dtype());
        assertEquals(DType.I64, x.sum().dtype());
        assertEquals(DType.I64, Tensor.of(new boolean[] {true, true}).sum().dtype());
        assertEquals(2, Tensor.of(new boolean[] {true, true}).sum().item());
    }
}
