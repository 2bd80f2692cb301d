package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs the command within the test. */
final class Cli {
    private Cli() {}

    /** What came of it. */
    record Result(int code, String out, String err) {
        String text() {
            return "exit code " + code + "\nout: " + out + "\nerr: " + err;
        }

        /** The last line of the standard output. */
        JsonObject json() {
            assertEquals(0, code, text());
            return JsonParser.parseString(out.lines().toList().getLast()).getAsJsonObject();
        }
    }

    static Result run(Object... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = java.util.Arrays.stream(words).map(Object::toString).toArray(String[]::new);
        int code = Main.run(args, stream(out), stream(err));
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    /** One line on the standard error with all the parts, nothing on the standard output, no stack trace. */
    static void assertFails(Result result, int code, String... parts) {
        assertEquals(code, result.code, result.text());
        assertEquals("", result.out, result.text());
        assertEquals(1, result.err.lines().count(), result.text());
        assertTrue(result.err.startsWith("lamina"), result.text());
        assertFalse(result.err.contains("Exception") || result.err.contains("\tat "), result.text());
        for (String part : parts) {
            assertTrue(result.err.contains(part), () -> "expected '" + part + "' in: " + result.text());
        }
    }
}
