package dev.lamina.core;

import java.awt.image.BufferedImage;
import java.util.List;

/** Tensors from and to images of java.desktop, which is optional at run time. */
final class Images {
    private Images() {}

    static Tensor tensor(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        boolean gray = image.getRaster().getNumBands() == 1
                && image.getType() != BufferedImage.TYPE_BYTE_INDEXED
                && image.getType() != BufferedImage.TYPE_BYTE_BINARY;
        int channels = gray ? 1 : image.getColorModel().hasAlpha() ? 4 : 3;
        byte[] bytes = new byte[height * width * channels];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                // Gray is read from the raster: getRGB would apply a gamma curve.
                int pixel = gray ? image.getRaster().getSample(x, y, 0) >> grayShift(image) : image.getRGB(x, y);
                for (int c = 0; c < channels; c++) {
                    bytes[at++] = (byte) (pixel >> shift(c, channels));
                }
            }
        }
        return Tensor.of(java.nio.ByteBuffer.wrap(bytes), DType.U8, Shape.of(height, width, channels));
    }

    static BufferedImage image(Tensor tensor) {
        boolean flat = tensor.rank() == 2;
        int channels = flat ? 1 : tensor.rank() == 3 ? tensor.dim(2) : 0;
        if (!List.of(1, 3, 4).contains(channels) || tensor.size() == 0) {
            throw new ShapeException("toImage: expected (H, W) or (H, W, C) with 1, 3 or 4 channels, got "
                    + tensor.shape() + "; use permute(1, 2, 0) if the channels come first");
        }
        byte[] bytes = bytes(tensor);
        int height = tensor.dim(0);
        int width = tensor.dim(1);
        int type = channels == 1
                ? BufferedImage.TYPE_BYTE_GRAY
                : channels == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_INT_ARGB;
        BufferedImage image = new BufferedImage(width, height, type);
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int pixel = 0;
                for (int c = 0; c < channels; c++) {
                    pixel |= (bytes[at++] & 0xff) << shift(c, channels);
                }
                if (channels == 1) {
                    image.getRaster().setSample(x, y, 0, pixel);
                } else {
                    image.setRGB(x, y, pixel);
                }
            }
        }
        return image;
    }

    private static byte[] bytes(Tensor tensor) {
        DType dtype = tensor.dtype();
        if (dtype == DType.U8) {
            return tensor.toByteArray();
        }
        Tensor scaled =
                dtype.isFloat() || dtype == DType.BOOL ? tensor.toF32().mul(255).round() : tensor.cast(DType.I64);
        return scaled.clamp(0, 255).cast(DType.U8).toByteArray();
    }

    /** Bits of a channel in a pixel: R G B A in an int of the form ARGB. */
    private static int shift(int channel, int channels) {
        return channels == 1 ? 0 : channel == 3 ? 24 : 16 - 8 * channel;
    }

    private static int grayShift(BufferedImage image) {
        return image.getType() == BufferedImage.TYPE_USHORT_GRAY ? 8 : 0;
    }
}
