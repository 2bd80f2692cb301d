package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the MNIST digits from a folder with the four original IDX files, plain or packed with gzip.
 *
 * <p>Features are F32 of shape (784), row by row from the top, 0 (paper) to 1 (ink): x / 255. They stay bytes in memory
 * and become floats when a batch is copied. Labels are I64 of shape (), 0 to 9. Data of the same form, such as
 * Fashion-MNIST, works as well. {@code reshape("features", 28, 28, 1)} gives images.
 */
public final class Mnist {

    /** The number of classes. */
    public static final int CLASSES = 10;

    private static final int SIDE = 28;

    private Mnist() {}

    /**
     * The training examples (60,000 in the original).
     *
     * @param folder holds train-images-idx3-ubyte and train-labels-idx1-ubyte, also as {@code .gz}, also with a dot
     *     before {@code idx}
     * @return the dataset
     * @throws DataException if a file is missing or damaged, or images and labels do not fit each other
     */
    public static Dataset train(Path folder) {
        return read(folder, "train");
    }

    /**
     * The test examples (10,000 in the original).
     *
     * @param folder holds t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, also as {@code .gz}, also with a dot
     *     before {@code idx}
     * @return the dataset
     * @throws DataException if a file is missing or damaged, or images and labels do not fit each other
     */
    public static Dataset test(Path folder) {
        return read(folder, "t10k");
    }

    private static Dataset read(Path folder, String part) {
        Path imageFile = find(folder, part + "-images", "idx3-ubyte");
        Path labelFile = find(folder, part + "-labels", "idx1-ubyte");
        Tensor images = Idx.read(imageFile);
        Tensor labels = Idx.read(labelFile);
        Shape shape = images.shape();
        if (images.dtype() != DType.U8 || shape.rank() != 3 || shape.dim(1) != SIDE || shape.dim(2) != SIDE) {
            throw new DataException(imageFile + ": expected u8 images of shape (N, 28, 28), got " + images.dtype() + " "
                    + shape + "; use the MNIST image file, or Idx.read for other data");
        }
        if (labels.dtype() != DType.U8
                || labels.shape().rank() != 1
                || labels.shape().dim(0) != shape.dim(0)) {
            throw new DataException(
                    labelFile + ": expected u8 labels of shape (" + shape.dim(0) + ",) for the images in "
                            + imageFile.getFileName() + ", got " + labels.dtype() + " " + labels.shape()
                            + "; use the label file that belongs to the images");
        }
        byte[] bytes = labels.toByteArray();
        long[] classes = new long[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            classes[i] = bytes[i] & 0xFF;
            if (classes[i] >= CLASSES) {
                throw new DataException(
                        labelFile + ": expected labels from 0 to " + (CLASSES - 1) + ", got " + classes[i] + " in row "
                                + i + "; the file is damaged or of another kind, copy or download it again");
            }
        }
        return Dataset.of(images, Tensor.of(classes, classes.length))
                .scale(Dataset.FEATURES, 255)
                .reshape(Dataset.FEATURES, SIDE * SIDE);
    }

    private static Path find(Path folder, String stem, String ending) {
        List<String> names = List.of(
                stem + "-" + ending, stem + "-" + ending + ".gz", stem + "." + ending, stem + "." + ending + ".gz");
        for (String name : names) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        throw new DataException(folder + ": expected a folder with one of " + String.join(", ", names) + ", got "
                + listing(folder) + "; give the folder that holds the four MNIST files");
    }

    private static String listing(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Files.exists(folder) ? "a file" : "no such folder";
        }
        try (Stream<Path> entries = Files.list(folder)) {
            List<String> names = entries.map(entry -> entry.getFileName().toString())
                    .sorted()
                    .toList();
            return names.isEmpty() ? "an empty folder" : Source.quote(String.join(", ", names));
        } catch (IOException e) {
            return Source.reason(e);
        }
    }
}
