package dev.lamina.nn.optimizers;

import dev.lamina.core.LaminaException;

/** What options of rules must be. */
final class Checks {
    private Checks() {}

    /** A share of the past, such as a momentum: at 1 nothing would fade. */
    static double share(String rule, String option, double value, double usual) {
        if (!(value >= 0 && value < 1)) {
            throw refused(rule, option, "from 0 to below 1", value, usual);
        }
        return value;
    }

    static double positive(String rule, String option, double value, double usual) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw refused(rule, option, "above 0", value, usual);
        }
        return value;
    }

    static double notNegative(String rule, String option, double value, double usual) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw refused(rule, option, "of 0 or more", value, usual);
        }
        return value;
    }

    private static LaminaException refused(String rule, String option, String range, double value, double usual) {
        return new LaminaException(
                rule + ": expected " + option + " " + range + ", got " + value + "; " + usual + " is usual");
    }
}
