package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

/** Images to tensors and back. */
class ImagesTest {
    @Test
    void channelsComeLast() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0x010203);
        image.setRGB(1, 0, 0xff8040);
        Tensor tensor = Tensor.of(image);
        assertEquals(Shape.of(1, 2, 3), tensor.shape());
        assertEquals(DType.U8, tensor.dtype());
        assertArrayEquals(new long[] {1, 2, 3, 255, 128, 64}, tensor.toLongArray());
    }

    @Test
    void everyNumberOfChannelsComesBack() {
        for (int channels : new int[] {1, 3, 4}) {
            Tensor tensor = Tensor.arange(4 * channels).mul(15).cast(DType.U8).reshape(2, 2, channels);
            Tensor back = Tensor.of(tensor.toImage());
            assertEquals(tensor.shape(), back.shape());
            assertArrayEquals(tensor.toLongArray(), back.toLongArray());
        }
    }

    @Test
    void floatsGoFromZeroToOne() {
        Tensor gray = Tensor.of(new float[] {-1, 0.5f, 1, 7}, 2, 2);
        assertArrayEquals(
                new long[] {0, 128, 255, 255}, Tensor.of(gray.toImage()).toLongArray());
        Tensor numbers = Tensor.of(new int[] {-5, 300}, 1, 2);
        assertArrayEquals(new long[] {0, 255}, Tensor.of(numbers.toImage()).toLongArray());
    }

    @Test
    void otherShapesAreAnError() {
        assertThrows(ShapeException.class, () -> Tensor.zeros(3, 4, 5).toImage());
        assertThrows(ShapeException.class, () -> Tensor.zeros(0, 4).toImage());
    }
}
