package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Tensors as text. */
class TensorTextTest {
    @Test
    void floatsShareTheirDigits() {
        assertEquals("[1.00 2.25]  f32 (2,)", Tensor.of(new float[] {1, 2.25f}).toString());
        assertEquals(
                "[0.10000000 0.33333334]  f32 (2,)",
                Tensor.of(new float[] {0.1f, 1f / 3}).toString());
        assertEquals("[1. 2.]  f64 (2,)", Tensor.of(new double[] {1, 2}).toString());
    }

    @Test
    void rowsStandBelowEachOther() {
        Tensor x = Tensor.of(new float[] {1, -2, 3, 10}, 2, 2);
        assertEquals("[[ 1. -2.]\n [ 3. 10.]]  f32 (2, 2)", x.toString());
        assertEquals(
                "[[[0 1]]\n\n [[2 3]]]  i64 (2, 1, 2)",
                Tensor.arange(4).reshape(2, 1, 2).toString());
    }

    @Test
    void specialValuesAreNamed() {
        float[] values = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.5f, -0.0f};
        assertEquals("[ nan  inf -inf  0.5 -0.0]  f32 (5,)", Tensor.of(values).toString());
    }

    @Test
    void wideRangesUseExponents() {
        assertEquals(
                "[1e-06 5e+09]  f32 (2,)", Tensor.of(new float[] {1e-6f, 5e9f}).toString());
    }

    @Test
    void scalarsTruthAndNothing() {
        assertEquals("3.5  f32 ()", Tensor.scalar(3.5f).toString());
        assertEquals(
                "[ true false]  bool (2,)",
                Tensor.of(new boolean[] {true, false}).toString());
        assertEquals("[]  f32 (0,)", Tensor.zeros(0).toString());
    }

    @Test
    void longAxesAreCut() {
        assertEquals(
                "[   0    1    2 ... 1997 1998 1999]  i64 (2000,)",
                Tensor.arange(2000).toString());
        String text = Tensor.arange(40000).reshape(200, 200).toString();
        assertTrue(text.startsWith("[[    0     1     2 ...   197   198   199]\n"), text);
        assertTrue(text.contains("\n ...\n"), text);
    }

    @Test
    void longRowsAreBroken() {
        String text = Tensor.arange(100).toString();
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
        assertEquals(
                100,
                text.substring(0, text.indexOf(']')).trim().split("\\s+").length - (text.startsWith("[ ") ? 1 : 0));
    }
}
