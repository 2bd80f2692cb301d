package dev.lamina.cpu.plain;

import java.util.Arrays;

/** The steps that repeat the elements of a register for a higher level. */
final class Spreads {
    private Spreads() {}

    /** d = x, repeated. */
    static Step step(Register x, Register d, boolean columns) {
        if (x.level == Level.SCALAR) {
            return switch (d.kind) {
                case FLOAT -> w -> Arrays.fill(d.floats(w), 0, w.count(d.level), x.floats(w)[0]);
                case DOUBLE -> w -> Arrays.fill(d.doubles(w), 0, w.count(d.level), x.doubles(w)[0]);
                case INT -> w -> Arrays.fill(d.ints(w), 0, w.count(d.level), x.ints(w)[0]);
                case LONG -> w -> Arrays.fill(d.longs(w), 0, w.count(d.level), x.longs(w)[0]);
            };
        }
        return columns ? across(x, d) : along(x, d);
    }

    /** Neighbours belong to different rows. */
    private static Step across(Register x, Register d) {
        return w -> {
            Object from = x.array(w);
            Object to = d.array(w);
            for (int c = 0; c < w.length; c++) {
                System.arraycopy(from, 0, to, c * w.rows, w.rows);
            }
        };
    }

    /** Neighbours belong to one row. */
    private static Step along(Register x, Register d) {
        return switch (d.kind) {
            case FLOAT ->
                w -> {
                    for (int k = 0; k < w.rows; k++) {
                        Arrays.fill(d.floats(w), k * w.length, (k + 1) * w.length, x.floats(w)[k]);
                    }
                };
            case DOUBLE ->
                w -> {
                    for (int k = 0; k < w.rows; k++) {
                        Arrays.fill(d.doubles(w), k * w.length, (k + 1) * w.length, x.doubles(w)[k]);
                    }
                };
            case INT ->
                w -> {
                    for (int k = 0; k < w.rows; k++) {
                        Arrays.fill(d.ints(w), k * w.length, (k + 1) * w.length, x.ints(w)[k]);
                    }
                };
            case LONG ->
                w -> {
                    for (int k = 0; k < w.rows; k++) {
                        Arrays.fill(d.longs(w), k * w.length, (k + 1) * w.length, x.longs(w)[k]);
                    }
                };
        };
    }
}
