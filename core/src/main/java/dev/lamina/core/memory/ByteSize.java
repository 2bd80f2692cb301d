package dev.lamina.core.memory;

import dev.lamina.core.LaminaException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write and read them. One KB is 1024 bytes. */
public final class ByteSize {

    private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,18})\\s*([kmgt]?)b?", Pattern.CASE_INSENSITIVE);

    private ByteSize() {}

    /**
     * Writes a size with at most one decimal, for example {@code "1.5 GB"}, {@code "200 MB"} or {@code "12 bytes"}.
     *
     * @param bytes the size
     * @return the text
     */
    public static String text(long bytes) {
        double value = bytes;
        int unit = 0;
        // 1023.95 would be written as "1024.0", so it takes the next unit.
        while (Math.abs(value) >= (unit == 0 ? 1024 : 1023.95)) {
            value /= 1024;
            unit++;
        }
        double tenths = Math.round(value * 10) / 10.0;
        String number = tenths == Math.rint(tenths) ? Long.toString((long) tenths) : Double.toString(tenths);
        return number + " " + UNITS[unit];
    }

    /**
     * Reads a size such as {@code "1048576"}, {@code "800m"}, {@code "2g"} or {@code "2GB"}.
     *
     * @param where the option or file that holds the text; it starts the error message
     * @param text the size
     * @return the number of bytes, at least 1
     * @throws LaminaException if the text is not a size, or is zero, or is too large for a long
     */
    public static long parse(String where, String text) {
        Matcher matcher = WRITTEN.matcher(text.strip());
        if (matcher.matches()) {
            int shift = 10 * ("kmgt".indexOf(matcher.group(2).toLowerCase(Locale.ROOT)) + 1);
            int power = matcher.group(2).isEmpty() ? 0 : shift;
            long number = Long.parseLong(matcher.group(1));
            if (number > 0 && number <= Long.MAX_VALUE >> power) {
                return number << power;
            }
        }
        throw new LaminaException(where + ": expected a size such as 1048576, 800m or 2g, got '" + text
                + "'; write a whole number of bytes, or add k, m, g or t");
    }
}
