package dev.lamina.data;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/**
 * The 1,797 handwritten digits of 8x8 pixels that come with this module.
 *
 * <p>Features are F32 of shape (64), row by row from the top, 0 (paper) to 1 (ink): the original values 0 to 16 divided
 * by 16. Labels are I64 of shape (), 0 to 9. The source is the test part of "Optical Recognition of Handwritten Digits"
 * (E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, CC BY 4.0), as packaged by scikit-learn; the file
 * {@code digits-attribution.txt} beside the resource says more.
 */
public final class Digits {

    /** The number of examples. */
    public static final int SIZE = 1797;

    /** The number of classes. */
    public static final int CLASSES = 10;

    /** The seed of the split into {@link #train()} and {@link #test()}. It does not change. */
    public static final long SPLIT_SEED = 1797;

    private static final String RESOURCE = "digits.bin.gz";
    private static final int PIXELS = 64;
    private static final float INK = 16f;

    private Digits() {}

    /** Loads once, on first use. */
    private static final class Loaded {
        static final Dataset ALL = load();
        static final Dataset.Split SPLIT = ALL.stratifiedSplit(0.8, SPLIT_SEED);
    }

    /** The 1,438 examples to learn from: 80 % of each class. */
    public static Dataset train() {
        return Loaded.SPLIT.train();
    }

    /** The 359 examples to measure with: 20 % of each class. */
    public static Dataset test() {
        return Loaded.SPLIT.test();
    }

    /** All 1,797 examples in the order of the source. */
    public static Dataset all() {
        return Loaded.ALL;
    }

    /** The resource is, for each digit, 64 bytes of pixels and one byte of label. */
    private static Dataset load() {
        try (InputStream packed = Digits.class.getResourceAsStream(RESOURCE)) {
            if (packed == null) {
                throw new DataException("digits: expected the resource " + RESOURCE
                        + ", got none; the jar is incomplete, build it again");
            }
            byte[] bytes = new GZIPInputStream(packed).readAllBytes();
            if (bytes.length != SIZE * (PIXELS + 1)) {
                throw new DataException("digits: expected " + SIZE * (PIXELS + 1) + " bytes, got " + bytes.length
                        + "; the jar is damaged, build it again");
            }
            float[] features = new float[SIZE * PIXELS];
            long[] labels = new long[SIZE];
            for (int i = 0; i < SIZE; i++) {
                for (int pixel = 0; pixel < PIXELS; pixel++) {
                    features[i * PIXELS + pixel] = bytes[i * (PIXELS + 1) + pixel] / INK;
                }
                labels[i] = bytes[i * (PIXELS + 1) + PIXELS];
            }
            return Dataset.of(Tensor.of(features, SIZE, PIXELS), Tensor.of(labels, SIZE));
        } catch (IOException e) {
            throw new DataException(
                    "digits: expected a readable resource, got " + Source.reason(e)
                            + "; the jar is damaged, build it again",
                    e);
        }
    }
}
