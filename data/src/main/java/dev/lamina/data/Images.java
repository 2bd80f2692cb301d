package dev.lamina.data;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads image files (PNG, JPEG, GIF, BMP) as tensors of a wanted size.
 *
 * <p>Values are F32 from 0 (black) to 1 (white). What is transparent shows a white background. Shrinking averages over
 * the area of each new pixel, enlarging interpolates between the centres of the old ones. The sides are scaled
 * independently.
 *
 * <p>Shapes: H height, W width, 3 = red, green, blue.
 */
public final class Images {

    private static final String WHAT = "an image file (PNG, JPEG, GIF or BMP)";
    private static final long MOST_PIXELS = 50_000_000;

    private Images() {}

    /**
     * Reads an image as grey values. Colours become 0.299 red + 0.587 green + 0.114 blue.
     *
     * @param file the image
     * @param height H, 1 or more
     * @param width W, 1 or more
     * @return (H, W)
     * @throws DataException if the file cannot be read or the size is not positive
     */
    public static Tensor gray(Path file, int height, int width) {
        return Tensor.of(resized(file, height, width, 1), height, width);
    }

    /**
     * Reads an image in colour.
     *
     * @param file the image
     * @param height H, 1 or more
     * @param width W, 1 or more
     * @return (H, W, 3)
     * @throws DataException if the file cannot be read or the size is not positive
     */
    public static Tensor rgb(Path file, int height, int width) {
        return Tensor.of(resized(file, height, width, 3), height, width, 3);
    }

    private static float[] resized(Path file, int height, int width, int channels) {
        if (height < 1 || width < 1 || (long) height * width > MOST_PIXELS) {
            throw new DataException(file + ": expected a height and width of 1 or more and at most " + MOST_PIXELS
                    + " pixels, got " + height + " x " + width + "; choose another size");
        }
        BufferedImage image = decode(file);
        float[] pixels = channels == 1 ? grayPixels(image) : rgbPixels(image);
        int rowSize = image.getWidth() * channels;
        float[] lower = Resample.axis(pixels, 1, image.getHeight(), rowSize, height);
        return Resample.axis(lower, height, image.getWidth(), channels, width);
    }

    private static BufferedImage decode(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new DataException(file + ": expected " + WHAT + ", got "
                    + (Files.exists(file) ? "a folder or device" : "no file") + "; check the path");
        }
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers =
                    in == null ? java.util.Collections.emptyIterator() : ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new DataException(file + ": expected " + WHAT + ", got other content; convert it to PNG");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MOST_PIXELS) {
                    throw new DataException(file + ": expected at most " + MOST_PIXELS + " pixels, got "
                            + reader.getWidth(0) + " x " + reader.getHeight(0) + "; make the image smaller");
                }
                return reader.read(0);
            } finally {
                reader.dispose();
            }
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw Source.unreadable(file, WHAT, e);
        } catch (RuntimeException e) {
            // The JDK's decoders throw many kinds of these for damaged files.
            throw new DataException(
                    file + ": expected " + WHAT + ", got a damaged one, " + Source.reason(e) + "; save it again", e);
        }
    }

    private static float[] grayPixels(BufferedImage image) {
        if (isGray(image)) {
            return samples(image);
        }
        float[] rgb = rgbPixels(image);
        float[] gray = new float[rgb.length / 3];
        for (int i = 0; i < gray.length; i++) {
            gray[i] = 0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2];
        }
        return gray;
    }

    private static float[] rgbPixels(BufferedImage image) {
        float[] rgb = new float[Math.multiplyExact(image.getWidth() * image.getHeight(), 3)];
        if (isGray(image)) {
            float[] gray = samples(image);
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = gray[i / 3];
            }
            return rgb;
        }
        int[] row = new int[image.getWidth()];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int argb : row) {
                float alpha = (argb >>> 24) / 255f;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    rgb[at++] = onWhite((argb >>> shift & 0xFF) / 255f, alpha);
                }
            }
        }
        return rgb;
    }

    /** True for grey without a palette. Java would change such values by its grey colour profile in getRGB. */
    private static boolean isGray(BufferedImage image) {
        return image.getColorModel().getNumColorComponents() == 1;
    }

    /** The values of a grey image as stored, over white where there is an alpha channel. */
    private static float[] samples(BufferedImage image) {
        Raster raster = image.getRaster();
        float most = (1 << image.getSampleModel().getSampleSize(0)) - 1;
        float[] gray = new float[image.getWidth() * image.getHeight()];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                float alpha = raster.getNumBands() > 1 ? raster.getSample(x, y, 1) / most : 1;
                gray[at++] = onWhite(raster.getSample(x, y, 0) / most, alpha);
            }
        }
        return gray;
    }

    private static float onWhite(float value, float alpha) {
        return alpha * value + (1 - alpha);
    }
}
