package dev.lamina.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** What went wrong with a file, in the words of people. */
final class Reason {
    private Reason() {}

    /** For example "permission denied" or "no space left on device". */
    static String of(IOException error) {
        if (error instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (error instanceof NoSuchFileException) {
            return "no such file";
        }
        String text = error instanceof FileSystemException system ? system.getReason() : error.getMessage();
        boolean known = text != null && !text.isBlank();
        return known
                ? text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1)
                : error.getClass().getSimpleName();
    }
}
