package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damages good files at random places: changed bytes, swapped in numbers, cut and lengthened. Whatever comes, a reader
 * gives a value or a DataException of one line. jqwik prints the seed of a failure.
 */
class DamagedFilesTest {

    private static final int TRIES = 2000;
    private static Path folder = Path.of("");
    private static byte[] savedTensors = {};

    @BeforeContainer
    static void createFolder() throws IOException {
        folder = Files.createTempDirectory("lamina-damaged");
        Path good = folder.resolve("file");
        Safetensors.write(
                good,
                Map.of(
                        "a", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
                        "b", Tensor.of(new boolean[] {true, false}),
                        "c", Tensor.scalar(7L)),
                Map.of("note", "text"));
        savedTensors = Files.readAllBytes(good); // written once: each write waits for the disk
    }

    @AfterContainer
    static void deleteFolder() throws IOException {
        Files.deleteIfExists(folder.resolve("file"));
        Files.deleteIfExists(folder);
    }

    @Property(tries = TRIES)
    void idx(@ForAll long seed) throws IOException {
        check(IdxTest.idx(0x0C, new int[] {2, 3}, new int[24]), seed, Idx::read);
    }

    @Property(tries = TRIES)
    void packedIdx(@ForAll long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] inside = damage(IdxTest.idx(0x08, new int[] {4, 6}, new int[24]), random);
        check(IdxTest.gzip(inside), random.nextLong(), Idx::read);
    }

    @Property(tries = TRIES)
    void safetensors(@ForAll long seed) throws IOException {
        check(savedTensors, seed, file -> {
            Safetensors.header(file);
            Safetensors.read(file);
        });
    }

    @Property(tries = TRIES)
    void csv(@ForAll long seed) throws IOException {
        byte[] text = "a,\"b \"\"x\"\"\",c\n1,2,0\n-1e3,\"4\",1\n,NaN,2\n".getBytes(StandardCharsets.UTF_8);
        Csv.Options options = Csv.options().missing(Csv.Missing.NAN);
        check(text, seed, file -> Csv.dataset(file, options.label(-1)));
    }

    @Property(tries = TRIES)
    void packedCsv(@ForAll long seed) throws IOException {
        byte[] text = "a,b\n1,2\n3,4\n".repeat(20).getBytes(StandardCharsets.UTF_8);
        check(IdxTest.gzip(text), seed, Csv::read);
    }

    private static void check(byte[] good, long seed, Consumer<Path> reader) throws IOException {
        Path file = Files.write(folder.resolve("file"), damage(good, new SplittableRandom(seed)));
        try {
            reader.accept(file);
        } catch (DataException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        }
    }

    private static byte[] damage(byte[] good, SplittableRandom random) {
        byte[] bytes = good.clone();
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes[at] = (byte) "0123456789-{}[]\",:.eE\n".charAt(random.nextInt(22));
                default -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) (random.nextInt(3) - 1));
            }
        }
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(20));
            default -> bytes;
        };
    }
}
