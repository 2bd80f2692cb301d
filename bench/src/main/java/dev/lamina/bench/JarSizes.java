package dev.lamina.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The bytes of all jars that the {@code lamina} command needs at run time. */
final class JarSizes implements Work {
    private final Path folder = Main.root().resolve("cli/target/lamina/lib");

    /** Builds the command when it is not there. */
    @Override
    public void run() {
        try {
            Process process = new ProcessBuilder(Main.root().resolve("lamina").toString(), "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Check.that(process.waitFor() == 0, "lamina --version failed");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Unit unit() {
        return Unit.cost("MB", 1e-6);
    }

    @Override
    public double sample(int runs) {
        try (Stream<Path> files = Files.list(folder)) {
            long bytes = 0;
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".jar")).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void check() {
        run();
        Check.that(sample(1) > 0, "no jars in " + folder);
    }

    @Override
    public double warmUp() {
        return 0;
    }

    @Override
    public int samples() {
        return 1;
    }
}
