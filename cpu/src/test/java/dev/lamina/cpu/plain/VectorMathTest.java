package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.op.Scalars;
import dev.lamina.cpu.Allocation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorMathTest {
    /** The largest error, in units of the last place of the float result, that the class promises. */
    private static final double MOST_ULP = 0.51;

    private static final float[] SPECIAL = {
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
        88.72284f,
        88.72283f,
        89f,
        -87.33655f,
        -103.97208f,
        -103.97207f,
        -104f,
        0.5f,
        -0.5f,
        0.99999994f,
        1.0000001f,
        -0.99999994f,
        1e-20f,
        -1e-20f,
        1e-4f,
        0x1p30f,
        -0x1p30f,
        0x1.fffffep29f,
        1e10f,
        16367173f,
        3.1415927f,
        1.5707964f,
        4f,
        -4f,
        10f,
        20f,
        -20f,
        100f,
        -100f
    };

    @FunctionalInterface
    interface Floats {
        void apply(float[] x, float[] y, int n);
    }

    @FunctionalInterface
    interface Doubles {
        void apply(double[] x, double[] y, int n);
    }

    record Function(String name, Floats floats, Doubles doubles, DoubleUnaryOperator truth) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Function> functions() {
        return List.of(
                new Function("exp", VectorMath::exp, VectorMath::exp, StrictMath::exp),
                new Function("expm1", VectorMath::expm1, VectorMath::expm1, StrictMath::expm1),
                new Function("sigmoid", VectorMath::sigmoid, VectorMath::sigmoid, Scalars::sigmoid),
                new Function("tanh", VectorMath::tanh, VectorMath::tanh, StrictMath::tanh),
                new Function("erf", VectorMath::erf, VectorMath::erf, Scalars::erf),
                new Function("log", VectorMath::log, VectorMath::log, StrictMath::log),
                new Function("log1p", VectorMath::log1p, VectorMath::log1p, StrictMath::log1p),
                new Function("sin", VectorMath::sin, VectorMath::sin, StrictMath::sin),
                new Function("cos", VectorMath::cos, VectorMath::cos, StrictMath::cos),
                new Function("tan", VectorMath::tan, VectorMath::tan, StrictMath::tan),
                new Function("atan", VectorMath::atan, VectorMath::atan, StrictMath::atan),
                new Function("sqrt", VectorMath::sqrt, VectorMath::sqrt, StrictMath::sqrt));
    }

    /** Distance in units of the last place; below the smallest normal number these are 1.4e-45. */
    private static double ulps(float got, double truth) {
        float near = (float) truth;
        if (Float.isNaN(near) || Float.isInfinite(near) || Float.isInfinite(got) || Float.isNaN(got)) {
            return Float.compare(got, near) == 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        return Math.abs(got - truth) / Math.ulp(near);
    }

    /** Floats of all magnitudes, a step of bit patterns apart. */
    private static float[] sweep(int step) {
        int count = (int) ((1L << 32) / step);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = Float.intBitsToFloat((int) ((long) i * step + Integer.MIN_VALUE));
        }
        return x;
    }

    @ParameterizedTest
    @MethodSource("functions")
    void isWithinHalfAnUlpOverAllFloats(Function function) {
        float[] x = sweep(8209);
        check(function, x);
    }

    @ParameterizedTest
    @MethodSource("functions")
    void isWithinHalfAnUlpWhereNetworksLive(Function function) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        float[] x = new float[200_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(-6, 8)));
        }
        try {
            check(function, x);
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static void check(Function function, float[] x) {
        float[] y = new float[x.length];
        function.floats.apply(x, y, x.length);
        for (int i = 0; i < x.length; i++) {
            double truth = function.truth.applyAsDouble(x[i]);
            double error = ulps(y[i], truth);
            if (!(error <= MOST_ULP)) {
                throw new AssertionError(
                        function + "(" + x[i] + "): expected " + truth + ", got " + y[i] + ", " + error + " ulp");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("functions")
    void specialValuesAreThoseOfStrictMath(Function function) {
        for (float special : SPECIAL) {
            float[] x = {1, special, 2};
            float[] y = new float[3];
            function.floats.apply(x, y, 3);
            float want = (float) function.truth.applyAsDouble(special);
            assertEquals(
                    Float.floatToIntBits(want), Float.floatToIntBits(y[1]), function + "(" + special + ") = " + y[1]);
            double[] wide = {special};
            function.doubles.apply(wide, wide, 1);
            assertEquals(function.truth.applyAsDouble(special), wide[0], function + " of double " + special);
        }
    }

    @ParameterizedTest
    @MethodSource("functions")
    void theBitsDependOnTheArgumentAlone(Function function) {
        Random random = new Random(3);
        float[] x = new float[1600];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 97 == 0 ? SPECIAL[i / 97 % SPECIAL.length] : (float) random.nextGaussian() * 5;
        }
        float[] all = new float[x.length];
        function.floats.apply(x, all, x.length);
        for (int n : new int[] {0, 1, 7, 13, 207, 511, 512, 513, 702, 1033}) {
            int from = random.nextInt(x.length - n);
            float[] part = Arrays.copyOfRange(x, from, from + n + 3);
            float[] untouched = part.clone();
            function.floats.apply(part, part, n);
            assertBits(Arrays.copyOfRange(all, from, from + n), Arrays.copyOf(part, n));
            assertBits(Arrays.copyOfRange(untouched, n, n + 3), Arrays.copyOfRange(part, n, n + 3));
        }
    }

    private static void assertBits(float[] want, float[] got) {
        for (int i = 0; i < want.length; i++) {
            assertEquals(Float.floatToRawIntBits(want[i]), Float.floatToRawIntBits(got[i]), "at " + i);
        }
    }

    @Test
    void powIsWithinHalfAnUlp() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int n = 300_000;
        float[] a = new float[n];
        float[] b = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = (float) Math.exp(random.nextGaussian() * (i % 3 == 0 ? 30 : 2));
            b[i] = i % 4 == 0 ? random.nextInt(-5, 6) : (float) (random.nextGaussian() * 10);
            if (i % 2000 == 0) {
                a[i] = -random.nextInt(10);
            }
        }
        float[] y = new float[n];
        VectorMath.pow(a, b, y, n);
        for (int i = 0; i < n; i++) {
            double truth = StrictMath.pow(a[i], b[i]);
            double error = ulps(y[i], truth);
            assertTrue(
                    error <= MOST_ULP, "seed " + seed + " pow(" + a[i] + ", " + b[i] + ") = " + y[i] + " not " + truth);
        }
    }

    @Test
    void powOfSpecialValuesIsThatOfStrictMath() {
        DoubleBinaryOperator truth = StrictMath::pow;
        for (float base : SPECIAL) {
            float[] a = new float[SPECIAL.length];
            float[] y = new float[SPECIAL.length];
            double[] wide = new double[SPECIAL.length];
            Arrays.fill(a, base);
            VectorMath.pow(a, SPECIAL, y, a.length);
            double[] da = new double[a.length];
            double[] db = new double[a.length];
            Arrays.setAll(da, i -> base);
            Arrays.setAll(db, i -> SPECIAL[i]);
            VectorMath.pow(da, db, wide, a.length);
            for (int i = 0; i < a.length; i++) {
                double want = truth.applyAsDouble(base, SPECIAL[i]);
                assertTrue(
                        ulps(y[i], want) <= MOST_ULP,
                        "pow(" + base + ", " + SPECIAL[i] + ") = " + y[i] + " not " + want);
                assertEquals(want, wide[i]);
            }
        }
        float[] inPlace = {2, 3};
        VectorMath.pow(inPlace, inPlace, inPlace, 2);
        assertArrayEquals(new float[] {4, 27}, inPlace);
    }

    @ParameterizedTest
    @MethodSource("functions")
    void allocatesNothing(Function function) {
        float[] x = new float[1000];
        float[] y = new float[1000];
        for (int i = 0; i < x.length; i++) {
            x[i] = i * 0.01f - 3;
        }
        assertEquals(0, Allocation.least(20, () -> function.floats.apply(x, y, 1000)));
    }

    /** A checksum over results of all functions, computed in a JVM of its own. */
    public static final class Checksum {
        private Checksum() {}

        /** Prints the checksum. */
        public static void main(String[] arguments) {
            System.out.print(checksum());
        }
    }

    private static long checksum() {
        Random random = new Random(12);
        float[] x = new float[3000];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextGaussian() * (i % 5 == 0 ? 1e6 : 4));
        }
        double[] wide = new double[x.length];
        Arrays.setAll(wide, i -> x[i]);
        float[] y = new float[x.length];
        double[] z = new double[x.length];
        CRC32 crc = new CRC32();
        for (Function function : functions()) {
            function.floats.apply(x, y, x.length);
            function.doubles.apply(wide, z, x.length);
            for (int i = 0; i < x.length; i++) {
                update(crc, Float.floatToIntBits(y[i]));
                update(crc, Double.doubleToLongBits(z[i]));
            }
        }
        return crc.getValue();
    }

    private static void update(CRC32 crc, long value) {
        for (int i = 0; i < 64; i += 8) {
            crc.update((int) (value >> i));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:UseAVX=2", "-XX:-UseSuperWord"})
    void theBitsDoNotDependOnTheCompiler(String mode) throws Exception {
        for (int i = 0; i < 300; i++) {
            checksum();
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        java,
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        mode,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Checksum.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String other = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertEquals(0, process.waitFor());
        assertEquals(Long.toString(checksum()), other);
    }
}
