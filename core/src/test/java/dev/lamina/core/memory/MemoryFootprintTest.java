package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The resident memory of the process stays flat. A JVM of its own, so that other tests and a growing heap do not count. */
class MemoryFootprintTest {

    private static final long MB = 1 << 20;

    @Test
    @EnabledOnOs(OS.LINUX) // reads /proc/self/status
    void aMillionSmallBuffersLeaveTheProcessFlat() throws IOException, InterruptedException {
        check("small");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void largeBuffersOfChangingSizeLeaveTheProcessFlat() throws IOException, InterruptedException {
        check("large");
    }

    private static void check(String load) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms128m",
                        "-Xmx128m",
                        "-XX:+AlwaysPreTouch",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dlamina.memory=64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemoryFootprintTest.class.getName(),
                        load))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        long growth = Long.parseLong(output.strip());
        assertTrue(growth <= 20 * MB, "resident memory grew by " + ByteSize.text(growth));
    }

    /** Prints how many bytes the resident memory grew after the first rounds. */
    public static void main(String[] load) throws IOException {
        long warm = 0;
        for (int round = 0; round < 12; round++) {
            if (load[0].equals("small")) {
                small();
            } else {
                large();
            }
            warm = round < 6 ? Math.max(warm, resident()) : warm;
        }
        System.out.println(resident() - warm);
    }

    private static void small() {
        for (int i = 0; i < 1_000_000; i++) {
            Memory.shared().allocate(4, "scalar").segment().set(ValueLayout.JAVA_INT, 0, i);
        }
    }

    private static void large() {
        for (int i = 0; i < 300; i++) {
            long bytes = (i * 37L % 299 + 1) * 33_000;
            Memory.shared().allocate(bytes, "batch").segment().set(ValueLayout.JAVA_INT, 0, i);
        }
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("no VmRSS line");
    }
}
