package dev.lamina.data;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file.
 *
 * @param entries the tensors by name, in the order of the file
 * @param metadata the dictionary {@code __metadata__}
 * @param dataStart where in the file the bytes of the tensors begin
 * @param dataBytes how many bytes there are
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, long dataStart, long dataBytes) {

    /** The limit of the reference implementation; a longer header is damage or an attack. */
    private static final long MOST_HEADER_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";

    /** The dtypes of the format, each with the one it becomes. */
    enum Stored {
        F64(DType.F64, 8),
        F32(DType.F32, 4),
        F16(DType.F16, 2),
        BF16(DType.BF16, 2),
        I64(DType.I64, 8),
        I32(DType.I32, 4),
        I16(DType.I32, 2),
        I8(DType.I8, 1),
        U32(DType.I64, 4),
        U16(DType.I32, 2),
        U8(DType.U8, 1),
        BOOL(DType.BOOL, 1);

        private final DType dtype;
        private final int bytes;

        Stored(DType dtype, int bytes) {
            this.dtype = dtype;
            this.bytes = bytes;
        }

        DType dtype() {
            return dtype;
        }

        int bytes() {
            return bytes;
        }
    }

    /** One tensor: its bytes are those from begin (inclusive) to end (exclusive) of the data. */
    record Entry(Stored stored, Shape shape, long begin, long end) {

        /** Makes the tensor; {@code where} is the file and the name for messages. */
        Tensor tensor(MemorySegment data, String where) {
            boolean same = stored.name().equals(stored.dtype.name()) && stored != Stored.BOOL;
            return same && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                    ? Tensor.of(data, stored.dtype, shape)
                    : Elements.tensor(stored.dtype, shape, to -> decode(data, to, where));
        }

        private void decode(MemorySegment data, MemorySegment to, String where) {
            ValueLayout bits = Elements.bits(stored.bytes);
            switch (stored) {
                case F64, F32, F16, BF16, I64, I32, I8, U8 ->
                    MemorySegment.copy(data, bits.withOrder(ByteOrder.LITTLE_ENDIAN), 0, to, bits, 0, shape.size());
                case I16, U16 -> {
                    ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
                    for (long i = 0; i < shape.size(); i++) {
                        short value = data.get(layout, 2 * i);
                        to.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, stored == Stored.U16 ? value & 0xFFFF : value);
                    }
                }
                case U32 -> {
                    ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
                    for (long i = 0; i < shape.size(); i++) {
                        to.set(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i, data.get(layout, 4 * i) & 0xFFFF_FFFFL);
                    }
                }
                case BOOL -> {
                    for (long i = 0; i < shape.size(); i++) {
                        byte value = data.get(ValueLayout.JAVA_BYTE, i);
                        if (value != 0 && value != 1) {
                            throw new DataException(where + ": expected truth values 0 or 1, got " + (value & 0xFF)
                                    + " at element " + i + "; the file is damaged, write it again");
                        }
                        to.set(ValueLayout.JAVA_BYTE, i, value);
                    }
                }
            }
        }
    }

    /** Reads the header and checks everything in it against the size of the file. */
    static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        if (size < 8) {
            throw damaged(file, "at least 8 bytes", size + " bytes");
        }
        long length =
                readBytes(channel, 0, 8, file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        long most = Math.min(size - 8, MOST_HEADER_BYTES);
        if (length < 2 || length > most) {
            throw damaged(
                    file,
                    "a header of 2 to " + most + " bytes",
                    Long.toUnsignedString(length) + " (file size " + size + ")");
        }
        ByteBuffer encoded = readBytes(channel, 8, (int) length, file);
        if (encoded.get(0) != '{') {
            throw damaged(file, "a JSON header that starts with {", "other bytes");
        }
        String json;
        try {
            json = StandardCharsets.UTF_8.newDecoder().decode(encoded).toString();
        } catch (CharacterCodingException e) {
            throw damaged(file, "a header in UTF-8", "other bytes");
        }
        SafetensorsHeader header = new Parser(json, file).parse(8 + length, size - 8 - length);
        header.checkPlaces(file);
        return header;
    }

    private static ByteBuffer readBytes(FileChannel channel, long position, int count, Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw damaged(file, count + " bytes at " + position, "the end of the file");
            }
        }
        return buffer.flip();
    }

    /** The places of the tensors must follow each other without hole or overlap and fill the data exactly. */
    private void checkPlaces(Path file) {
        List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
        // Comparator.comparingLong would make serializable lambdas, which no AOT cache holds: this runs when a service
        // starts.
        sorted.sort((a, b) -> {
            int order = Long.compare(a.getValue().begin, b.getValue().begin);
            return order != 0 ? order : Long.compare(a.getValue().end, b.getValue().end);
        });
        long at = 0;
        for (Map.Entry<String, Entry> named : sorted) {
            Entry entry = named.getValue();
            String where = "tensor " + Source.quote(named.getKey()) + " ";
            if (entry.begin != at) {
                throw damaged(
                        file,
                        where + "at byte " + at + " of the data, right behind the one before it",
                        entry.begin + (entry.begin < at ? " (they overlap)" : " (there is a hole)"));
            }
            long expected = entry.shape.size() * entry.stored.bytes;
            if (entry.end - entry.begin != expected) {
                throw damaged(
                        file,
                        where + "of " + expected + " bytes for " + entry.stored + " " + entry.shape,
                        entry.end - entry.begin + " bytes (" + entry.begin + " to " + entry.end + ")");
            }
            if (entry.end > dataBytes) {
                throw damaged(
                        file,
                        where + "inside the " + dataBytes + " bytes of data",
                        "bytes " + entry.begin + " to " + entry.end + " (the file is cut off)");
            }
            at = entry.end;
        }
        if (at != dataBytes) {
            throw damaged(file, at + " bytes of data", dataBytes + " bytes");
        }
    }

    /** Places the tensors: wide elements first, so that all are aligned, then by name. */
    static Map<String, Entry> layout(Map<String, Tensor> tensors) {
        List<String> names = new ArrayList<>(tensors.keySet());
        names.sort(Comparator.comparingInt(
                        (String name) -> -tensors.get(name).dtype().bytes())
                .thenComparing(Comparator.naturalOrder()));
        Map<String, Entry> layout = new LinkedHashMap<>();
        long at = 0;
        for (String name : names) {
            if (name.equals(METADATA)) {
                throw new DataException("safetensors: expected tensor names other than " + METADATA
                        + ", got it; the format keeps it for metadata, rename the tensor");
            }
            Tensor tensor = tensors.get(name);
            long end = at + tensor.shape().size() * tensor.dtype().bytes();
            layout.put(name, new Entry(Stored.valueOf(tensor.dtype().name()), tensor.shape(), at, end));
            at = end;
        }
        return layout;
    }

    /** The header as JSON, names sorted, padded to a multiple of eight bytes. */
    static byte[] encode(Map<String, Entry> layout, Map<String, String> metadata) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(METADATA).beginObject();
                for (Map.Entry<String, String> item : metadata.entrySet()) {
                    json.name(item.getKey()).value(item.getValue());
                }
                json.endObject();
            }
            for (String name : layout.keySet().stream().sorted().toList()) {
                Entry entry = layout.get(name);
                json.name(name).beginObject().name("dtype").value(entry.stored.name());
                json.name("shape").beginArray();
                for (int dim : entry.shape.dims()) {
                    json.value(dim);
                }
                json.endArray();
                json.name("data_offsets")
                        .beginArray()
                        .value(entry.begin)
                        .value(entry.end)
                        .endArray();
                json.endObject();
            }
            json.endObject();
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter does not fail", e);
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        int padding = Math.floorMod(-bytes.length, 8);
        byte[] padded = java.util.Arrays.copyOf(bytes, bytes.length + padding);
        java.util.Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
        return padded;
    }

    private static DataException damaged(Path file, String expected, String got) {
        return new DataException(file + ": expected a safetensors file with " + expected + ", got " + got
                + "; the file is damaged or of another kind, copy or download it again");
    }

    /** Reads the JSON piece by piece: a tree would hide names that come twice. */
    private static final class Parser {
        private final JsonReader json;
        private final Path file;

        Parser(String text, Path file) {
            this.json = new JsonReader(new StringReader(text));
            this.json.setStrictness(Strictness.STRICT);
            this.file = file;
        }

        SafetensorsHeader parse(long dataStart, long dataBytes) {
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            try (json) {
                json.beginObject();
                while (json.hasNext()) {
                    String name = json.nextName();
                    boolean twice;
                    if (name.equals(METADATA)) {
                        twice = !metadata.isEmpty();
                        readMetadata(metadata);
                    } else {
                        twice = entries.put(name, readEntry(name)) != null;
                    }
                    if (twice) {
                        throw damaged(file, "every name once", Source.quote(name) + " twice");
                    }
                }
                json.endObject();
                expect(JsonToken.END_DOCUMENT, "the header");
            } catch (IOException | IllegalStateException | NumberFormatException | JsonParseException e) {
                throw new DataException(
                        file + ": expected a safetensors file with a valid JSON header, got " + Source.reason(e)
                                + "; the file is damaged or of another kind, copy or download it again",
                        e);
            }
            return new SafetensorsHeader(entries, metadata, dataStart, dataBytes);
        }

        private void readMetadata(Map<String, String> metadata) throws IOException {
            json.beginObject();
            while (json.hasNext()) {
                String key = json.nextName();
                expect(JsonToken.STRING, "metadata " + Source.quote(key));
                metadata.put(key, json.nextString());
            }
            json.endObject();
        }

        private Entry readEntry(String name) throws IOException {
            String where = "tensor " + Source.quote(name);
            Stored stored = null;
            List<Long> dims = null;
            List<Long> place = null;
            expect(JsonToken.BEGIN_OBJECT, where);
            json.beginObject();
            while (json.hasNext()) {
                String key = json.nextName();
                switch (key) {
                    case "dtype" -> stored = readDtype(where);
                    case "shape" -> dims = readNumbers(where + " shape");
                    case "data_offsets" -> place = readNumbers(where + " data_offsets");
                    default -> throw damaged(file, where + " with dtype, shape and data_offsets", Source.quote(key));
                }
            }
            json.endObject();
            if (stored == null || dims == null || place == null || place.size() != 2) {
                throw damaged(file, where + " with dtype, shape and two data_offsets", "a part of them");
            }
            long begin = place.get(0);
            long end = place.get(1);
            if (end < begin) {
                throw damaged(file, where + " with rising data_offsets", begin + " to " + end);
            }
            return new Entry(stored, shape(dims, stored, where), begin, end);
        }

        private Stored readDtype(String where) throws IOException {
            expect(JsonToken.STRING, where + " dtype");
            String dtype = json.nextString();
            for (Stored stored : Stored.values()) {
                if (stored.name().equals(dtype)) {
                    return stored;
                }
            }
            throw new DataException(file + ": expected " + where + " of a dtype among "
                    + java.util.Arrays.toString(Stored.values()) + ", got " + Source.quote(dtype)
                    + "; convert the file to one of these");
        }

        private List<Long> readNumbers(String where) throws IOException {
            List<Long> numbers = new ArrayList<>();
            expect(JsonToken.BEGIN_ARRAY, where);
            json.beginArray();
            while (json.hasNext()) {
                expect(JsonToken.NUMBER, where);
                long number = json.nextLong();
                if (number < 0) {
                    throw damaged(file, where + " of 0 or more", String.valueOf(number));
                }
                numbers.add(number);
            }
            json.endArray();
            return numbers;
        }

        private Shape shape(List<Long> dims, Stored stored, String where) {
            long bytes = stored.bytes;
            int[] extents = new int[dims.size()];
            try {
                for (int i = 0; i < extents.length; i++) {
                    extents[i] = Math.toIntExact(dims.get(i));
                    bytes = Math.multiplyExact(bytes, (long) extents[i]);
                }
                return Shape.of(extents);
            } catch (ArithmeticException e) {
                throw damaged(file, where + " with extents below 2^31 and fewer than 2^63 bytes", "shape " + dims);
            }
        }

        private void expect(JsonToken token, String where) throws IOException {
            if (json.peek() != token) {
                throw damaged(file, where + " as JSON " + token, String.valueOf(json.peek()));
            }
        }
    }
}
