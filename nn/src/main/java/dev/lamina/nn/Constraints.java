package dev.lamina.nn;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Ready constraints. A norm is that of the incoming weights of one output: over all axes but the last one, over the whole of a
 * vector.
 */
public final class Constraints {
    /** Keras' guard against a division by 0. */
    private static final double EPSILON = 1e-7;

    private Constraints() {}

    /** Scales the incoming weights of an output down to this norm when theirs is larger (Srivastava and others 2014). */
    public static Constraint maxNorm(double limit) {
        if (!(limit > 0)) {
            throw new LaminaException("maxNorm: expected a norm above 0, got " + limit + "; 2 to 4 are usual");
        }
        return new Standard(Kind.MAX_NORM, limit);
    }

    /** Scales the incoming weights of each output to norm 1. */
    public static Constraint unitNorm() {
        return new Standard(Kind.UNIT_NORM, 1);
    }

    /** max(w, 0). */
    public static Constraint nonNegative() {
        return new Standard(Kind.NON_NEGATIVE, 0);
    }

    private enum Kind {
        MAX_NORM,
        UNIT_NORM,
        NON_NEGATIVE
    }

    private record Standard(Kind kind, double limit) implements Constraint {
        @Override
        public Tensor of(Tensor w) {
            return switch (kind) {
                case MAX_NORM -> {
                    Tensor norm = norm(w);
                    yield w.mul(norm.clampMax(limit).div(norm.add(EPSILON)));
                }
                case UNIT_NORM -> w.div(norm(w).add(EPSILON));
                case NON_NEGATIVE -> w.relu();
            };
        }

        private static Tensor norm(Tensor w) {
            int[] axes = IntStream.range(0, Math.max(1, w.rank() - 1))
                    .limit(w.rank())
                    .toArray();
            return w.rank() == 0 ? w.abs() : w.square().sumKeep(axes).sqrt();
        }

        @Override
        public String toString() {
            return kind.name().toLowerCase(Locale.ROOT) + "(" + limit + ")";
        }
    }

    /** The text of a ready constraint, or an empty text for others. */
    static String text(Constraint constraint) {
        return constraint instanceof Standard standard ? standard.toString() : "";
    }

    /** The constraint of a text. */
    static Constraint parse(String text) {
        try {
            int open = text.indexOf('(');
            Kind kind = Kind.valueOf(text.substring(0, open).toUpperCase(Locale.ROOT));
            return new Standard(kind, Double.parseDouble(text.substring(open + 1, text.length() - 1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new DataException(
                    "constraint: expected a text such as 'max_norm(2.0)', got '" + text + "'; repair the file", e);
        }
    }
}
