package dev.lamina.data;

import dev.lamina.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the files in a tar archive (POSIX ustar, GNU and pax names), plain or packed with gzip, one after the other; nothing is
 * written to disk.
 */
public final class Tar {
    private static final String WHAT = "a tar archive";
    private static final int BLOCK = 512;
    private static final long MOST_BYTES = Integer.MAX_VALUE - BLOCK - 8;

    /** Takes the files of an archive. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Takes a file.
         *
         * @param name with folders, as it is in the archive
         * @param content the whole file
         */
        void file(String name, byte[] content);
    }

    private final InputStream in;
    private final Path file;
    private long left;

    private Tar(Source source, Path file) {
        in = source.stream();
        left = source.mostBytes();
        this.file = file;
    }

    /**
     * Gives each file of an archive to a visitor, in their order; folders and links are left out.
     *
     * @throws DataException if the archive cannot be read, is damaged or cut off
     */
    public static void read(Path file, Visitor visitor) {
        try (Source source = Source.open(file)) {
            new Tar(source, file).read(visitor);
        } catch (IOException e) {
            throw Source.unreadable(file, WHAT, e);
        }
    }

    private void read(Visitor visitor) throws IOException {
        String longName = "";
        for (byte[] header = block(); !isEmpty(header); header = block()) {
            requireChecksum(header);
            long size = number(header, 124, 12);
            switch (header[156]) {
                case 'L' -> longName = text(content(size), 0, (int) size);
                case 'x' -> longName = paxPath(new String(content(size), StandardCharsets.UTF_8), longName);
                case '0', 0 -> {
                    visitor.file(longName.isEmpty() ? name(header) : longName, content(size));
                    longName = "";
                }
                default -> {
                    content(size);
                    longName = "";
                }
            }
        }
    }

    private byte[] block() throws IOException {
        byte[] block = in.readNBytes(BLOCK);
        if (block.length < BLOCK) {
            throw damaged("an empty block at the end", block.length + " bytes");
        }
        left -= BLOCK;
        return block;
    }

    private byte[] content(long size) throws IOException {
        if (size > Math.min(left, MOST_BYTES)) {
            throw damaged(
                    "at most " + Math.max(0, Math.min(left, MOST_BYTES)) + " bytes in a file", String.valueOf(size));
        }
        byte[] content = in.readNBytes((int) size);
        long padding = -size & (BLOCK - 1);
        if (content.length < size || in.readNBytes((int) padding).length < padding) {
            throw damaged(size + " bytes in a file", String.valueOf(content.length));
        }
        left -= size + padding;
        return content;
    }

    private static boolean isEmpty(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** The sum of the bytes of the header, with spaces in place of the sum itself. */
    private void requireChecksum(byte[] header) {
        long sum = 8 * ' ';
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? 0 : header[i] & 0xff;
        }
        if (sum != number(header, 148, 8)) {
            throw damaged("a header with the sum " + sum, String.valueOf(number(header, 148, 8)));
        }
    }

    /** Octal digits; or, as GNU tar writes large ones, a binary number. */
    private long number(byte[] header, int from, int length) {
        long value = 0;
        if (header[from] < 0) {
            for (int i = from + 4; i < from + length; i++) {
                value = (value << 8) | (header[i] & 0xff);
            }
            return value < 0 ? Long.MAX_VALUE : value;
        }
        String digits = text(header, from, length).strip();
        try {
            return digits.isEmpty() ? 0 : Long.parseUnsignedLong(digits, 8);
        } catch (NumberFormatException e) {
            throw new DataException(
                    file + ": expected " + WHAT + " with octal numbers in its headers, got " + Source.quote(digits)
                            + "; the file is damaged or of another kind, copy or download it again",
                    e);
        }
    }

    private static String name(byte[] header) {
        String name = text(header, 0, 100);
        String folder = text(header, 257, 5).equals("ustar") ? text(header, 345, 155) : "";
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    /** Up to the first zero byte. */
    private static String text(byte[] bytes, int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0) {
            end++;
        }
        return new String(Arrays.copyOfRange(bytes, from, end), StandardCharsets.UTF_8);
    }

    /** Records of pax are lines "length key=value". */
    private static String paxPath(String records, String otherwise) {
        return records.lines()
                .filter(line -> line.contains(" path="))
                .map(line -> line.substring(line.indexOf(" path=") + 6))
                .findFirst()
                .orElse(otherwise);
    }

    private DataException damaged(String expected, String got) {
        return new DataException(file + ": expected " + WHAT + " with " + expected + ", got " + got
                + "; the file is damaged or of another kind, copy or download it again");
    }
}
