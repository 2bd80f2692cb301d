package dev.lamina.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code ./lamina train digits}, from the start of the process to its end. */
final class DigitsProcess implements Work {
    private static final Pattern ACCURACY = Pattern.compile("\"test_accuracy\":([0-9.]+)");
    private static final double LEAST = 0.97;

    @Override
    public void run() {
        try {
            Path folder = Files.createTempDirectory("lamina-bench");
            try {
                train(folder);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void train(Path folder) throws IOException, InterruptedException {
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process = new ProcessBuilder(
                        Main.root().resolve("lamina").toString(),
                        "train",
                        "digits",
                        "--json",
                        "--threads",
                        Integer.toString(Main.threads()),
                        "--out",
                        folder.resolve("run").toString())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        int code = process.waitFor();
        List<String> lines = Files.readAllLines(out);
        Matcher matcher = ACCURACY.matcher(lines.isEmpty() ? "" : lines.getLast());
        boolean learned = code == 0 && matcher.find() && Double.parseDouble(matcher.group(1)) >= LEAST;
        Check.that(
                learned,
                "digits: expected a test accuracy of at least " + LEAST + ", got " + lines + Files.readAllLines(err));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public Unit unit() {
        return Unit.cost("s", 1);
    }

    /** The first run also builds the command when it is not there. */
    @Override
    public void check() {
        run();
    }

    @Override
    public double warmUp() {
        return 0;
    }

    @Override
    public int samples() {
        return 5;
    }
}
