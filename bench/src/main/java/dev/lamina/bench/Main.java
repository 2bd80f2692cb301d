package dev.lamina.bench;

import dev.lamina.core.backend.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Prints one JSON line per row: {@code Main [--threads N] [ROW...]}, all rows without arguments. Each row and number of threads
 * has a JVM of its own, so that no row depends on what ran before. A row ends with an error, not with a figure, when it computes
 * wrong values.
 */
public final class Main {
    private static final String ONE = "--one";
    private static final String LIST = "--list";
    private static final String THREADS = "--threads";

    /** Where bench/run puts the library that Smile asks the system for. */
    private static final String OPENBLAS = "bench/peers/target/native/org/bytedeco/openblas/linux-x86_64";

    private Main() {}

    /** Runs the rows whose names are given or begin with what is given. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(args));
        if (words.size() == 2 && words.getFirst().equals(ONE)) {
            Row row = Row.named(words.get(1));
            try (Ending _ = new Ending()) {
                System.out.println(
                        Sampler.line(row.name(), threads(), row.work().get()));
            }
            // Threads of peers may still wait for work.
            System.exit(0);
        }
        if (words.equals(List.of(LIST))) {
            Row.ALL.forEach(row -> System.out.println(text(row)));
            return;
        }
        String only = "";
        if (words.size() > 1 && words.getFirst().equals(THREADS)) {
            only = words.get(1);
            words.subList(0, 2).clear();
        }
        System.exit(run(wanted(words), only) ? 0 : 1);
    }

    /** All rows without names; else those with these names, and where there is none, those that begin so. */
    private static List<Row> wanted(List<String> names) {
        if (names.isEmpty()) {
            return Row.ALL;
        }
        List<Row> rows = new ArrayList<>();
        for (String name : names) {
            List<Row> found =
                    Row.ALL.stream().filter(row -> row.name().equals(name)).toList();
            if (found.isEmpty()) {
                found = Row.ALL.stream()
                        .filter(row -> row.name().startsWith(name))
                        .toList();
            }
            if (found.isEmpty()) {
                System.err.println("bench: expected names of rows, got " + name + "; see bench/run " + LIST);
                System.exit(2);
            }
            rows.addAll(found);
        }
        return rows;
    }

    private static boolean run(List<Row> rows, String onlyThreads) throws IOException, InterruptedException {
        boolean good = true;
        for (Row row : rows) {
            for (int threads : row.threads()) {
                if (onlyThreads.isEmpty() || onlyThreads.equals(Integer.toString(threads))) {
                    good &= child(row, threads) == 0;
                }
            }
        }
        return good;
    }

    private static String text(Row row) {
        String peer = row.peer().isEmpty() ? "" : ", against " + row.peer();
        return row.name() + ": " + row.about() + peer + ", threads " + row.threads();
    }

    private static int child(Row row, int threads) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(options());
        words.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dlamina.backend=" + row.backend(),
                "-Dlamina.threads=" + threads,
                // LibTorch calls MKL in place of OpenBLAS, whose threads would fight with its own.
                "-Dorg.bytedeco.openblas.load=mkl",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                ONE,
                row.name()));
        ProcessBuilder process = new ProcessBuilder(words).inheritIO();
        Map<String, String> environment = process.environment();
        for (String variable : List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")) {
            environment.put(variable, Integer.toString(threads));
        }
        environment.put("MKL_THREADING_LAYER", "GNU");
        if (row.peer().equals(Row.SMILE)) {
            environment.put("LD_LIBRARY_PATH", root().resolve(OPENBLAS).toString());
        }
        return process.start().waitFor();
    }

    private static List<String> options() {
        String more = Objects.requireNonNullElse(System.getenv("LAMINA_JAVA_OPTS"), "");
        return Stream.concat(
                        Stream.of("-Dlamina.root=" + root()),
                        Stream.of(more.split(" ")).filter(word -> !word.isEmpty()))
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
