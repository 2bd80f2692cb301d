package dev.lamina.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The tests whose errors are shown in the catalogue. */
final class CatalogueTests {
    private CatalogueTests() {}

    /** Test classes beside this one that compare with golden values. */
    static List<Object> golden() {
        Path folder = Shared.root().resolve("testkit/src/test/java/dev/lamina/testkit");
        try (Stream<Path> files = Files.list(folder)) {
            List<Object> tests = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                String text = Files.readString(file);
                boolean compares = text.contains("Golden.c") || name.startsWith("Golden");
                if (name.endsWith("Test.java") && compares && text.contains("@TestFactory")) {
                    Class<?> test = Class.forName("dev.lamina.testkit." + name.replace(".java", ""));
                    var constructor = test.getDeclaredConstructor();
                    constructor.setAccessible(true);
                    tests.add(constructor.newInstance());
                }
            }
            return tests;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All layers in the harness. */
    static Stream<LayerHarness> harnesses() {
        return LayerHarnessTest.harnesses();
    }

    /** Gradients of losses, named by their factory and after a blank the case. */
    static Stream<DynamicNode> losses() {
        return new BlockGradientTest().losses();
    }
}
