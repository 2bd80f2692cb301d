package dev.lamina.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.code.Isa;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All functions that are supported and all casts, on special and random elements of all dtypes, against their meaning. */
class ApplyTest {
    private static final int N = 16 * 21 + 5;

    private static final double[] SPECIAL = {
        0,
        -0.0,
        1,
        -1,
        2,
        -2,
        3,
        127,
        128,
        255,
        256,
        -128,
        -129,
        1e9,
        -3e9,
        4294967296.5,
        1e18,
        -1e19,
        1e19,
        1e38,
        -1e38,
        1e-40,
        0.5,
        -0.5,
        1.5,
        2.5,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        7.25,
        -7.25,
        65504,
        65520,
        1e-7
    };

    private static MemorySegment random(DType dtype, Random random) {
        MemorySegment data = MemorySegment.ofArray(new byte[N * dtype.bytes()]);
        for (int i = 0; i < N; i++) {
            if (random.nextInt(3) == 0) {
                Elements.set(data, dtype, i, SPECIAL[random.nextInt(SPECIAL.length)]);
            } else if (random.nextInt(3) == 0 && !dtype.isFloat()) {
                Elements.setLong(data, dtype, i, random.nextLong() >> random.nextInt(64));
            } else {
                Elements.set(data, dtype, i, (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12) - 3));
            }
        }
        return data;
    }

    @ParameterizedTest
    @EnumSource(Elementwise.class)
    void functionsMean(Elementwise op) {
        long seed = Long.getLong("seed", System.nanoTime());
        for (DType dtype : DType.values()) {
            if (op != Elementwise.CAST
                    && KernelCode.supports(op, dtype)
                    && (op != Elementwise.NOT || dtype == DType.BOOL)) {
                for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
                    check(op, dtype, bits, new Random(seed), "seed " + seed);
                }
            }
        }
    }

    private static void check(Elementwise op, DType dtype, int bits, Random random, String seed) {
        boolean where = op == Elementwise.WHERE;
        DType[] types = new DType[op.arity()];
        MemorySegment[] in = new MemorySegment[op.arity()];
        for (int i = 0; i < types.length; i++) {
            types[i] = where && i == 0 ? DType.BOOL : dtype;
            in[i] = random(types[i], random);
        }
        DType result = op.isComparison() ? DType.BOOL : dtype;
        MemorySegment out = new Elementary(
                        bits,
                        types,
                        result,
                        (code, v) ->
                                code.apply(op, dtype, v[0], v.length > 1 ? v[1] : null, v.length > 2 ? v[2] : null))
                .run(N, in);
        for (int i = 0; i < N; i++) {
            String name = op + " of " + dtype + " at " + bits + " bits, element " + i + ", " + seed;
            if (dtype.isFloat()) {
                double expected = op.apply(at(in, types, 0, i), at(in, types, 1, i), at(in, types, 2, i));
                String more = name + " (" + at(in, types, 0, i) + ", " + at(in, types, 1, i) + ")";
                assertClose(expected, Elements.get(out, result, i), op, result, more);
            } else {
                long expected = op.apply(longAt(in, types, 0, i), longAt(in, types, 1, i), longAt(in, types, 2, i));
                assertEquals(result.wrap(expected), Elements.getLong(out, result, i), name);
            }
        }
    }

    private static double at(MemorySegment[] in, DType[] types, int k, int i) {
        return k < in.length ? Elements.get(in[k], types[k], i) : 0;
    }

    private static long longAt(MemorySegment[] in, DType[] types, int k, int i) {
        return k < in.length ? Elements.getLong(in[k], types[k], i) : 0;
    }

    private static void assertClose(double expected, double found, Elementwise op, DType dtype, String name) {
        double rounded = dtype.round(expected);
        if (Double.isNaN(rounded) || !op.isHeavy()) {
            assertEquals(rounded, found, name);
            return;
        }
        double ulp = dtype == DType.F64
                ? Math.ulp(rounded)
                : dtype == DType.F32 ? Math.ulp((float) rounded) : Math.abs(rounded) * 0.01 + 1e-7;
        assertTrue(
                rounded == found || Math.abs(found - expected) <= 7 * ulp,
                name + ": " + found + " instead of " + rounded);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void castsMean(DType from) {
        long seed = Long.getLong("seed", System.nanoTime());
        for (DType to : DType.values()) {
            for (int bits = 256; bits <= Isa.machine().vectorBits(); bits += 256) {
                MemorySegment x = random(from, new Random(seed));
                MemorySegment out =
                        new Elementary(bits, new DType[] {from}, to, (code, v) -> code.cast(v[0], from, to)).run(N, x);
                for (int i = 0; i < N; i++) {
                    String name = from + " to " + to + " at " + bits + " bits, element " + i + ", seed " + seed
                            + ", of " + Elements.get(x, from, i);
                    if (to.isFloat()) {
                        double value =
                                from.isFloat() ? Elements.get(x, from, i) : (double) Elements.getLong(x, from, i);
                        assertEquals(to.round(value), Elements.get(out, to, i), name);
                    } else if (to == DType.BOOL) {
                        assertEquals(Elements.get(x, from, i) != 0 ? 1 : 0, Elements.getLong(out, to, i), name);
                    } else {
                        assertEquals(to.wrap(Elements.getLong(x, from, i)), Elements.getLong(out, to, i), name);
                    }
                }
            }
        }
    }
}
