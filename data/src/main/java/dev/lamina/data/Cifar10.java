package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads CIFAR-10 images from a folder with files of its binary version, plain or packed with gzip: records of one label byte and 3,072
 * bytes, the red, the green and the blue plane of 32x32.
 *
 * <p>Features are F32 of shape (32, 32, 3), channels last, 0 to 1: x / 255. They stay bytes in memory and become floats when a batch is
 * copied. Labels are I64 of shape (), 0 to 9.
 */
public final class Cifar10 {
    /** The number of classes. */
    public static final int CLASSES = 10;

    private static final int SIDE = 32;
    private static final int PLANE = SIDE * SIDE;
    private static final int COLORS = 3;
    private static final int RECORD = 1 + COLORS * PLANE;

    private Cifar10() {}

    /**
     * The training examples (50,000 in the original).
     *
     * @param folder holds data_batch_1.bin to data_batch_5.bin, also as {@code .gz}
     * @return the dataset
     * @throws DataException if a file is missing or damaged
     */
    public static Dataset train(Path folder) {
        return read(
                folder,
                IntStream.rangeClosed(1, 5)
                        .mapToObj(i -> "data_batch_" + i + ".bin")
                        .toList());
    }

    /**
     * The test examples (10,000 in the original).
     *
     * @param folder holds test_batch.bin, also as {@code .gz}
     * @return the dataset
     * @throws DataException if the file is missing or damaged
     */
    public static Dataset test(Path folder) {
        return read(folder, List.of("test_batch.bin"));
    }

    private static Dataset read(Path folder, List<String> names) {
        List<Path> files = new ArrayList<>();
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (String name : names) {
            Path file = Files.exists(folder.resolve(name)) ? folder.resolve(name) : folder.resolve(name + ".gz");
            files.add(file);
            records.writeBytes(bytes(file));
        }
        byte[] all = records.toByteArray();
        int count = all.length / RECORD;
        byte[] pixels = new byte[count * COLORS * PLANE];
        long[] labels = new long[count];
        for (int i = 0; i < count; i++) {
            labels[i] = all[i * RECORD] & 0xFF;
            if (labels[i] >= CLASSES) {
                throw new DataException(files + ": expected labels from 0 to " + (CLASSES - 1) + ", got " + labels[i]
                        + " in record " + i + "; the files are damaged or of another kind, copy them again");
            }
            for (int color = 0; color < COLORS; color++) {
                int plane = i * RECORD + 1 + color * PLANE;
                for (int p = 0; p < PLANE; p++) {
                    pixels[(i * PLANE + p) * COLORS + color] = all[plane + p];
                }
            }
        }
        Tensor images = Tensor.of(ByteBuffer.wrap(pixels), DType.U8, Shape.of(count, SIDE, SIDE, COLORS));
        return Dataset.of(images, Tensor.of(labels, count)).scale(Dataset.FEATURES, 255);
    }

    /** The whole records of a file. */
    private static byte[] bytes(Path file) {
        try (Source source = Source.open(file)) {
            byte[] bytes = source.stream().readAllBytes();
            if (bytes.length == 0 || bytes.length % RECORD != 0) {
                throw new DataException(file + ": expected records of " + RECORD + " bytes, got " + bytes.length
                        + " bytes; the file is damaged or of another kind, copy it again");
            }
            return bytes;
        } catch (IOException e) {
            throw Source.unreadable(file, "a CIFAR-10 file of the binary version", e);
        }
    }
}
