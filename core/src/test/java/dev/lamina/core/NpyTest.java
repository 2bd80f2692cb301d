package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {

    private static final Path FIXTURES = fixtures();

    @TempDir
    Path folder;

    /** The values are those of numpy.json, which NumPy wrote beside the files. */
    @Test
    void readsWhatNumpyWrote() {
        expect(
                "f32",
                DType.F32,
                Shape.of(2, 3),
                0.8850589394569397,
                1.9017192125320435,
                -0.048369478434324265,
                -1.3533397912979126,
                -3.287059783935547,
                0.2307959944009781);
        expect(
                "f64_fortran",
                DType.F64,
                Shape.of(3, 2),
                1.4024904291980542,
                0.12138604169450201,
                -0.7338141198539514,
                1.241504926038324,
                0.04501902245171116,
                -0.7712765182863126);
        expect("i64", DType.I64, Shape.of(8), -3, -2, -1, 0, 1, 2, 3, 4);
        expect("u8", DType.U8, Shape.of(1, 2, 3), 0, 1, 2, 3, 4, 5);
        expect("bool", DType.BOOL, Shape.of(3), 1, 0, 1);
        expect("f16", DType.F16, Shape.of(2), 0.5, -2);
        expect(
                "big_endian_f4",
                DType.F32,
                Shape.of(4),
                0.19170384109020233,
                -0.20435179769992828,
                0.12628066539764404,
                -0.15797147154808044);
        expect("scalar", DType.F64, Shape.of(), 1.25);
        expect("i32", DType.I32, Shape.of(1, 2), 7, -7);
    }

    /** What we write is byte for byte what NumPy writes. */
    @ParameterizedTest
    @ValueSource(strings = {"f32", "i64", "u8", "bool", "f16", "scalar", "i32"})
    void writesWhatNumpyWrites(String name) throws IOException {
        Path file = folder.resolve("ours.npy");
        Npy.write(file, Npy.read(FIXTURES.resolve(name + ".npy")));
        assertArrayEquals(Files.readAllBytes(FIXTURES.resolve(name + ".npy")), Files.readAllBytes(file));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = "BF16", mode = EnumSource.Mode.EXCLUDE)
    void roundTripKeepsEveryBit(DType dtype) {
        for (Shape shape :
                new Shape[] {Shape.of(), Shape.of(0), Shape.of(3, 0), Shape.of(7), Shape.of(13, 7, 3), Shape.of(40_000)
                }) {
            byte[] bytes = new byte[(int) shape.size() * dtype.bytes()];
            new SplittableRandom(1).nextBytes(bytes);
            if (dtype == DType.BOOL) {
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] &= 1;
                }
            }
            Tensor tensor = Tensor.of(MemorySegment.ofArray(bytes), dtype, shape);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Npy.write(out, tensor);
            Npy.write(out, tensor);
            ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());
            for (int i = 0; i < 2; i++) {
                Tensor read = Npy.read(in);
                assertEquals(dtype, read.dtype());
                assertEquals(shape, read.shape());
                assertArrayEquals(bytes, read.segment().toArray(ValueLayout.JAVA_BYTE));
            }
            assertEquals(-1, in.read());
        }
    }

    @Test
    void widensWhatHasNoDtypeHere() {
        byte[] shorts = {(byte) 0xFE, (byte) 0xFF, 2, 0};
        assertArrayEquals(
                new int[] {-2, 2},
                parse("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", shorts)
                        .toIntArray());
        assertArrayEquals(
                new int[] {0xFFFE, 2},
                parse("{'descr': '<u2', 'fortran_order': False, 'shape': (2,)}", shorts)
                        .toIntArray());
        assertArrayEquals(
                new int[] {0xFEFF, 0x200},
                parse("{'descr': '>u2', 'fortran_order': False, 'shape': (2,)}", shorts)
                        .toIntArray());
        assertArrayEquals(
                new long[] {0xFFFFFFFEL},
                parse("{'descr': '<u4', 'fortran_order': False, 'shape': (1L,)}", new byte[] {(byte) 0xFE, -1, -1, -1})
                        .toLongArray());
    }

    @Test
    void readsHeadersOfVersions2And3() {
        String header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }";
        for (int version = 1; version <= 3; version++) {
            Tensor read = Npy.read(new ByteArrayInputStream(file(version, header, new byte[] {1, 2, 3, 4})));
            assertArrayEquals(new byte[] {1, 3, 2, 4}, read.toByteArray(), "version " + version);
        }
    }

    @Test
    void bf16IsRefused() {
        Tensor tensor = Tensor.of(MemorySegment.ofArray(new byte[4]), DType.BF16, Shape.of(2));
        DTypeException e = assertThrows(DTypeException.class, () -> Npy.write(folder.resolve("x.npy"), tensor));
        assertTrue(e.getMessage().contains("cast it to F32"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '"', textBlock = """
        {'descr': '<f4', 'fortran_order': False, 'shape': (2,)}                ~ expected 8 bytes
        {'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647,)} ~ 2^63
        {'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}      ~ extents below 2^31
        {'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}               ~ an extent of 0 or more
        {'descr': '<c8', 'fortran_order': False, 'shape': (2,)}                ~ got '<c8'
        {'descr': '<u8', 'fortran_order': False, 'shape': (2,)}                ~ got '<u8'
        {'descr': '|O', 'fortran_order': False, 'shape': (2,)}                 ~ got '|O'
        {'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}       ~ structured
        {'descr': '<f4', 'fortran_order': Perhaps, 'shape': (2,)}              ~ True or False
        {'descr': '<f4', 'shape': (2,)}                                        ~ descr, fortran_order and shape
        {'descr': '<f4', 'fortran_order': False, 'shape': (2,)} import os      ~ end of the header
        {'descr': '', 'fortran_order': False, 'shape': (2,)}                   ~ dtype such as
        []                                                                     ~ '{'
        """)
    void saysWhatIsWrongWithAHeader(String header, String expected) {
        DataException e = assertThrows(DataException.class, () -> parse(header, new byte[4]));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertTrue(message(folder.resolve("none.npy")).contains("got no file"));
        byte[] good = Files.readAllBytes(FIXTURES.resolve("f32.npy"));
        assertTrue(message(write(Arrays.copyOf(good, good.length - 1))).contains("expected 24 bytes of data"));
        assertTrue(message(write(Arrays.copyOf(good, good.length + 1))).contains("longer than its header"));
        assertTrue(message(write(Arrays.copyOf(good, 60))).contains("cut off"));
        assertTrue(message(write(new byte[0])).contains("NUMPY"));
        assertTrue(message(write("no array".getBytes(StandardCharsets.UTF_8))).contains("NUMPY"));
        byte[] oversized =
                file(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 1000)}", new byte[4]);
        assertTrue(message(write(oversized)).contains("expected 8589934588000 bytes of data"));
        assertTrue(message(folder).contains("expected a readable .npy file"));
        byte[] bool = Files.readAllBytes(FIXTURES.resolve("bool.npy"));
        bool[bool.length - 1] = 7;
        assertTrue(message(write(bool)).contains("got 7 at element 2"));
    }

    /** Whatever bytes come, there is a tensor or a DataException; 20,000 damaged files. */
    @Test
    void damagedFilesGiveOneKindOfError() throws IOException {
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String[] names = {"f32", "f64_fortran", "bool", "scalar", "big_endian_f4", "f16"};
            byte[] bytes = Files.readAllBytes(FIXTURES.resolve(names[random.nextInt(names.length)] + ".npy"));
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte)
                        (random.nextBoolean()
                                ? random.nextInt(256)
                                : "0123456789'(),{}:<>|fiub".charAt(random.nextInt(24)));
            }
            byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
            try {
                Npy.read(new ByteArrayInputStream(damaged));
            } catch (DataException e) {
                assertEquals(1, e.getMessage().lines().count(), "seed " + seed);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " gives " + e, e);
            }
        }
    }

    private static Tensor parse(String header, byte[] data) {
        return Npy.read(new ByteArrayInputStream(file(1, header, data)));
    }

    private static byte[] file(int version, String header, byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        int length = header.length();
        out.writeBytes(
                version == 1
                        ? new byte[] {(byte) length, (byte) (length >> 8)}
                        : new byte[] {(byte) length, (byte) (length >> 8), 0, 0});
        out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(data);
        return out.toByteArray();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("damaged.npy"), bytes);
    }

    private static String message(Path file) {
        DataException e = assertThrows(DataException.class, () -> Npy.read(file));
        assertEquals(1, e.getMessage().lines().count());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        return e.getMessage();
    }

    private static void expect(String name, DType dtype, Shape shape, double... values) {
        Tensor tensor = Npy.read(FIXTURES.resolve(name + ".npy"));
        assertEquals(dtype, tensor.dtype());
        assertEquals(shape, tensor.shape());
        assertArrayEquals(values, tensor.toDoubleArray());
    }

    private static Path fixtures() {
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            if (Files.isDirectory(up.resolve("shared/golden/formats"))) {
                return up.resolve("shared/golden/formats");
            }
        }
        throw new IllegalStateException("expected shared/golden/formats above the working directory, got none");
    }
}
