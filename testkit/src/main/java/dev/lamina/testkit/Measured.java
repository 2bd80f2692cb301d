package dev.lamina.testkit;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The largest errors that comparisons find while a body runs, for the tables of the book. */
public final class Measured {
    private static final ThreadLocal<@Nullable Map<String, Double>> ERRORS = new ThreadLocal<>();

    private Measured() {}

    /** Something that may fail, such as a test. */
    public interface Body {
        /** Runs. */
        void run() throws Throwable;
    }

    /** Runs a body; the largest error of each kind of comparison within it. */
    public static Map<String, Double> during(Body body) {
        Map<String, Double> errors = new TreeMap<>();
        ERRORS.set(errors);
        try {
            body.run();
            return errors;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            ERRORS.remove();
        }
    }

    /** Notes what a comparison found. */
    public static void note(String kind, double error) {
        Map<String, Double> errors = ERRORS.get();
        if (errors != null) {
            errors.merge(kind, error, Math::max);
        }
    }

    /** Notes the error of a tensor, relative to its largest finite element or 1. */
    static void note(String kind, double[] got, double[] expected) {
        if (ERRORS.get() == null || got.length != expected.length) {
            return;
        }
        double largest = 1;
        double error = 0;
        for (int i = 0; i < got.length; i++) {
            if (Double.isFinite(expected[i])) {
                largest = Math.max(largest, Math.abs(expected[i]));
                error = Math.max(error, Math.abs(got[i] - expected[i]));
            }
        }
        note(kind, error / largest);
    }
}
