package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.function.Executable;

/** What many tests here need: the folder shared/, and the form of an error. */
final class Check {

    private Check() {}

    /** A path below shared/, which is looked for from the working directory upward. */
    static Path shared(String relative) {
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            Path candidate = up.resolve("shared").resolve(relative);
            if (Files.exists(candidate)) {
                return candidate;
            }
        }
        throw new IllegalStateException("expected shared/" + relative + " above the working directory, got none");
    }

    /** Asserts a DataException of one line that holds all the parts, says expected and got, and how to go on. */
    static void error(Executable code, String... parts) {
        DataException e = assertThrows(DataException.class, code);
        String message = e.getMessage();
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.matches(".*: expected .*, got .*; .*"), message);
        for (String part : parts) {
            assertTrue(message.contains(part), "expected '" + part + "' in: " + message);
        }
    }
}
