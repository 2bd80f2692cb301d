package dev.lamina.examples.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.examples.Command;
import java.io.File;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stranger's small project compiles without a warning and runs with the finished jars, as a module and without modules. */
class StrangerTest {
    private static final String PROGRAM = """
            package stranger;

            import static dev.lamina.nn.FitOptions.epochs;
            import static dev.lamina.nn.Layers.dense;
            import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
            import static dev.lamina.nn.Metrics.accuracy;
            import static dev.lamina.nn.Optimizers.adam;

            import dev.lamina.core.Tensor;
            import dev.lamina.core.backend.Backends;
            import dev.lamina.data.Digits;
            import dev.lamina.nn.Sequential;

            public final class Hello {
                private Hello() {}

                public static void main(String[] args) {
                    var model = Sequential.of(dense(64).relu(), dense(10));
                    model.compile(adam(1e-2), sparseCategoricalCrossentropy(), accuracy());
                    model.fit(Digits.train(), epochs(5).batchSize(64));
                    Tensor best = model.predict(Digits.test().features()).argmax(1);
                    double right = best.eq(Digits.test().labels()).toF32().mean().item();
                    System.out.println(Backends.current().name() + " " + (right > 0.9));
                }
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void asAModule() throws Exception {
        Path module = Files.writeString(
                Files.createDirectories(folder.resolve("src")).resolve("module-info.java"),
                "/** A stranger. */\nmodule stranger {\n    requires dev.lamina.nn;\n}\n");
        String path = path(jars());
        compile(List.of("--module-path", path), module, program());
        runs(Command.java("--enable-native-access=dev.lamina.core,dev.lamina.cpu")
                .with("-p", path + File.pathSeparator + classes(), "-m", "stranger/stranger.Hello"));
    }

    @Test
    void onTheClassPath() throws Exception {
        String path = path(jars());
        compile(List.of("-cp", path), program());
        runs(Command.java("--enable-native-access=ALL-UNNAMED")
                .with("-cp", path + File.pathSeparator + classes(), "stranger.Hello"));
    }

    /** What a project gets that depends on lamina-nn and lamina-cpu: no command, no parser of a command line. */
    private static List<Path> jars() throws Exception {
        try (Stream<Path> files = Files.list(Command.library())) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .filter(file -> !file.getFileName().toString().matches("(lamina-cli|picocli)-.*"))
                    .sorted()
                    .toList();
        }
    }

    private static String path(List<Path> jars) {
        return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private Path classes() {
        return folder.resolve("classes");
    }

    private Path program() throws Exception {
        return Files.writeString(
                Files.createDirectories(folder.resolve("src/stranger")).resolve("Hello.java"), PROGRAM);
    }

    private void compile(List<String> places, Path... sources) throws Exception {
        List<String> options =
                new ArrayList<>(List.of("-Xlint:all", "-Werror", "-d", classes().toString()));
        options.addAll(places);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(messages, files, null, options, null, files.getJavaFileObjects(sources))
                    .call();
            assertTrue(compiled, messages::toString);
        }
    }

    private void runs(Command command) throws Exception {
        Command.Result result = command.run(folder);
        assertEquals(0, result.code(), result.text());
        assertEquals("cpu true", result.out().strip(), result.text());
        assertEquals("", result.err(), "nothing on standard error");
    }
}
