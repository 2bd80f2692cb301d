package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @Test
    void readsEveryDtype() {
        Safetensors typed = Safetensors.read(Check.shared("golden/formats/dtypes.safetensors"));
        Safetensors expected = Safetensors.read(Check.shared("golden/formats/dtypes-as-f64.safetensors"));
        assertEquals(expected.tensors().keySet(), typed.tensors().keySet());
        for (String name : typed.tensors().keySet()) {
            Tensor tensor = typed.tensor(name);
            assertEquals(expected.tensor(name).shape(), tensor.shape(), name);
            assertArrayEquals(expected.tensor(name).toDoubleArray(), tensor.toDoubleArray(), name);
            switch (name) {
                case "i16" -> assertEquals(DType.I32, tensor.dtype());
                case "scalar", "empty" -> assertEquals(DType.F32, tensor.dtype());
                default -> assertEquals(name, tensor.dtype().toString());
            }
        }
        assertEquals(Map.of("note", "every dtype"), typed.metadata());
    }

    /** All fixtures of other programs can be read, and what we write of them comes back bit for bit. */
    @Test
    void readsAndRewritesEveryGoldenFile() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String root : List.of("golden", "data/pretrained")) {
            try (Stream<Path> walk = Files.walk(Check.shared(root))) {
                walk.filter(path -> path.toString().endsWith(".safetensors")).forEach(files::add);
            }
        }
        assertTrue(files.size() > 20);
        Path copy = folder.resolve("copy.safetensors");
        for (Path file : files) {
            Safetensors read = Safetensors.read(file);
            Safetensors.Header header = Safetensors.header(file);
            assertEquals(read.tensors().keySet(), header.entries().keySet());
            read.write(copy);
            assertSame(read, Safetensors.read(copy));
        }
    }

    @Test
    void roundTripKeepsEveryBit() {
        SplittableRandom random = new SplittableRandom(3);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            for (Shape shape : List.of(Shape.of(), Shape.of(0), Shape.of(7), Shape.of(2, 0, 3), Shape.of(13, 5, 2))) {
                byte[] bytes = new byte[(int) shape.size() * dtype.bytes()];
                random.nextBytes(bytes);
                for (int i = 0; dtype == DType.BOOL && i < bytes.length; i++) {
                    bytes[i] &= 1;
                }
                tensors.put(dtype + " " + shape, Tensor.of(MemorySegment.ofArray(bytes), dtype, shape));
            }
        }
        tensors.put("\"quoted\" \\ \n \u4e8c \ud83d\ude00", Tensor.of(new float[(1 << 20) + 1]));
        Safetensors content = new Safetensors(tensors, Map.of("k\u00e9y", "v \" \n \u4e8c", "empty", ""));
        Path file = folder.resolve("all.safetensors");
        content.write(file);
        assertSame(content, Safetensors.read(file));
        new Safetensors(Map.of(), Map.of()).write(file);
        assertTrue(Safetensors.read(file).tensors().isEmpty());
    }

    /** The file is the same whatever the order of the map, and every tensor is aligned to its element size. */
    @Test
    void layoutIsSortedAndAligned() throws IOException {
        Tensor bytes = Tensor.of(new byte[] {1, 2, 3});
        Tensor floats = Tensor.of(new float[] {1, 2});
        Tensor doubles = Tensor.of(new double[] {1});
        Path file = folder.resolve("a.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("z", doubles);
        tensors.put("b", floats);
        tensors.put("a", bytes);
        Safetensors.write(file, tensors, Map.of());
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        long length = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        assertEquals(0, length % 8);
        assertEquals(
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[16,19]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                        + "\"z\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
                text.substring(8, (int) length + 8).strip());
        assertEquals(8 + length + 19, Files.size(file));
    }

    @Test
    void contentCannotBeChanged() {
        Map<String, Tensor> tensors = new LinkedHashMap<>(Map.of("a", Tensor.scalar(1f)));
        Safetensors content = new Safetensors(tensors, Map.of());
        tensors.clear();
        assertFalse(content.tensors().isEmpty());
        assertThrows(
                UnsupportedOperationException.class, () -> content.tensors().clear());
        Check.error(() -> content.tensor("b"), "'b'", "[a]");
        Check.error(
                () -> Safetensors.write(folder.resolve("x"), Map.of("__metadata__", Tensor.scalar(1f)), Map.of()),
                "__metadata__");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}                  ~ tensor 'a' of 8 bytes for F32 (2,)
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,80]}}                 ~ tensor 'a' of 8 bytes for F32 (2,)
        {"a":{"dtype":"F32","shape":[20],"data_offsets":[0,80]}}                ~ inside the 8 bytes of data
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                  ~ with 4 bytes of data, got 8
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}                  ~ there is a hole
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
        "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} ~ overlap
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}                  ~ rising data_offsets
        {"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}                 ~ of 0 or more, got -2
        {"a":{"dtype":"F32","shape":[4294967298],"data_offsets":[0,8]}}         ~ extents below 2^31
        {"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}} ~ fewer than 2^63 bytes
        {"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}                ~ valid JSON
        {"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}                ~ JSON NUMBER
        {"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}                    ~ JSON BEGIN_ARRAY
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}                ~ two data_offsets
        {"a":{"dtype":"F32","shape":[2]}}                                       ~ two data_offsets
        {"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}              ~ got 'F8_E4M3'
        {"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}                  ~ got 'U64'
        {"a":{"dtype":7,"shape":[1],"data_offsets":[0,8]}}                      ~ JSON STRING
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"colour":1}}       ~ 'colour'
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
        "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ~ twice
        {"__metadata__":{"a":1},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ~ metadata 'a'
        {"__metadata__":[],"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ~ valid JSON
        {"a":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}}                 ~ got 7 at element 0
        {"a":[1]}                                                               ~ JSON BEGIN_OBJECT
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x                ~ valid JSON
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}                   ~ valid JSON
        {'a':{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                  ~ valid JSON
        [1, 2]                                                                  ~ starts with {
        """)
    void saysWhatIsWrongWithAHeader(String header, String part) throws IOException {
        Path file = write(header, new byte[] {7, 7, 7, 7, 7, 7, 7, 7});
        Check.error(() -> Safetensors.read(file), file.toString(), part);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        Path file = folder.resolve("x.safetensors");
        Check.error(() -> Safetensors.read(file), "got no file");
        Check.error(() -> Safetensors.read(folder), folder.toString());
        Files.write(file, new byte[7]);
        Check.error(() -> Safetensors.read(file), "at least 8 bytes");
        Files.write(file, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, '{', '}'});
        Check.error(() -> Safetensors.read(file), "a header of 2 to 2 bytes", "18446744073709551615");
        Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', (byte) 0xFF});
        Check.error(() -> Safetensors.read(file), "UTF-8");
    }

    /** A sparse file of 1 GB that claims a header of 500 MB is refused before the header is read. */
    @Test
    void aHugeHeaderIsRefused() throws IOException {
        Path file = folder.resolve("huge.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 30);
            sparse.writeLong(Long.reverseBytes(500_000_000L));
        }
        Check.error(() -> Safetensors.read(file), "2 to 100000000 bytes, got 500000000");
    }

    @Test
    void namesInMessagesStayOnOneLine() throws IOException {
        String name = "line\\nbreak" + "x".repeat(500);
        Path file = write("{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", new byte[8]);
        Check.error(() -> Safetensors.read(file), "'line\\u000abreak", "...");
    }

    private Path write(String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(text.length).put(text).put(data);
        return Files.write(folder.resolve("made.safetensors"), buffer.array());
    }

    private static void assertSame(Safetensors expected, Safetensors got) {
        assertEquals(expected.metadata(), got.metadata());
        assertEquals(expected.tensors().keySet(), got.tensors().keySet());
        expected.tensors().forEach((name, tensor) -> {
            assertEquals(tensor.dtype(), got.tensor(name).dtype());
            assertEquals(tensor.shape(), got.tensor(name).shape());
            assertArrayEquals(
                    tensor.segment().toArray(ValueLayout.JAVA_BYTE),
                    got.tensor(name).segment().toArray(ValueLayout.JAVA_BYTE),
                    name);
        });
    }
}
