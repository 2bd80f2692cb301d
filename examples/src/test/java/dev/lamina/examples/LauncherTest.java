package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The scripts find a JDK 25 by themselves and run from anywhere. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {
    @TempDir
    private Path folder;

    @Test
    void launcherRunsThroughLinksAndFoldersWithSpaces() throws Exception {
        Path there = Files.createDirectory(folder.resolve("a folder"));
        Path tree = Files.createSymbolicLink(there.resolve("the tree"), Command.root());
        Path link = Files.createSymbolicLink(folder.resolve("my lamina"), Path.of("a folder/the tree/lamina"));
        assertEquals(0, help(tree.resolve("lamina")).code());
        Command.Result result = help(link);
        assertEquals(0, result.code(), result.text());
        assertTrue(result.out().contains("train"), result.text());
    }

    @Test
    void exitCodeIsTheProgramsOwn() throws Exception {
        Command.Result result =
                Command.of(Command.root().resolve("lamina").toString(), "trian").run(folder);
        assertEquals(2, result.code(), result.text());
        assertTrue(result.err().contains("train"), result.text());
    }

    /** A tree of its own, whose build takes the jars of this one and leaves a mark. */
    @Test
    void twoFirstUsesAtATimeBuildOnceAndMakeOneCache() throws Exception {
        Path tree = Files.createDirectory(folder.resolve("a tree"));
        Files.createDirectory(tree.resolve(".mvn"));
        for (String file : new String[] {"lamina", ".mvn/find-jdk.sh"}) {
            Files.copy(Command.root().resolve(file), tree.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Path mvnw = Files.writeString(
                tree.resolve("mvnw"),
                "#!/bin/sh\necho built >>builds\nsleep 1\nmkdir -p cli/target/lamina\ncp -R '" + Command.library()
                        + "' cli/target/lamina/lib\n");
        assertTrue(mvnw.toFile().setExecutable(true));
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Command.Result> one = threads.submit(() -> help(tree.resolve("lamina")));
            Future<Command.Result> two = threads.submit(() -> help(tree.resolve("lamina")));
            for (Command.Result result : List.of(one.get(), two.get())) {
                assertEquals(0, result.code(), result.text());
                assertTrue(result.out().contains("train"), result.text());
            }
        }
        assertEquals(List.of("built"), Files.readAllLines(tree.resolve("builds")));
        assertTrue(Files.size(tree.resolve("cli/target/lamina/lamina.aot")) > 1 << 20, "the AOT cache");
        try (Stream<Path> left = Files.list(tree.resolve("cli/target/lamina"))) {
            assertEquals(
                    List.of("lamina.aot", "lib"),
                    left.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertFalse(Files.exists(tree.resolve("cli/target/lamina.lock")));
    }

    @Test
    void olderJavaHomeIsPassedOver() throws Exception {
        Path old = jdk("17.0.15");
        Command.Result result = findJdk("lamina_find_jdk && echo \"$JAVA_HOME\"", old.toString());
        assertEquals(0, result.code(), result.text());
        assertTrue(!result.out().strip().equals(old.toString()), result.text());
    }

    @Test
    void fittingJavaHomeIsTaken() throws Exception {
        Path home = jdk("31.0.1");
        Command.Result result = findJdk("lamina_find_jdk && echo \"$JAVA_HOME\"", home.toString());
        assertEquals(home.toString(), result.out().strip(), result.text());
    }

    @Test
    void withoutAJdkOneSentenceSaysWhatToInstall() throws Exception {
        Command.Result result = findJdk("LAMINA_JDK=9999; lamina_find_jdk", "");
        assertEquals(1, result.code(), result.text());
        assertEquals(1, result.err().lines().count(), result.text());
        assertTrue(result.err().contains("install one"), result.text());
    }

    private Command.Result help(Path lamina) throws IOException, InterruptedException {
        return Command.of(lamina.toString(), "--help")
                .environment("JAVA_HOME", "")
                .run(folder);
    }

    private Command.Result findJdk(String script, String javaHome) throws IOException, InterruptedException {
        String source = ". '" + Command.root().resolve(".mvn/find-jdk.sh") + "'; ";
        return Command.of("sh", "-c", source + script)
                .environment("JAVA_HOME", javaHome)
                .run(folder);
    }

    /** A folder that looks like a JDK. */
    private Path jdk(String version) throws IOException {
        Path home = folder.resolve("a jdk " + version);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        for (String tool : new String[] {"java", "javac"}) {
            Path file = Files.createFile(home.resolve("bin").resolve(tool));
            assertTrue(file.toFile().setExecutable(true));
        }
        return home;
    }
}
