package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What README.md shows is compiled and run. */
class ReadmeTest {
    private static final Path SOURCE = Path.of("examples/src/main/java/dev/lamina/examples/ReadmeExample.java");

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "README.zh-CN.md"})
    void showsTheProgramAsItIs(String page) throws IOException {
        String source = Files.readString(Command.root().resolve(SOURCE));
        int begin = source.indexOf('\n', source.indexOf("// README: begin")) + 1;
        String lines = source.substring(begin, source.indexOf("// README: end"));
        String body = lines.stripTrailing().stripIndent() + "\n";
        String text = Files.readString(Command.root().resolve(page));
        assertTrue(text.contains("```java\n" + body + "```\n"), page + " differs from " + SOURCE + ":\n" + body);
        assertTrue(body.lines().count() <= 10, "ten lines");
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "README.zh-CN.md"})
    void linksLeadSomewhere(String page) throws IOException {
        Matcher link = Pattern.compile("]\\(([^)#:]+)\\)")
                .matcher(Files.readString(Command.root().resolve(page)));
        List<String> gone = link.results()
                .map(result -> result.group(1))
                .filter(target -> Files.notExists(Command.root().resolve(target)))
                .toList();
        assertEquals(List.of(), gone, page);
    }

    @Test
    void programRuns(@TempDir Path folder) throws Exception {
        Command.Result result = Command.java(
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.lamina.examples.ReadmeExample")
                .run(folder);
        assertEquals(0, result.code(), result.text());
        Matcher accuracy =
                Pattern.compile("(?m)^loss \\S+  accuracy (0\\.\\d+)$").matcher(result.out());
        assertTrue(accuracy.find() && Double.parseDouble(accuracy.group(1)) > 0.95, result.text());
        assertTrue(Files.size(folder.resolve("digits.safetensors")) > 10_000);
    }
}
