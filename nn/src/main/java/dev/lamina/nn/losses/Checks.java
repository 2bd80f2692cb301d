package dev.lamina.nn.losses;

import dev.lamina.core.LaminaException;

/** Checks of options, with the messages that losses have in common. */
final class Checks {
    private Checks() {}

    static double share(String loss, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new LaminaException(loss + ": expected a share from 0 to 1, got " + share + "; 0.1 is usual");
        }
        return share;
    }

    static double notNegative(String loss, String option, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new LaminaException(
                    loss + ": expected a " + option + " of 0 or more, got " + value + "; 1 is a usual start");
        }
        return value;
    }

    static double cosine(String loss, double margin) {
        if (!(margin >= -1 && margin <= 1)) {
            throw new LaminaException(
                    loss + ": expected a margin from -1 to 1, got " + margin + "; 0 to 0.5 are usual");
        }
        return margin;
    }

    static double positive(String loss, String option, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new LaminaException(
                    loss + ": expected a " + option + " above 0, got " + value + "; 1 is a usual start");
        }
        return value;
    }
}
