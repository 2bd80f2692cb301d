package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users get: small jars without native files that run as modules and from a plain class path. */
class RuntimeJarsTest {
    private static final long LIMIT = 8_000_000;

    @Test
    void jarsAreSmall() throws IOException {
        long bytes = 0;
        for (Path jar : jars()) {
            bytes += Files.size(jar);
        }
        assertTrue(bytes < LIMIT, "expected jars of less than " + LIMIT + " bytes, got " + bytes);
    }

    @Test
    void jarsHoldNoNativeFile() throws IOException {
        for (Path jar : jars()) {
            try (JarFile file = new JarFile(jar.toFile())) {
                List<String> found = file.stream()
                        .map(entry -> entry.getName())
                        .filter(name -> name.matches(".*\\.(so|dll|dylib|jnilib|a|o|exe|jar)(\\.\\d+)*"))
                        .toList();
                assertEquals(List.of(), found, jar.toString());
            }
        }
    }

    @Test
    void mainJobRunsFromThePlainClassPath(@TempDir Path folder) throws Exception {
        String path = String.join(
                java.io.File.pathSeparator, jars().stream().map(Path::toString).toList());
        trains(folder, Command.java("--enable-native-access=ALL-UNNAMED", "-cp", path, "dev.lamina.cli.Main"));
    }

    @Test
    void mainJobRunsAsModules(@TempDir Path folder) throws Exception {
        trains(
                folder,
                Command.java(
                        "--enable-native-access=dev.lamina.core,dev.lamina.cpu",
                        "-p",
                        Command.library().toString(),
                        "--add-modules",
                        "dev.lamina.cpu",
                        "-m",
                        "dev.lamina.cli/dev.lamina.cli.Main"));
    }

    @Test
    void mainJobRunsAsOneJar(@TempDir Path folder) throws Exception {
        Path jar = jars().stream()
                .filter(file -> file.getFileName().toString().startsWith("lamina-cli-"))
                .findFirst()
                .orElseThrow();
        trains(folder, Command.java("-jar", jar.toString()));
    }

    private static void trains(Path folder, Command command) throws Exception {
        Path out = folder.resolve("a run");
        Command.Result result = command.with("train", "digits", "--epochs", "1", "--json", "--out", out.toString())
                .run(folder);
        assertEquals(0, result.code(), result.text());
        String last = result.out().lines().toList().getLast();
        assertTrue(last.startsWith("{") && last.contains("\"backend\":\"cpu"), result.text());
        assertTrue(Files.size(out.resolve("model.safetensors")) > 0, "no weights in " + out);
    }

    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(Command.library())) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
            assertTrue(
                    jars.size() > 4,
                    "expected the runtime jars in " + Command.library() + ": ./mvnw verify makes them");
            return jars;
        }
    }
}
