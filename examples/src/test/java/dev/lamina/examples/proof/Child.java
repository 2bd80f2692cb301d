package dev.lamina.examples.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.examples.Command;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Runs programs on the class path of these tests in JVMs of their own. */
final class Child {
    private Child() {}

    /** Runs a program; it must succeed. Returns its lines. */
    static List<String> lines(Class<?> program, List<String> options, String... arguments) throws Exception {
        Command.Result result = run(program, options, arguments);
        assertEquals(0, result.code(), result.text());
        return result.out().lines().toList();
    }

    /** Runs a program. */
    static Command.Result run(Class<?> program, List<String> options, String... arguments) throws Exception {
        List<String> words = List.of(
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), program.getName());
        return Command.java(options.toArray(String[]::new))
                .with(Stream.concat(words.stream(), Stream.of(arguments)).toArray(String[]::new))
                .run(Path.of("").toAbsolutePath());
    }
}
