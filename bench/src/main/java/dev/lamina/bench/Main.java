package dev.lamina.bench;

import dev.lamina.core.backend.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Prints one JSON line per row: {@code Main [ROW...]}, all rows without arguments. Each row and number of threads has a JVM of
 * its own, so that no row depends on what ran before. A row ends with an error, not with a figure, when it computes wrong values.
 */
public final class Main {
    private static final String ONE = "--one";

    private Main() {}

    /** Runs the rows whose names are given or begin with what is given. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 3 && args[0].equals(ONE)) {
            Row row = Row.named(args[1]);
            System.out.println(Sampler.line(
                    row.name(), Integer.parseInt(args[2]), row.work().get()));
            // Threads of peers may still wait for work.
            System.exit(0);
        }
        if (args.length == 1 && args[0].equals("--list")) {
            Row.ALL.forEach(row -> System.out.println(row.name() + ": " + row.about() + ", threads " + row.threads()));
            return;
        }
        List<Row> rows = Row.ALL.stream().filter(row -> isWanted(row, args)).toList();
        if (rows.isEmpty()) {
            System.err.println(
                    "bench: expected names of rows, got " + Arrays.toString(args) + "; see bench/run --list");
            System.exit(2);
        }
        boolean failed = false;
        for (Row row : rows) {
            for (int threads : row.threads()) {
                failed |= child(row, threads) != 0;
            }
        }
        System.exit(failed ? 1 : 0);
    }

    private static boolean isWanted(Row row, String[] names) {
        return names.length == 0 || Arrays.stream(names).anyMatch(row.name()::startsWith);
    }

    private static int child(Row row, int threads) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(options());
        words.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dlamina.backend=" + row.backend(),
                "-Dlamina.threads=" + threads,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                ONE,
                row.name(),
                Integer.toString(threads)));
        return new ProcessBuilder(words).inheritIO().start().waitFor();
    }

    private static Stream<String> words(String variable) {
        return Stream.of(System.getenv().getOrDefault(variable, "").split(" ")).filter(word -> !word.isEmpty());
    }

    private static List<String> options() {
        return Stream.concat(Stream.of("-Dlamina.root=" + root()), words("LAMINA_JAVA_OPTS"))
                .toList();
    }

    /** The folder of the source tree. */
    static Path root() {
        return Path.of(System.getProperty("lamina.root", "")).toAbsolutePath();
    }

    /** Number of threads of this row. */
    static int threads() {
        return Integer.getInteger("lamina.threads", 1);
    }

    /** Runs something on another backend. */
    static void on(String backend, Runnable body) {
        String before = Backends.current().name();
        Backends.use(backend);
        try {
            body.run();
        } finally {
            Backends.use(before);
        }
    }
}
