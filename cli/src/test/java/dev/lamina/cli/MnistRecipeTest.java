package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipe of MNIST on a few made-up images: a bright bar whose place is the class. */
class MnistRecipeTest {
    private static final int PIXELS = 28 * 28;

    @TempDir
    private Path folder;

    @BeforeEach
    void writesImages() throws IOException {
        write("train", 300);
        write("t10k", 40);
    }

    private void write(String part, int count) throws IOException {
        SplittableRandom random = new SplittableRandom(count);
        ByteBuffer images = ByteBuffer.allocate(16 + count * PIXELS)
                .putInt(0x803)
                .putInt(count)
                .putInt(28)
                .putInt(28);
        ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                boolean bar = pixel / 56 == i % 10;
                images.put((byte) (bar ? 255 - random.nextInt(50) : random.nextInt(50)));
            }
            labels.put((byte) (i % 10));
        }
        Files.write(folder.resolve(part + "-images-idx3-ubyte"), images.array());
        Files.write(folder.resolve(part + "-labels-idx1-ubyte"), labels.array());
    }

    private Cli.Result train(Path data) {
        return Cli.run("train", "mnist", "--data", data, "--epochs", "2", "--batch", "50", "--json", "--out", out());
    }

    private Path out() {
        return folder.resolve("run");
    }

    @Test
    void trainsAndRemembersWhereTheDataWere() {
        JsonObject json = train(folder).json();
        assertTrue(json.get("test_accuracy").getAsDouble() > 0.95, json.toString());
        assertEquals(
                784 * 512 + 512 + 512 * 256 + 256 + 2570, json.get("parameters").getAsInt());
        JsonObject again = Cli.run("evaluate", out(), "--json").json();
        assertEquals(json.get("test_accuracy"), again.get("test_accuracy"));
        assertEquals(json.get("test_loss"), again.get("test_loss"));
        assertEquals(
                again.get("confusion"),
                Cli.run("evaluate", out(), "--data", folder, "--json").json().get("confusion"));
    }

    @Test
    void wrongDataAreRefused() throws IOException {
        Cli.assertFails(train(folder.resolve("nowhere")), 1, "nowhere: expected a folder with", "got no such folder");
        Path images = folder.resolve("train-images-idx3-ubyte");
        byte[] whole = Files.readAllBytes(images);
        Files.write(images, java.util.Arrays.copyOf(whole, whole.length - 1));
        Cli.assertFails(train(folder), 1, "train-images-idx3-ubyte: expected");
        Files.write(images, whole);
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        byte[] numbers = Files.readAllBytes(labels);
        numbers[8 + 17] = 10;
        Files.write(labels, numbers);
        Cli.assertFails(train(folder), 1, "expected labels from 0 to 9, got 10 in row 17");
        assertTrue(Files.notExists(out()));
    }
}
