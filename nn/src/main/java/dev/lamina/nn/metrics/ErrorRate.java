package dev.lamina.nn.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Word or character error rate: the least number of substitutions, insertions and deletions that turn what was recognized into the
 * reference (Levenshtein 1966), divided by the length of the reference, both added up over all texts.
 */
public final class ErrorRate {
    private final Function<String, List<?>> split;
    private long errors;
    private long length;

    private ErrorRate(Function<String, List<?>> split) {
        this.split = split;
    }

    /** Counts words, which white space separates. */
    public static ErrorRate words() {
        return new ErrorRate(
                text -> text.isBlank() ? List.of() : Arrays.asList(text.strip().split("\\s+", -1)));
    }

    /** Counts characters (code points). */
    public static ErrorRate characters() {
        return new ErrorRate(text -> text.codePoints().boxed().toList());
    }

    /** Takes a recognized text and the right one. */
    public ErrorRate add(String recognized, String reference) {
        return add(split.apply(recognized), split.apply(reference));
    }

    /** Takes recognized and right tokens, for example labels. */
    public ErrorRate add(List<?> recognized, List<?> reference) {
        errors += distance(recognized, reference);
        length += reference.size();
        return this;
    }

    private static int distance(List<?> a, List<?> b) {
        int[] before = new int[b.size() + 1];
        Arrays.setAll(before, j -> j);
        for (int i = 1; i <= a.size(); i++) {
            int[] now = new int[b.size() + 1];
            now[0] = i;
            for (int j = 1; j <= b.size(); j++) {
                int replaced = before[j - 1] + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
                now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
            }
            before = now;
        }
        return before[b.size()];
    }

    /** Errors divided by the length of the references; 0 is best, more than 1 is possible; NaN without references. */
    public double value() {
        return (double) errors / length;
    }
}
