package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that a test runs and waits for. */
public record Command(List<String> words, Map<String, String> environment) {
    private static final long MINUTES = 3;

    /** What came back. */
    public record Result(int code, String out, String err) {
        /** All of it, for messages. */
        public String text() {
            return "exit code " + code + "\n" + out + "\n" + err;
        }
    }

    /** A program and its arguments. */
    public static Command of(String... words) {
        return new Command(List.of(words), Map.of());
    }

    /** The JVM that runs this test, with a small heap: two of these may run at a time. */
    public static Command java(String... words) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return of(Stream.concat(Stream.of(java, "-Xmx1g"), Stream.of(words)).toArray(String[]::new));
    }

    /** The same with further arguments. */
    public Command with(String... more) {
        return new Command(Stream.concat(words.stream(), Stream.of(more)).toList(), environment);
    }

    /** Sets a variable of the environment; an empty value removes it. */
    public Command environment(String name, String value) {
        Map<String, String> all = new java.util.TreeMap<>(environment);
        all.put(name, value);
        return new Command(words, Map.copyOf(all));
    }

    /** Runs in a folder; both streams go to files, so that none of them can block. */
    public Result run(Path folder) throws IOException, InterruptedException {
        Path out = Files.createTempFile("lamina", ".out");
        Path err = Files.createTempFile("lamina", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(folder.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            environment.forEach((name, value) -> {
                if (value.isEmpty()) {
                    builder.environment().remove(name);
                } else {
                    builder.environment().put(name, value);
                }
            });
            Process process = builder.start();
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new IOException("no end after " + MINUTES + " minutes: " + words);
            }
            return new Result(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** The folder of the root pom. */
    public static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isRegularFile(folder.resolve(".mvn/find-jdk.sh"))) {
            folder = folder.getParent();
            assertTrue(folder != null, "expected a source tree of Lamina above the working folder");
        }
        return folder;
    }

    /** Where the build lays out the runtime jars. */
    public static Path library() {
        Path library = root().resolve("cli/target/lamina/lib");
        assertTrue(
                Files.isDirectory(library), () -> "expected " + library + ": ./mvnw verify makes it before this test");
        return library;
    }
}
