package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
    @TempDir
    Path folder;

    @Test
    void readsTheSubset() {
        Path subset = Check.shared("data/cifar-10-subset");
        Dataset test = Cifar10.test(subset);
        assertEquals(2000, test.size());
        assertEquals(10_000, Cifar10.train(subset).size());
        assertEquals("[features f32 (32, 32, 3), labels i64 ()]", test.fields().toString());
        int[] counts = new int[Cifar10.CLASSES];
        for (long label : test.take(2000).labels().toLongArray()) {
            counts[(int) label]++;
        }
        for (int count : counts) {
            assertEquals(200, count);
        }
    }

    @Test
    void planesBecomeChannels() throws IOException {
        byte[] record = new byte[3073];
        record[0] = 7;
        record[1 + 33] = (byte) 255;
        record[1 + 1024] = 51;
        record[1 + 2048 + 1023] = 102;
        Files.write(folder.resolve("test_batch.bin"), record);
        Dataset one = Cifar10.test(folder);
        Tensor image = one.take(1).features();
        assertEquals(7, one.take(1).labels().toLongArray()[0]);
        assertArrayEquals(new double[] {1, 0, 0}, pixel(image, 1, 1), 1e-6);
        assertArrayEquals(new double[] {0, 0.2, 0}, pixel(image, 0, 0), 1e-6);
        assertArrayEquals(new double[] {0, 0, 0.4}, pixel(image, 31, 31), 1e-6);
    }

    private static double[] pixel(Tensor image, int row, int column) {
        return image.narrow(1, row, 1).narrow(2, column, 1).toDoubleArray();
    }

    @Test
    void refusesWhatIsNoCifar() throws IOException {
        assertTrue(assertThrows(DataException.class, () -> Cifar10.test(folder))
                .getMessage()
                .contains("got no file"));
        Files.write(folder.resolve("test_batch.bin"), new byte[3072]);
        assertTrue(assertThrows(DataException.class, () -> Cifar10.test(folder))
                .getMessage()
                .contains("got 3072 bytes"));
        byte[] record = new byte[3073];
        record[0] = 10;
        Files.write(folder.resolve("test_batch.bin"), record);
        assertTrue(assertThrows(DataException.class, () -> Cifar10.test(folder))
                .getMessage()
                .contains("got 10 in record 0"));
    }
}
