package dev.lamina.bench;

import java.util.Locale;

/** Comparisons that end a row with a wrong value. */
final class Check {
    private Check() {}

    /** Each value lies within the tolerance times (1 + |expected|). */
    static void close(String what, float[] expected, float[] actual, double tolerance) {
        if (expected.length != actual.length) {
            throw new IllegalStateException(what + ": expected " + expected.length + " values, got " + actual.length);
        }
        for (int i = 0; i < expected.length; i++) {
            close(what + " at " + i, expected[i], actual[i], tolerance);
        }
    }

    /** NaN is never close. */
    static void close(String what, double expected, double actual, double tolerance) {
        if (!(Math.abs(expected - actual) <= tolerance * (1 + Math.abs(expected)))) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "%s: expected %.9g, got %.9g", what, expected, actual));
        }
    }

    static void that(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
