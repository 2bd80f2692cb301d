package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {

    @TempDir
    Path folder;

    @Test
    void readsTheRealFiles() throws Exception {
        Path mnist = Check.shared("data/mnist");
        Dataset train = Mnist.train(mnist);
        Dataset test = Mnist.test(mnist);
        assertEquals(60_000, train.size());
        assertEquals(10_000, test.size());
        assertEquals("[features f32 (784,), labels i64 ()]", train.fields().toString());
        assertArrayEquals(new long[] {5, 0, 4, 1, 9}, train.take(5).labels().toLongArray());
        assertArrayEquals(new long[] {7, 2, 1, 0, 4}, test.take(5).labels().toLongArray());
        // The image bytes have the published checksum behind the 16 bytes of the header.
        byte[] pixels =
                Idx.read(mnist.resolve("t10k-images-idx3-ubyte.gz")).segment().toArray(ValueLayout.JAVA_BYTE);
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(new byte[] {0, 0, 8, 3, 0, 0, 0x27, 0x10, 0, 0, 0, 28, 0, 0, 0, 28});
        assertEquals("2646ac647ad5339dbf082846283269ea", HexFormat.of().formatHex(md5.digest(pixels)));
        float[] image = new float[784];
        test.copy(3, 0, MemorySegment.ofArray(image), 0);
        for (int i = 0; i < image.length; i++) {
            assertEquals((pixels[3 * 784 + i] & 0xFF) / 255f, image[i]);
        }
        assertEquals(
                Shape.of(2, 28, 28, 1),
                test.take(2).reshape("features", 28, 28, 1).features().shape());
    }

    @Test
    void findsAllNames() throws IOException {
        byte[] images = images(3);
        byte[] labels = IdxTest.idx(0x08, new int[] {3}, 1, 2, 9);
        String[][] names = {
            {"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"},
            {"train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte"}
        };
        for (String[] pair : names) {
            Path own = Files.createDirectory(folder.resolve(pair[0]));
            Files.write(own.resolve(pair[0]), pair[0].endsWith(".gz") ? IdxTest.gzip(images) : images);
            Files.write(own.resolve(pair[1]), pair[1].endsWith(".gz") ? IdxTest.gzip(labels) : labels);
            Tensor read = Mnist.train(own).labels();
            assertArrayEquals(new long[] {1, 2, 9}, read.toLongArray());
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Check.error(() -> Mnist.train(folder.resolve("none")), "train-images-idx3-ubyte.gz", "no such folder");
        Check.error(() -> Mnist.train(folder), "train-images.idx3-ubyte", "an empty folder");
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), images(3));
        Check.error(() -> Mnist.test(folder), "t10k-labels-idx1-ubyte", "'t10k-images-idx3-ubyte'");
        Check.error(() -> Mnist.train(folder), "'t10k-images-idx3-ubyte'");
        Path labels = folder.resolve("t10k-labels-idx1-ubyte");
        Files.write(labels, IdxTest.idx(0x08, new int[] {2}, 1, 2));
        Check.error(() -> Mnist.test(folder), labels.toString(), "(3,)", "(2,)");
        Files.write(labels, IdxTest.idx(0x08, new int[] {3}, 1, 2, 10));
        Check.error(() -> Mnist.test(folder), labels.toString(), "got 10 in row 2");
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), IdxTest.idx(0x08, new int[] {3, 1, 1}, 1, 2, 3));
        Check.error(() -> Mnist.test(folder), "(N, 28, 28)", "(3, 1, 1)");
        assertTrue(Files.exists(labels));
    }

    private static byte[] images(int count) {
        return Arrays.copyOf(IdxTest.idx(0x08, new int[] {count, 28, 28}), 16 + count * 784);
    }
}
