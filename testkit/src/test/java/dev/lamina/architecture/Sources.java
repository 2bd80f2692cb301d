package dev.lamina.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the source tree and its files; the tests run in a module's folder. */
final class Sources {
    /** The modules that are published, in the order in which data meets them. */
    static final List<String> MODULES = List.of("core", "cpu", "data", "nn", "testkit", "cli");

    private Sources() {}

    /** The folder of the root pom. */
    static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve(".mvn/find-jdk.sh"))) {
                return folder;
            }
        }
        throw new IllegalStateException("expected a source tree of Lamina above the working folder, found none");
    }

    static Path main(String module) {
        return root().resolve(module).resolve("src/main/java");
    }

    /** All Java files below a folder, sorted; none when there is no such folder. */
    static List<Path> javaFiles(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file's name as a reader would click it. */
    static String name(Path file) {
        return root().relativize(file).toString();
    }

    /** Where the classes of the module of {@code type} came from: a jar or a folder. */
    static Path classes(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }
}
