package dev.lamina.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A new JVM with a program of this module or of a peer, and what it prints. */
final class Child {
    private final List<String> command = new ArrayList<>();

    /** With the options of the {@code lamina} command but no archive; {@code classPath} as for java. */
    Child(String classPath, String main, String... words) {
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-Dslf4j.internal.verbosity=ERROR", "-Dlamina.threads=" + Main.threads()));
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(List.of(words));
    }

    /** Keeps loaded and linked classes in a file of its own, as the command's launcher does; made by a first run. */
    Child archived(String name) {
        Path archive = Main.root().resolve("bench/target").resolve(name + ".aot");
        List<String> cached = new ArrayList<>(command);
        command.add(1, "-XX:AOTCacheOutput=" + archive);
        lines();
        command.clear();
        command.addAll(cached);
        command.add(1, "-XX:AOTCache=" + archive);
        return this;
    }

    /** Starts it, waits for its end, and returns the numbers of its last line; fails when it fails. */
    double[] run() {
        return Stream.of(lines().getLast().split(" ", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private List<String> lines() {
        try {
            Path out = Files.createTempFile("lamina-bench", ".txt");
            try {
                int code = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start()
                        .waitFor();
                List<String> lines = Files.readAllLines(out);
                Check.that(code == 0 && !lines.isEmpty(), "a child failed: " + command + " printed " + lines);
                return lines;
            } finally {
                Files.delete(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The jars of Lamina alone: those beside this module's own. */
    static String ours() {
        return Main.root().resolve("bench/target/lib") + "/*";
    }
}
