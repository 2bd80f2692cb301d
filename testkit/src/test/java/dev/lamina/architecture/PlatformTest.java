package dev.lamina.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Tensor;
import dev.lamina.cpu.CpuBackend;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** core and cpu stand on the JDK alone: no dependency, no native file, no preview or incubator feature. */
class PlatformTest {
    private static final Path CORE = Sources.classes(Tensor.class);
    private static final Path CPU = Sources.classes(CpuBackend.class);

    @Test
    void coreNeedsTheJdkOnly() {
        // `requires static`: java.desktop for BufferedImage, where the caller has one; jdk.jfr for the profiler's
        // events.
        assertEquals(Set.of("java.base", "java.desktop", "jdk.jfr"), needs("dev.lamina.core", "java.desktop"));
    }

    @Test
    void cpuNeedsTheJdkAndCoreOnly() {
        assertEquals(Set.of("java.base", "dev.lamina.core"), needs("dev.lamina.cpu", "dev.lamina.core"));
    }

    @Test
    void noJdkInternals() {
        for (String module : List.of("dev.lamina.core", "dev.lamina.cpu")) {
            assertEquals("", jdeps("--jdk-internals", "-m", module).strip(), module);
        }
    }

    @Test
    void noPreviewFeature() throws IOException {
        for (Path place : List.of(CORE, CPU)) {
            assertEquals(List.of(), files(place, stream -> stream.filter(PlatformTest::isPreview)), place.toString());
        }
    }

    @Test
    void noNativeFile() throws IOException {
        for (Path place : List.of(CORE, CPU)) {
            List<String> found = files(
                    place,
                    stream ->
                            stream.filter(file -> file.toString().matches(".*\\.(so|dll|dylib|jnilib|a|o)(\\.\\d+)*")));
            assertEquals(List.of(), found, place.toString());
        }
    }

    /** The modules that the byte code of {@code module} uses, and {@code optional}; JSpecify is for the compiler. */
    private static Set<String> needs(String module, String optional) {
        Set<String> found = new TreeSet<>(Set.of(optional));
        for (String line : jdeps("--add-modules", "java.desktop,jdk.jfr", "-summary", "-m", module)
                .lines()
                .toList()) {
            if (line.startsWith(module + " -> ")) {
                found.add(line.substring((module + " -> ").length()));
            }
        }
        found.remove("org.jspecify");
        return found;
    }

    private static String jdeps(String... arguments) {
        String path = Stream.of(CORE, CPU, Sources.classes(NullMarked.class))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        String[] all = Stream.concat(
                        Stream.of("--module-path", path, "--add-modules", "org.jspecify"), Stream.of(arguments))
                .toArray(String[]::new);
        int code = ToolProvider.findFirst("jdeps").orElseThrow().run(writer, writer, all);
        writer.flush();
        assertEquals(0, code, out.toString());
        return out.toString();
    }

    /** The minor version of a class that uses a preview feature is 65535. */
    private static boolean isPreview(Path file) {
        if (!file.toString().endsWith(".class")) {
            return false;
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
            assertTrue(in.readInt() == 0xCAFEBABE, file::toString);
            return in.readUnsignedShort() == 0xFFFF;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The names of the chosen files of a jar or a folder. */
    private static List<String> files(Path place, Function<Stream<Path>, Stream<Path>> choice) throws IOException {
        if (Files.isDirectory(place)) {
            try (Stream<Path> all = Files.walk(place)) {
                return choice.apply(all).map(Path::toString).toList();
            }
        }
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place.toUri()), java.util.Map.of());
                Stream<Path> all = Files.walk(jar.getPath("/"))) {
            return choice.apply(all).map(Path::toString).toList();
        }
    }
}
