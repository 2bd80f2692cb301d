package dev.lamina.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.code.Isa;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sweeps all exponents and both signs, with special values. */
class FloatMathTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final float[] EDGES = {
        0f,
        -0f,
        1f,
        -1f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        88.72f,
        88.73f,
        -87.3f,
        -103.9f,
        -104f,
        0.5f,
        2f
    };

    @ParameterizedTest
    @CsvSource({
        "EXP, 1.1",
        "LOG, 1.5",
        "SIGMOID, 3",
        "TANH, 4",
        "ERF, 2.6",
        "EXPM1, 0.51",
        "LOG1P, 0.51",
        "SIN, 0.51",
        "COS, 0.51",
        "TAN, 0.51",
        "ATAN, 0.51",
        "SQRT, 0.5",
        "ABS, 0",
        "NEG, 0",
        "SIGN, 0",
        "FLOOR, 0",
        "CEIL, 0",
        "ROUND, 0"
    })
    void errorIsSmall(Elementwise op, double limit) {
        for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
            check(op, limit, bits);
        }
        Assumptions.assumeTrue(Isa.machine().vectorBits() > 0);
    }

    private static void check(Elementwise op, double limit, int bits) {
        int step = 8191;
        int n = (int) ((1L << 32) / step) + EDGES.length;
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = i < EDGES.length ? EDGES[i] : Float.intBitsToFloat((i - EDGES.length) * step);
        }
        Elementary kernel = new Elementary(
                bits, new DType[] {DType.F32}, DType.F32, (code, v) -> code.apply(op, DType.F32, v[0], null, null));
        MemorySegment y = kernel.run(n, MemorySegment.ofArray(x));
        double worst = 0;
        float at = 0;
        for (int i = 0; i < n; i++) {
            double error = Ulps.between(y.getAtIndex(FLOAT, i), op.apply(x[i], 0.0, 0.0));
            if (error > worst) {
                worst = error;
                at = x[i];
            }
        }
        float found = new Elementary(
                        bits,
                        new DType[] {DType.F32},
                        DType.F32,
                        (code, v) -> code.apply(op, DType.F32, v[0], null, null))
                .run(1, MemorySegment.ofArray(new float[] {at}))
                .getAtIndex(FLOAT, 0);
        assertTrue(
                worst <= limit,
                op + " at " + bits + " bits: " + worst + " ulp at " + at + " (" + found + " instead of "
                        + op.apply(at, 0.0, 0.0) + ")");
    }

    @Test
    void aPairOfSigmoidsHasTheBitsOfEach() {
        float[] x = new float[EDGES.length + 300_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = i < EDGES.length ? EDGES[i] : Float.intBitsToFloat(i * 0x9E3779B9);
        }
        for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
            for (int which = 0; which < 2; which++) {
                int one = which;
                float[] expected = numbers(bits, x, (code, v) -> {
                    V at = one == 0 ? v[0] : code.apply(Elementwise.NEG, DType.F32, v[0], null, null);
                    return code.apply(Elementwise.SIGMOID, DType.F32, at, null, null);
                });
                assertArrayEquals(expected, numbers(bits, x, (code, v) -> code.sigmoids(v[0])[one]));
            }
        }
    }

    private static float[] numbers(int bits, float[] x, Elementary.Expression body) {
        return new Elementary(bits, new DType[] {DType.F32}, DType.F32, body)
                .run(x.length, MemorySegment.ofArray(x))
                .toArray(FLOAT);
    }

    @ParameterizedTest
    @CsvSource({"EXP, 2", "LOG, 2", "SIGMOID, 3", "TANH, 4", "EXPM1, 2", "LOG1P, 2"})
    void errorOfDoublesIsSmall(Elementwise op, double limit) {
        int n = 300_000;
        double[] x = new double[n];
        for (int i = 0; i < n; i++) {
            // Halves: all exponents, and the range where something happens.
            long bits = i * 0x9E3779B97F4A7C15L;
            x[i] = i < EDGES.length
                    ? EDGES[i]
                    : i % 2 == 0 ? Double.longBitsToDouble(bits) : (bits >> 11) * 0x1p-52 * 400;
        }
        for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
            MemorySegment y = new Elementary(
                            bits,
                            new DType[] {DType.F64},
                            DType.F64,
                            (code, v) -> code.apply(op, DType.F64, v[0], null, null))
                    .run(n, MemorySegment.ofArray(x));
            double worst = 0;
            double at = 0;
            for (int i = 0; i < n; i++) {
                double error = Ulps.between(y.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i), op.apply(x[i], 0.0, 0.0));
                if (error > worst) {
                    worst = error;
                    at = x[i];
                }
            }
            assertTrue(worst <= limit, op + " at " + bits + " bits: " + worst + " ulp at " + at);
        }
    }
}
