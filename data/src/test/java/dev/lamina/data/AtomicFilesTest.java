package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

    private static final int KILLS = 5;
    private static final int SAVED = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void writesAndReplaces() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.write(file, "one");
        assertEquals("one", Files.readString(file));
        AtomicFiles.write(file, "zwei \u4e8c");
        assertEquals("zwei \u4e8c", Files.readString(file));
        assertEquals(List.of("a.txt"), names(folder));
    }

    @Test
    void followsALinkAndKeepsIt() throws IOException {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"));
        Path file = Files.writeString(folder.resolve("real.txt"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), file);
        AtomicFiles.write(link, "new");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(file));
    }

    @Test
    void othersMayReadTheFileAsTheSystemSays() throws IOException {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"));
        Path plain = Files.writeString(folder.resolve("plain.txt"), "x");
        Path ours = folder.resolve("ours.txt");
        AtomicFiles.write(ours, "x");
        assertEquals(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(plain)),
                PosixFilePermissions.toString(Files.getPosixFilePermissions(ours)));
    }

    @Test
    void aWriterThatFailsLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("a.bin");
        AtomicFiles.write(file, "old");
        Check.error(
                () -> AtomicFiles.write(file, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("No space left on device");
                }),
                file.toString(),
                "No space left on device",
                "unchanged");
        assertThrows(
                IllegalStateException.class,
                () -> AtomicFiles.write(file, out -> {
                    out.write(1);
                    throw new IllegalStateException("bug in the writer");
                }));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a.bin"), names(folder));
    }

    @Test
    void aBrokenDeviceLeavesTheOldFile() throws IOException {
        Path device = Path.of("/dev/full");
        assumeTrue(Files.exists(device), "no /dev/full here");
        Path file = folder.resolve("a.bin");
        AtomicFiles.write(file, "old");
        Check.error(
                () -> AtomicFiles.write(file, out -> {
                    try (OutputStream full = Files.newOutputStream(device)) {
                        full.write(1);
                    }
                }),
                "No space left on device");
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a.bin"), names(folder));
    }

    @Test
    void aFullDiskLeavesTheOldFile() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()) == 0,
                "only root may mount; the tests above use a writer and a device that fail");
        try {
            Path file = disk.resolve("model.safetensors");
            Map<String, Tensor> small = Map.of("w", Tensor.of(new float[1000], 1000));
            Safetensors.write(file, small, Map.of("version", "old"));
            Map<String, Tensor> large = Map.of("w", Tensor.of(new float[1 << 20], 1 << 20));
            Check.error(
                    () -> Safetensors.write(file, large, Map.of("version", "new")),
                    file.toString(),
                    "No space left on device",
                    "unchanged");
            assertEquals("old", Safetensors.read(file).metadata().get("version"));
            assertEquals(List.of("model.safetensors"), names(disk));
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void saysWhatIsWrongWithTheTarget() {
        Check.error(() -> AtomicFiles.write(folder, "x"), "got a folder");
        Check.error(() -> AtomicFiles.write(folder.resolve("none/a.txt"), "x"), "create it first");
    }

    /** Kills a JVM that saves all the time; whatever is there afterwards is one whole save. */
    @Test
    @Timeout(120)
    void aKilledProcessLeavesAWholeFile() throws Exception {
        Path file = folder.resolve("model.safetensors");
        int saves = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SaveLoop.class.getName(),
                            file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("child.log").toFile())
                    .start();
            for (int wait = 0; !Files.exists(file) && child.isAlive() && wait < 6000; wait++) {
                Thread.sleep(10);
            }
            Thread.sleep(300 + 37L * kill); // another moment of the save each time
            assertTrue(child.isAlive(), () -> "the child ended: " + read(folder.resolve("child.log")));
            child.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
            Safetensors saved = Safetensors.read(file);
            float[] values = saved.tensor("w").toFloatArray();
            float[] expected = new float[SAVED];
            java.util.Arrays.fill(expected, Float.parseFloat(saved.metadata().get("save")));
            assertArrayEquals(expected, values);
            saves += (int) expected[0];
            for (String name : names(folder)) {
                assertTrue(
                        List.of("model.safetensors", "child.log").contains(name) || name.matches("\\..*\\.tmp"), name);
            }
        }
        assertTrue(saves > 0, "no child came to its second save");
    }

    /** The child: saves the numbers 0, 1, 2, ... to one file until it is killed. */
    static final class SaveLoop {
        private SaveLoop() {}

        public static void main(String[] args) {
            for (int save = 0; ; save++) {
                float[] values = new float[SAVED];
                java.util.Arrays.fill(values, save);
                Safetensors.write(
                        Path.of(args[0]), Map.of("w", Tensor.of(values, SAVED)), Map.of("save", String.valueOf(save)));
            }
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new DataException(e.toString());
        }
    }
}
