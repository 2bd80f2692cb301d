package dev.lamina.testkit;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folders beside the sources: {@code shared/} with fixtures and data, and the root of the repository. */
public final class Shared {
    private Shared() {}

    /**
     * A file or folder below {@code shared/}, which is looked for from the working directory upward.
     *
     * @param relative for example {@code "golden/manifest.json"}
     * @return the path, which exists
     * @throws IllegalStateException when no folder above holds it
     */
    public static Path path(String relative) {
        return upward("shared/" + relative, "check out the repository beside the folder shared/");
    }

    /**
     * The root of the repository: the folder that holds {@code core/} and {@code testkit/}.
     *
     * @throws IllegalStateException when the working directory is not inside the repository
     */
    public static Path root() {
        Path testkit = upward("testkit/pom.xml", "run the tests inside the repository");
        return testkit.getParent().getParent();
    }

    private static Path upward(String relative, String fix) {
        Path start = Path.of(System.getProperty("user.dir")).toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            Path candidate = folder.resolve(relative);
            if (Files.exists(candidate)) {
                return candidate;
            }
        }
        throw new IllegalStateException(
                "testkit: expected " + relative + " in " + start + " or a folder above it, got none; " + fix);
    }
}
