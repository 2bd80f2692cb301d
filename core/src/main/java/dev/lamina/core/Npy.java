package dev.lamina.core;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads and writes arrays in NumPy's {@code .npy} format.
 *
 * <p>Reading takes format versions 1, 2 and 3, both byte orders and both memory orders. The dtypes are
 * {@code f2 f4 f8 i1 i4 i8 u1 b1}; {@code i2} and {@code u2} become I32 and {@code u4} becomes I64. The header is
 * checked against the size of the file before anything is allocated. Writing gives version 1, little endian, C order.
 *
 * <p>Errors are a {@link DataException} with one line that names the file, what was expected and what came.
 */
public final class Npy {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int HEADER_LIMIT = 1 << 20;
    private static final int ALIGNMENT = 64;
    private static final int CHUNK = 1 << 16;

    private Npy() {}

    /**
     * Reads a file.
     *
     * @param file a {@code .npy} file
     * @return the array, shape and dtype as written in the file
     * @throws DataException if the file cannot be read, is cut off, has bytes left over, or has a dtype we do not know
     */
    public static Tensor read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            NpyHeader header = readHeader(Channels.newInputStream(channel), file.toString());
            long start = channel.position();
            long rest = channel.size() - start;
            long expected = header.byteSize();
            if (rest != expected) {
                throw new DataException(
                        file + ": expected " + expected + " bytes of data for " + header + ", got " + rest
                                + "; the file is " + (rest < expected ? "cut off" : "longer than its header says")
                                + ", write it again");
            }
            try (Arena arena = Arena.ofConfined()) {
                return header.tensor(channel.map(FileChannel.MapMode.READ_ONLY, start, expected, arena));
            }
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": expected a .npy file, got no file; check the path", e);
        } catch (IOException e) {
            throw unreadable(file.toString(), e);
        }
    }

    /**
     * Reads one array from a stream and leaves the stream just behind it, so several arrays may follow each other.
     *
     * @param in a stream that stands at the start of an array; it stays open
     * @return the array
     * @throws DataException if the stream ends early, or holds something else
     */
    public static Tensor read(InputStream in) {
        String where = "npy stream";
        try {
            NpyHeader header = readHeader(in, where);
            long expected = header.byteSize();
            if (expected > Integer.MAX_VALUE - 8) {
                throw new DataException(where + ": expected at most 2 GB of data, got " + expected + " bytes for "
                        + header + "; read such an array from a file");
            }
            // readNBytes grows with what really comes, so a wrong header cannot make us allocate.
            byte[] bytes = in.readNBytes((int) expected);
            if (bytes.length != expected) {
                throw new DataException(where + ": expected " + expected + " bytes of data for " + header + ", got "
                        + bytes.length + "; the array is cut off, write it again");
            }
            return header.tensor(MemorySegment.ofArray(bytes));
        } catch (IOException e) {
            throw unreadable(where, e);
        }
    }

    /**
     * Writes a file, replacing what it held.
     *
     * @param file the file to write
     * @param tensor the values; BF16 has no NumPy dtype and is refused
     * @throws DataException if the dtype is BF16 or the file cannot be written
     */
    public static void write(Path file, Tensor tensor) {
        byte[] header = NpyHeader.of(tensor).encode();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            write(out, header, tensor);
        } catch (IOException e) {
            throw new DataException(
                    file + ": expected a writable file, got " + reason(e) + "; check the folder and the free space", e);
        }
    }

    /**
     * Writes one array to a stream.
     *
     * @param out the stream; it stays open
     * @param tensor the values; BF16 has no NumPy dtype and is refused
     * @throws DataException if the dtype is BF16 or the stream fails
     */
    public static void write(OutputStream out, Tensor tensor) {
        byte[] header = NpyHeader.of(tensor).encode();
        try {
            write(out, header, tensor);
        } catch (IOException e) {
            throw new DataException(
                    "npy stream: expected a writable stream, got " + reason(e) + "; check its target", e);
        }
    }

    private static void write(OutputStream out, byte[] header, Tensor tensor) throws IOException {
        int length = header.length;
        int padding = Math.floorMod(-(MAGIC.length + 4 + length + 1), ALIGNMENT);
        out.write(MAGIC);
        out.write(new byte[] {1, 0, (byte) (length + padding + 1), (byte) ((length + padding + 1) >>> 8)});
        out.write(header);
        out.write(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
        out.write('\n');
        MemorySegment values = tensor.segment();
        ValueLayout layout = NpyHeader.layout(tensor.dtype().bytes());
        byte[] chunk = new byte[CHUNK];
        for (long at = 0; at < values.byteSize(); at += CHUNK) {
            int count = (int) Math.min(CHUNK, values.byteSize() - at);
            MemorySegment.copy(
                    values,
                    layout,
                    at,
                    MemorySegment.ofArray(chunk),
                    layout.withOrder(ByteOrder.LITTLE_ENDIAN),
                    0,
                    count / layout.byteSize());
            out.write(chunk, 0, count);
        }
        out.flush();
    }

    private static NpyHeader readHeader(InputStream in, String where) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        for (int i = 0; i < MAGIC.length; i++) {
            if (start.length < MAGIC.length + 2 || start[i] != MAGIC[i]) {
                throw new DataException(where + ": expected the start of a .npy file (\\x93NUMPY), got other bytes"
                        + "; check that it was written by numpy.save");
            }
        }
        int version = start[MAGIC.length];
        if (version < 1 || version > 3) {
            throw new DataException(where + ": expected .npy version 1, 2 or 3, got " + version + "; write it again");
        }
        int lengthBytes = version == 1 ? 2 : 4;
        long length = 0;
        byte[] encoded = in.readNBytes(lengthBytes);
        for (int i = 0; i < encoded.length; i++) {
            length |= (encoded[i] & 0xFFL) << (8 * i);
        }
        if (encoded.length < lengthBytes || length > HEADER_LIMIT) {
            throw new DataException(where + ": expected a header of at most " + HEADER_LIMIT + " bytes, got "
                    + (encoded.length < lengthBytes ? "the end of the file" : String.valueOf(length))
                    + "; the file is damaged, write it again");
        }
        byte[] header = in.readNBytes((int) length);
        if (header.length < length) {
            throw new DataException(where + ": expected a header of " + length + " bytes, got " + header.length
                    + "; the file is cut off, write it again");
        }
        return NpyHeader.parse(
                new String(header, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1), where);
    }

    private static DataException unreadable(String where, IOException e) {
        return new DataException(where + ": expected a readable .npy file, got " + reason(e) + "; check the file", e);
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : " (" + message + ")");
    }
}
