package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The content of a safetensors file: named tensors and a text dictionary.
 *
 * <p>The format is eight bytes with the length of the header, a JSON header with dtype, shape and place of every
 * tensor, then the bytes of the tensors, little endian. The whole header is checked against the file before a tensor is
 * allocated. I16 and U16 are read as I32, and U32 as I64. Writing is atomic ({@link AtomicFiles}): the old file stays
 * whole when it fails.
 *
 * <p>Every error is a {@link DataException} of one line that names the file and the tensor.
 *
 * @param tensors the tensors in the order of their names; cannot be changed
 * @param metadata the dictionary of the header, empty when there is none; cannot be changed
 */
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {

    private static final String WHAT = "a safetensors file";
    private static final int CHUNK = 1 << 20;

    /** Copies both maps and sorts them by name. */
    public Safetensors {
        tensors = Collections.unmodifiableMap(new TreeMap<>(tensors));
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }

    /**
     * What the header says of one tensor.
     *
     * @param dtype the dtype the tensor has once it is read
     * @param shape its extents
     */
    public record Entry(DType dtype, Shape shape) {}

    /**
     * The header of a file.
     *
     * @param entries the tensors by name, in the order of their names; cannot be changed
     * @param metadata the dictionary, empty when there is none; cannot be changed
     */
    public record Header(Map<String, Entry> entries, Map<String, String> metadata) {
        /** Copies both maps and sorts them by name. */
        public Header {
            entries = Collections.unmodifiableMap(new TreeMap<>(entries));
            metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
        }
    }

    /**
     * Reads a file.
     *
     * @param file a safetensors file
     * @return its tensors and metadata
     * @throws DataException if the file is missing, damaged, or has a dtype we do not know
     */
    public static Safetensors read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            MemorySegment bytes =
                    channel.map(FileChannel.MapMode.READ_ONLY, header.dataStart(), header.dataBytes(), arena);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            header.entries().forEach((name, entry) -> {
                MemorySegment data = bytes.asSlice(entry.begin(), entry.end() - entry.begin());
                tensors.put(name, entry.tensor(data, file + ": tensor " + Source.quote(name)));
            });
            return new Safetensors(tensors, header.metadata());
        } catch (IOException e) {
            throw Source.unreadable(file, WHAT, e);
        }
    }

    /**
     * Reads and checks only the header, which costs little however large the file is.
     *
     * @param file a safetensors file
     * @return dtypes, shapes and metadata
     * @throws DataException as for {@link #read(Path)}
     */
    public static Header header(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            Map<String, Entry> entries = new LinkedHashMap<>();
            header.entries()
                    .forEach((name, entry) ->
                            entries.put(name, new Entry(entry.stored().dtype(), entry.shape())));
            return new Header(entries, header.metadata());
        } catch (IOException e) {
            throw Source.unreadable(file, WHAT, e);
        }
    }

    /**
     * One tensor.
     *
     * @param name its name
     * @return the tensor
     * @throws DataException if there is no tensor of this name; the message lists those there are
     */
    public Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new DataException("safetensors: expected a tensor " + Source.quote(name) + ", got only "
                    + tensors.keySet().stream().limit(20).toList() + "; use one of these names");
        }
        return tensor;
    }

    /**
     * Writes a file atomically.
     *
     * @param file the file to write or replace
     * @param tensors the tensors by name
     * @param metadata any text by name
     * @throws DataException if the file cannot be written; an old file is then unchanged
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        new Safetensors(tensors, metadata).write(file);
    }

    /**
     * Writes this content atomically.
     *
     * <p>The header lists tensors by name and is padded with spaces to a multiple of eight bytes. The data of wider
     * dtypes comes first, so that every tensor begins at a multiple of its element size.
     *
     * @param file the file to write or replace
     * @throws DataException if the file cannot be written; an old file is then unchanged
     */
    public void write(Path file) {
        Map<String, SafetensorsHeader.Entry> layout = SafetensorsHeader.layout(tensors);
        byte[] header = SafetensorsHeader.encode(layout, metadata);
        AtomicFiles.write(file, out -> {
            byte[] length = new byte[8];
            MemorySegment.ofArray(length)
                    .set(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, header.length);
            out.write(length);
            out.write(header);
            byte[] chunk = new byte[CHUNK];
            for (String name : layout.keySet()) {
                writeBytes(out, tensor(name), chunk);
            }
        });
    }

    private static void writeBytes(OutputStream out, Tensor tensor, byte[] chunk) throws IOException {
        MemorySegment bytes = tensor.segment();
        ValueLayout layout = Elements.bits(tensor.dtype().bytes());
        ValueLayout little = layout.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < bytes.byteSize(); at += chunk.length) {
            long count = Math.min(chunk.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, layout, at, MemorySegment.ofArray(chunk), little, 0, count / layout.byteSize());
            out.write(chunk, 0, (int) count);
        }
    }
}
