package dev.lamina.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** The words behind a command, read as numbers and names with their limits checked. */
record Arguments(ParseResult parsed) {
    /** True when a flag is there. */
    boolean has(String option) {
        return parsed.hasMatchedOption(option);
    }

    /** The value of an option. */
    Optional<String> text(String option) {
        return Optional.ofNullable(parsed.matchedOptionValue(option, (String) null));
    }

    /** The word at a place; {@code what} says what it should be. */
    String required(int place, String what) {
        List<String> words = parsed.matchedPositionals().stream()
                .flatMap(positional -> positional.stringValues().stream())
                .toList();
        if (words.size() <= place) {
            throw new UsageException("expected " + what + ", got nothing");
        }
        return words.get(place);
    }

    /** The value of an option that must be there. */
    String required(String option, String what) {
        return text(option)
                .orElseThrow(() -> new UsageException("expected " + option + " with " + what + ", got nothing"));
    }

    /** A whole number between two others. */
    int integer(String option, int fallback, int least, int most) {
        Optional<String> text = text(option);
        if (text.isEmpty()) {
            return fallback;
        }
        long value = whole(option, text.get());
        if (value < least || value > most) {
            String range = most == Integer.MAX_VALUE ? "of " + least + " or more" : "from " + least + " to " + most;
            throw new UsageException(option + ": expected a whole number " + range + ", got " + text.get());
        }
        return (int) value;
    }

    /** Any whole number of 64 bits. */
    long whole(String option, long fallback) {
        return text(option).map(text -> whole(option, text)).orElse(fallback);
    }

    /** A finite number above 0. */
    double positive(String option, double fallback) {
        Optional<String> text = text(option);
        if (text.isEmpty()) {
            return fallback;
        }
        double value = text.get().matches("[-+]?[0-9.]+([eE][-+]?[0-9]+)?") ? parse(text.get()) : Double.NaN;
        if (!(value > 0) || !Double.isFinite(value)) {
            throw new UsageException(option + ": expected a finite number above 0, got '" + text.get() + "'");
        }
        return value;
    }

    private static long whole(String option, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(option + ": expected a whole number, got '" + text + "'");
        }
    }

    private static double parse(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
