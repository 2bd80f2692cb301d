package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Reads files in the IDX format of the original MNIST distribution, plain or packed with gzip.
 *
 * <p>The format: two zero bytes, one byte for the element type, one byte for the number of axes, the extents as
 * big-endian 32-bit numbers, then the elements, big-endian, last axis fastest. Types become U8, I8, I32 (from 16 or 32
 * bits), F32 and F64.
 */
public final class Idx {

    private static final String WHAT = "an IDX file";
    private static final int MOST_AXES = 8;
    private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

    private Idx() {}

    /** One element type of the format. */
    private record Element(DType dtype, int bytes) {
        static Element of(int code, Path file) {
            return switch (code) {
                case 0x08 -> new Element(DType.U8, 1);
                case 0x09 -> new Element(DType.I8, 1);
                case 0x0B -> new Element(DType.I32, 2);
                case 0x0C -> new Element(DType.I32, 4);
                case 0x0D -> new Element(DType.F32, 4);
                case 0x0E -> new Element(DType.F64, 8);
                default ->
                    throw damaged(
                            file,
                            "an element type of 0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E",
                            String.format("0x%02X", code));
            };
        }
    }

    /**
     * Reads a file. Whether it is packed is seen from its content, not from its name.
     *
     * @param file an IDX file
     * @return the array with the shape of the header
     * @throws DataException if the file cannot be read, is no IDX file, is cut off, or is longer than its header says;
     *     the header is checked against the size of the file before anything is allocated
     */
    public static Tensor read(Path file) {
        try (Source source = Source.open(file)) {
            InputStream in = source.stream();
            byte[] magic = in.readNBytes(4);
            if (magic.length < 4 || magic[0] != 0 || magic[1] != 0) {
                throw damaged(file, "two zero bytes at the start", magic.length < 4 ? "a shorter file" : "other bytes");
            }
            Element element = Element.of(magic[2] & 0xFF, file);
            Shape shape = readShape(in, magic[3] & 0xFF, file);
            long headerBytes = 4 + 4L * shape.rank();
            long expected = byteSize(shape, element, file);
            if (expected > source.mostBytes() - headerBytes) {
                throw damaged(
                        file,
                        expected + " bytes of data for shape " + shape,
                        "at most " + Math.max(0, source.mostBytes() - headerBytes));
            }
            byte[] data = in.readNBytes((int) expected);
            if (data.length < expected) {
                throw damaged(file, expected + " bytes of data for shape " + shape, String.valueOf(data.length));
            }
            if (in.read() != -1) {
                throw damaged(file, expected + " bytes of data for shape " + shape, "more");
            }
            return tensor(data, element, shape);
        } catch (IOException e) {
            throw Source.unreadable(file, WHAT, e);
        }
    }

    private static Shape readShape(InputStream in, int axes, Path file) throws IOException {
        if (axes > MOST_AXES) {
            throw damaged(file, "at most " + MOST_AXES + " axes", String.valueOf(axes));
        }
        byte[] bytes = in.readNBytes(4 * axes);
        if (bytes.length < 4 * axes) {
            throw damaged(file, "a header of " + (4 + 4 * axes) + " bytes", String.valueOf(4 + bytes.length));
        }
        int[] dims = new int[axes];
        MemorySegment.copy(
                MemorySegment.ofArray(bytes),
                ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN),
                0,
                dims,
                0,
                axes);
        for (int dim : dims) {
            if (dim < 0) {
                throw damaged(file, "extents below 2^31", Integer.toUnsignedString(dim));
            }
        }
        try {
            return Shape.of(dims);
        } catch (ArithmeticException e) {
            throw new DataException(
                    file + ": expected a shape of fewer elements than 2^63, got " + java.util.Arrays.toString(dims)
                            + "; the file is damaged, copy or download it again",
                    e);
        }
    }

    private static long byteSize(Shape shape, Element element, Path file) {
        if (shape.size() > MOST_BYTES / element.bytes) {
            throw damaged(file, "at most 2 GB of data", "shape " + shape);
        }
        return shape.size() * element.bytes;
    }

    private static Tensor tensor(byte[] data, Element element, Shape shape) {
        MemorySegment from = MemorySegment.ofArray(data);
        return Elements.tensor(element.dtype, shape, to -> {
            if (element.bytes == 2) {
                ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
                for (long i = 0; i < shape.size(); i++) {
                    to.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, from.get(layout, 2 * i));
                }
            } else {
                ValueLayout layout = Elements.bits(element.bytes);
                MemorySegment.copy(from, layout.withOrder(ByteOrder.BIG_ENDIAN), 0, to, layout, 0, shape.size());
            }
        });
    }

    private static DataException damaged(Path file, String expected, String got) {
        return new DataException(file + ": expected " + WHAT + " with " + expected + ", got " + got
                + "; the file is damaged or of another kind, copy or download it again");
    }
}
