package dev.lamina.data;

import dev.lamina.core.DataException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * The content of an input file, unpacked when it is gzip, and the wording of errors about it.
 *
 * @param stream the buffered content
 * @param mostBytes no more than this many bytes can come; known before anything is read
 * @param packed true when the file is gzip
 */
record Source(InputStream stream, long mostBytes, boolean packed) implements Closeable {

    private static final int BUFFER = 1 << 16;
    private static final int QUOTE_LIMIT = 60;
    /** Deflate makes at most 1032 bytes of one. */
    private static final long MOST_DEFLATE = 1032;

    /** Opens a file. Gzip is recognized by its first two bytes, whatever the name. */
    static Source open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        try {
            long size = Files.size(file);
            in.mark(2);
            boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
            in.reset();
            return gzip
                    ? new Source(
                            new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER), size * MOST_DEFLATE, true)
                    : new Source(in, size, false);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    /** The error for a file that could not be read; {@code what} is for example "an IDX file". */
    static DataException unreadable(Path file, String what, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new DataException(file + ": expected " + what + ", got no file; check the path", e);
        }
        return new DataException(
                file + ": expected " + what + ", got " + reason(e) + "; check that the file is complete and readable",
                e);
    }

    /** The class and the message of an error, on one line. */
    static String reason(Exception e) {
        // Some libraries add a second line with a link.
        String message =
                e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
        String name = e.getClass().getSimpleName();
        return message.isEmpty() ? name : name + " (" + printable(message) + ")";
    }

    /** Foreign text for a message: in quotes, on one line, not longer than a reader needs. */
    static String quote(String text) {
        String shown = text.length() <= QUOTE_LIMIT ? text : text.substring(0, QUOTE_LIMIT) + "...";
        return "'" + printable(shown) + "'";
    }

    private static String printable(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c)) {
                result.append(String.format("\\u%04x", c));
            } else {
                result.appendCodePoint(c);
            }
        });
        return result.toString();
    }
}
