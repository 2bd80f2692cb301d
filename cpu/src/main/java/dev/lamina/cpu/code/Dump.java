package dev.lamina.cpu.code;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code -Dlamina.dump=DIR}: writes each kernel's code and its listing to files. */
final class Dump {
    private static final String FOLDER = System.getProperty("lamina.dump", "").strip();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Dump() {}

    static boolean isWanted() {
        return !FOLDER.isEmpty();
    }

    static void write(String name, long address, byte[] code, String listing) {
        String file = String.format(Locale.ROOT, "%05d-%s", NUMBER.getAndIncrement(), fileName(name));
        try {
            Path folder = Files.createDirectories(Path.of(FOLDER));
            Files.write(folder.resolve(file + ".bin"), code);
            String title = String.format(Locale.ROOT, "# %s, %d bytes at %x%n", name, code.length, address);
            Files.writeString(folder.resolve(file + ".txt"), title + listing);
        } catch (IOException e) {
            throw new UncheckedIOException("-Dlamina.dump: cannot write to '" + FOLDER + "'", e);
        }
    }

    private static String fileName(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(name.length(), 80); i++) {
            char c = name.charAt(i);
            text.append((Character.isLetterOrDigit(c) && c < 128) || c == '-' || c == '.' ? c : '_');
        }
        return text.toString();
    }
}
