package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {

    @TempDir
    Path folder;

    @Test
    void readsEveryElementType() throws IOException {
        assertValues(DType.U8, new double[] {0, 255}, idx(0x08, new int[] {2}, 0, 255));
        assertValues(DType.I8, new double[] {1, -1}, idx(0x09, new int[] {2}, 1, 255));
        assertValues(DType.I32, new double[] {-2, 258}, idx(0x0B, new int[] {2}, 0xFF, 0xFE, 1, 2));
        assertValues(DType.I32, new double[] {66051}, idx(0x0C, new int[] {1}, 0, 1, 2, 3));
        assertValues(DType.F32, new double[] {1}, idx(0x0D, new int[] {1}, 0x3F, 0x80, 0, 0));
        assertValues(DType.F64, new double[] {-2}, idx(0x0E, new int[] {1}, 0xC0, 0, 0, 0, 0, 0, 0, 0));
    }

    /** The name plays no part: packed without .gz, plain with .gz. */
    @Test
    void gzipIsSeenFromTheContent() throws IOException {
        byte[] plain = idx(0x08, new int[] {2, 3}, 1, 2, 3, 4, 5, 6);
        for (byte[] content : new byte[][] {plain, gzip(plain)}) {
            for (String name : new String[] {"a-ubyte", "a-ubyte.gz"}) {
                Tensor tensor = Idx.read(Files.write(folder.resolve(name), content));
                assertEquals(Shape.of(2, 3), tensor.shape());
                assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6}, tensor.toIntArray());
            }
        }
    }

    @Test
    void emptyAxesAndScalars() throws IOException {
        assertEquals(
                Shape.of(0, 28, 28),
                Idx.read(write(idx(0x08, new int[] {0, 28, 28}))).shape());
        assertEquals(Shape.of(), Idx.read(write(idx(0x08, new int[0], 9))).shape());
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        byte[] good = idx(0x08, new int[] {2, 3}, 1, 2, 3, 4, 5, 6);
        Check.error(() -> Idx.read(folder.resolve("none")), "got no file");
        Check.error(() -> Idx.read(folder), folder.toString());
        wrong(new byte[0], "a shorter file");
        wrong(new byte[] {0, 0}, "a shorter file");
        wrong("label,a,b".getBytes(java.nio.charset.StandardCharsets.UTF_8), "two zero bytes");
        wrong(idx(0x0A, new int[] {2}, 1, 2), "got 0x0A");
        wrong(idx(0x08, new int[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, 1), "at most 8 axes");
        wrong(idx(0x08, new int[] {-1}, 1), "extents below 2^31, got 4294967295");
        wrong(Arrays.copyOf(good, 9), "a header of 12 bytes, got 9");
        wrong(Arrays.copyOf(good, good.length - 1), "6 bytes of data for shape (2, 3), got at most 5");
        wrong(Arrays.copyOf(good, good.length + 1), "6 bytes of data for shape (2, 3), got more");
        wrong(gzip(Arrays.copyOf(good, good.length - 1)), "6 bytes of data for shape (2, 3), got 5");
        wrong(gzip(Arrays.copyOf(good, good.length + 1)), "6 bytes of data for shape (2, 3), got more");
        wrong(Arrays.copyOf(gzip(good), 20), "EOFException");
        byte[] broken = gzip(good);
        broken[broken.length - 6] ^= 1;
        wrong(broken, "ZipException");
    }

    /** Headers that promise more than the file can hold are refused before memory is taken. */
    @Test
    void oversizedHeaders() throws IOException {
        int most = Integer.MAX_VALUE;
        wrong(idx(0x08, new int[] {most, most, most, most}, 1), "fewer elements than 2^63");
        wrong(idx(0x08, new int[] {most, 2}, 1), "at most 2 GB");
        wrong(idx(0x08, new int[] {2_000_000_000}, 1), "2000000000 bytes of data", "got at most 1");
        wrong(gzip(idx(0x08, new int[] {2_000_000_000}, 1)), "2000000000 bytes of data", "got at most");
        // A bomb: 20 MB of zeros behind a header of 4 bytes of data. Reading stops at the fifth byte.
        wrong(gzip(Arrays.copyOf(idx(0x08, new int[] {4}), 20_000_000)), "got more");
    }

    private void wrong(byte[] content, String... parts) throws IOException {
        Path file = write(content);
        String[] all = Arrays.copyOf(parts, parts.length + 1);
        all[parts.length] = file.toString();
        Check.error(() -> Idx.read(file), all);
    }

    private Path write(byte[] content) throws IOException {
        return Files.write(folder.resolve("file"), content);
    }

    private void assertValues(DType dtype, double[] expected, byte[] content) throws IOException {
        Tensor tensor = Idx.read(write(content));
        assertEquals(dtype, tensor.dtype());
        assertArrayEquals(expected, tensor.toDoubleArray());
    }

    static byte[] idx(int type, int[] dims, int... data) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dims.length + data.length);
        buffer.put((byte) 0).put((byte) 0).put((byte) type).put((byte) dims.length);
        for (int dim : dims) {
            buffer.putInt(dim);
        }
        for (int value : data) {
            buffer.put((byte) value);
        }
        return buffer.array();
    }

    static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }
}
