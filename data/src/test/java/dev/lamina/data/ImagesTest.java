package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {

    @TempDir
    Path folder;

    /** Grey values come as stored, whatever the kind of image; Java's own conversion would change them. */
    @Test
    void greyValuesAreExact() throws IOException {
        for (int type : new int[] {
            BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_3BYTE_BGR
        }) {
            BufferedImage image = new BufferedImage(16, 16, type);
            float[] expected = new float[256];
            for (int i = 0; i < 256; i++) {
                int argb = 0xFF000000 | i * 0x010101;
                if (type == BufferedImage.TYPE_BYTE_GRAY) {
                    image.getRaster().setSample(i % 16, i / 16, 0, i);
                } else {
                    image.setRGB(i % 16, i / 16, argb);
                }
                expected[i] = i / 255f;
            }
            assertArrayEquals(expected, Images.gray(png(image), 16, 16).toFloatArray(), 1e-6f, "type " + type);
        }
    }

    @Test
    void sixteenBitGreyAndBlackAndWhite() throws IOException {
        BufferedImage deep = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(0, 0, 0, 65535);
        deep.getRaster().setSample(1, 0, 0, 13107);
        assertArrayEquals(new float[] {1, 0.2f}, Images.gray(png(deep), 1, 2).toFloatArray(), 1e-6f);
        BufferedImage binary = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        binary.setRGB(1, 0, 0xFFFFFFFF);
        assertArrayEquals(new float[] {0, 1}, Images.gray(png(binary), 1, 2).toFloatArray(), 1e-6f);
    }

    @Test
    void coloursAndTransparency() throws IOException {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0xFFFF8000);
        image.setRGB(1, 0, 0x00123456);
        image.setRGB(2, 0, 0x80000000);
        Path file = png(image);
        assertEquals(Shape.of(1, 3, 3), Images.rgb(file, 1, 3).shape());
        float half = 1 - 0x80 / 255f;
        assertArrayEquals(
                new float[] {1, 0x80 / 255f, 0, 1, 1, 1, half, half, half},
                Images.rgb(file, 1, 3).toFloatArray(),
                1e-6f);
        assertEquals(0.299f + 0.587f * 0x80 / 255f, Images.gray(file, 1, 3).toFloatArray()[0], 1e-6f);
    }

    @Test
    void shrinkingAveragesAreas() throws IOException {
        BufferedImage image = new BufferedImage(6, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 24; i++) {
            image.getRaster().setSample(i % 6, i / 6, 0, 10 * i);
        }
        Path file = png(image);
        assertArrayEquals(
                new float[] {
                    (0 + 10 + 60 + 70) / 4f / 255,
                    (20 + 30 + 80 + 90) / 4f / 255,
                    (40 + 50 + 100 + 110) / 4f / 255,
                    (120 + 130 + 180 + 190) / 4f / 255,
                    (140 + 150 + 200 + 210) / 4f / 255,
                    (160 + 170 + 220 + 230) / 4f / 255
                },
                Images.gray(file, 2, 3).toFloatArray(),
                1e-6f);
        // 6 to 4: each new pixel covers one and a half old ones.
        assertEquals((0 + 10 * 0.5f) / 1.5f / 255, Images.gray(file, 4, 4).toFloatArray()[0], 1e-6f);
    }

    @Test
    void enlargingInterpolates() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(1, 0, 0, 255);
        assertArrayEquals(
                new float[] {0, 0.25f, 0.75f, 1}, Images.gray(png(image), 1, 4).toFloatArray(), 1e-6f);
        assertArrayEquals(
                new float[] {0, 0, 1, 1, 0, 0, 1, 1},
                resample(new float[] {0, 0, 1, 1}, 1, 2, 2, 2, new float[] {0, 0, 1, 1, 0, 0, 1, 1}),
                1e-6f);
    }

    private static float[] resample(float[] values, int outer, int length, int inner, int to, float[] twice) {
        assertArrayEquals(values, Resample.axis(values, outer, length, inner, to), 1e-6f);
        return Resample.axis(twice, 2, length, inner, to);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path good = png(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB));
        Check.error(() -> Images.gray(folder.resolve("none.png"), 8, 8), "got no file");
        Check.error(() -> Images.gray(folder, 8, 8), "a folder or device");
        Check.error(() -> Images.gray(good, 0, 8), "got 0 x 8");
        Path text = Files.writeString(folder.resolve("text.png"), "no image");
        Check.error(() -> Images.rgb(text, 8, 8), "got other content", "text.png");
        byte[] bytes = Files.readAllBytes(good);
        Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(bytes, bytes.length / 2));
        Check.error(() -> Images.gray(cut, 8, 8), "cut.png");
        // A header of 60,000 x 60,000 pixels.
        bytes[18] = bytes[22] = (byte) 0xEA;
        bytes[19] = bytes[23] = 0x60;
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(bytes, 12, 17);
        java.nio.ByteBuffer.wrap(bytes).putInt(29, (int) crc.getValue());
        Path huge = Files.write(folder.resolve("huge.png"), bytes);
        Check.error(() -> Images.gray(huge, 8, 8), "60000 x 60000");
    }

    /** Damaged PNG files give an image or a DataException. */
    @Test
    void damagedFiles() throws IOException {
        byte[] good = Files.readAllBytes(png(new BufferedImage(9, 9, BufferedImage.TYPE_INT_ARGB)));
        Path file = folder.resolve("damaged.png");
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = good.clone();
            for (int i = 0; i < 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                Images.rgb(file, 4, 4);
            } catch (DataException e) {
                assertTrue(e.getMessage().startsWith(file.toString()), "seed " + seed + " " + e.getMessage());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " gives " + e, e);
            }
        }
    }

    private Path png(BufferedImage image) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, "png", out));
        return Files.write(folder.resolve("image.png"), out.toByteArray());
    }
}
