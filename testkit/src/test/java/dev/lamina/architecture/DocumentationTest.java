package dev.lamina.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages that a newcomer reads stay true. */
class DocumentationTest {
    private static final Pattern JAVA_FILE = Pattern.compile("\\b(\\w+)\\.java\\b");

    @Test
    void architecturePageNamesEveryPackage() throws IOException {
        String page = Files.readString(Sources.root().resolve("ARCHITECTURE.md"));
        List<String> missing = packages().filter(name -> !mentions(page, name)).toList();
        assertEquals(List.of(), missing, "packages that ARCHITECTURE.md does not mention");
    }

    @Test
    void architecturePageNamesFilesThatExist() throws IOException {
        List<String> names = Sources.javaFiles(Sources.root()).stream()
                .map(file -> file.getFileName().toString())
                .toList();
        Matcher matcher = JAVA_FILE.matcher(Files.readString(Sources.root().resolve("ARCHITECTURE.md")));
        List<String> gone = matcher.results()
                .map(result -> result.group(0))
                .filter(name -> !names.contains(name))
                .distinct()
                .toList();
        assertEquals(List.of(), gone, "files that ARCHITECTURE.md names and nobody finds");
    }

    @Test
    void everyPackageSaysWhatItIs() {
        List<String> missing = packageFolders()
                .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                .map(Sources::name)
                .toList();
        assertEquals(List.of(), missing, "packages without package-info.java");
    }

    /** A whole name: a longer package name does not count as a mention of its parent. */
    private static boolean mentions(String page, String name) {
        return Pattern.compile(name.replace(".", "[./]") + "(?![./]?\\w)")
                .matcher(page)
                .find();
    }

    private static Stream<String> packages() {
        return Sources.MODULES.stream()
                .flatMap(module -> Sources.javaFiles(Sources.main(module)).stream()
                        .filter(file -> !file.endsWith("module-info.java"))
                        .map(file -> Sources.main(module).relativize(file.getParent())))
                .map(folder -> folder.toString().replace(java.io.File.separatorChar, '.'))
                .distinct();
    }

    private static Stream<Path> packageFolders() {
        return Sources.MODULES.stream()
                .flatMap(module -> Sources.javaFiles(Sources.main(module)).stream())
                .filter(file -> !file.endsWith("module-info.java"))
                .map(Path::getParent)
                .distinct();
    }
}
