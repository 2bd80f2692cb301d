package dev.lamina.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where a command writes. Text for people goes to the standard output; with {@code --json} it goes to the standard error, so
 * that the standard output holds nothing but the JSON object.
 */
final class Console {
    private final PrintStream out;
    private final PrintStream err;
    private final boolean standard;
    private boolean json;

    /** The reader of the output has gone: the program ends without a word, as others do in a pipe. */
    static final class ClosedPipe extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ClosedPipe() {
            super("the reader of the output has gone");
        }
    }

    private Console(PrintStream out, PrintStream err, boolean standard) {
        this.out = out;
        this.err = err;
        this.standard = standard;
    }

    /** The streams of the process. */
    static Console standard() {
        return new Console(System.out, System.err, true);
    }

    /** Any two streams, which are no terminals. */
    static Console of(PrintStream out, PrintStream err) {
        return new Console(out, err, false);
    }

    /** From now on the standard output is for {@link #result} only. */
    void reserveForJson() {
        json = true;
    }

    /** Text for people. */
    void print(String text) {
        PrintStream people = people();
        people.print(text);
        flush(people);
    }

    /** A line for people; numbers are written the same in every country. */
    @SuppressWarnings("AnnotateFormatMethod") // The annotation would be a library of its own.
    void line(String format, Object... values) {
        print(String.format(Locale.ROOT, format, values) + "\n");
    }

    /** The result of the command, one line; nothing without {@code --json}. */
    void result(JsonObject result) {
        if (json) {
            out.print(Json.line(result) + "\n");
            flush(out);
        }
    }

    /** A line that tells why the command failed. */
    void error(String message) {
        err.print(message.strip().replaceAll("\\s*\\R\\s*", " ") + "\n");
        err.flush();
    }

    /** Leaves the line that shows the progress of a training. */
    void leaveLine() {
        if (isLive()) {
            people().print("\n");
            people().flush();
        }
    }

    void stackTrace(Throwable error) {
        error.printStackTrace(err);
    }

    /** Ends the program when nobody reads its text any more. */
    void requireReader() {
        flush(people());
    }

    /** The stream for people. */
    PrintStream people() {
        return json ? err : out;
    }

    /** True when people look at the stream in a terminal, where a line can be written anew. */
    boolean isLive() {
        return standard && !"dumb".equals(System.getenv("TERM")) && isTerminal(json ? 2 : 1);
    }

    /** Java tells this for both standard streams together; the system's own table tells it for each. */
    @SuppressWarnings("SystemConsoleNull") // It does where the console of java.base is in use, the default of JDK 25.
    private static boolean isTerminal(int descriptor) {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        if (Files.isSymbolicLink(link)) {
            try {
                String target = Files.readSymbolicLink(link).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            } catch (IOException e) {
                return false;
            }
        }
        return System.console() != null && System.console().isTerminal();
    }

    private static void flush(PrintStream stream) {
        if (stream.checkError()) {
            throw new ClosedPipe();
        }
    }
}
