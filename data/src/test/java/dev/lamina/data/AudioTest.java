package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sounds: WAV files, archives, spectrograms. */
class AudioTest {
    private static final float[] STEREO = {0.5f, -0.5f, 0.25f, 0.75f, -1, 0};

    @TempDir
    Path folder;

    private static String message(byte[] content) {
        return assertThrows(DataException.class, () -> Wav.of(content, "x.wav")).getMessage();
    }

    @Test
    void samplesComeBack() throws IOException {
        Path file = folder.resolve("s.wav");
        Files.write(file, new Wav(8000, 2, STEREO).bytes());
        Wav wav = Wav.read(file);
        assertEquals(8000, wav.rate());
        assertArrayEquals(STEREO, wav.samples());
        assertArrayEquals(new float[] {0, 0.5f, -0.5f}, wav.mono());
        assertEquals(Shape.of(3, 2), wav.tensor().shape());
        assertArrayEquals(
                new float[] {32767 / 32768f, -1},
                Wav.of(new Wav(1, 1, new float[] {2, -2}).bytes(), "x").mono());
    }

    @Test
    void otherChunksAreSkipped() {
        byte[] plain = new Wav(8000, 1, new float[] {0.5f}).bytes();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Arrays.copyOf(plain, 12));
        out.writeBytes(new byte[] {'L', 'I', 'S', 'T', 3, 0, 0, 0, 1, 2, 3, 0});
        out.writeBytes(Arrays.copyOfRange(plain, 12, plain.length));
        assertArrayEquals(new float[] {0.5f}, Wav.of(out.toByteArray(), "x").samples());
    }

    @Test
    void damagedAndOtherFilesAreNamed() {
        byte[] good = new Wav(8000, 2, STEREO).bytes();
        assertTrue(message(new byte[3]).startsWith("x.wav: expected a WAV file with RIFF and WAVE at the start"));
        assertTrue(
                message(Arrays.copyOf(good, good.length - 1)).contains("12 bytes in the chunk 'data', got 11 bytes"));
        assertTrue(message(Arrays.copyOf(good, 36)).contains("a chunk 'data', got none"));
        assertTrue(message(changed(good, 34, 8)).contains("got format 1 of 8 bits and 2 channels; convert it"));
        assertTrue(message(changed(good, 20, 3)).contains("got format 3 of 16 bits"));
        assertTrue(message(changed(good, 22, 6)).contains("6 channels"));
        assertTrue(message(changed(good, 40, 10)).contains("whole frames of 4 bytes"));
        assertTrue(message(changed(good, 12, 'x')).contains("'fmt ' before the data"));
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] noise = changed(good, random.nextInt(good.length), random.nextInt(256));
            try {
                Wav.of(Arrays.copyOf(noise, random.nextInt(noise.length + 1)), "x.wav");
            } catch (DataException e) {
                assertTrue(e.getMessage().startsWith("x.wav"), e.getMessage());
            }
        }
        Path missing = folder.resolve("none.wav");
        assertTrue(assertThrows(DataException.class, () -> Wav.read(missing))
                .getMessage()
                .contains("got no file"));
    }

    private static byte[] changed(byte[] content, int at, int value) {
        byte[] copy = content.clone();
        copy[at] = (byte) value;
        return copy;
    }

    // ---------------------------------------------------------------- archives

    private static byte[] entry(String name, char type, byte[] content) {
        byte[] block = new byte[512 + (content.length + 511) / 512 * 512];
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(text, 0, block, 0, Math.min(100, text.length));
        byte[] size = String.format("%011o", content.length).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(size, 0, block, 124, 11);
        block[156] = (byte) type;
        Arrays.fill(block, 148, 156, (byte) ' ');
        long sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += block[i] & 0xff;
        }
        System.arraycopy(String.format("%06o", sum).getBytes(StandardCharsets.US_ASCII), 0, block, 148, 6);
        block[154] = 0;
        System.arraycopy(content, 0, block, 512, content.length);
        return block;
    }

    private Path archive(boolean packed, byte[]... entries) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            out.writeBytes(entry);
        }
        Path file = folder.resolve("a.tar");
        if (packed) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
                gzip.write(out.toByteArray());
            }
        } else {
            Files.write(file, out.toByteArray());
        }
        return file;
    }

    private static List<String> names(Path file) {
        List<String> names = new ArrayList<>();
        Tar.read(file, (name, content) -> names.add(name + ":" + new String(content, StandardCharsets.UTF_8)));
        return names;
    }

    @Test
    void archivesAreReadPlainAndPacked() throws IOException {
        byte[] text = "hello".getBytes(StandardCharsets.UTF_8);
        String longName = "folder/".repeat(20) + "file";
        for (boolean packed : new boolean[] {false, true}) {
            Path file = archive(
                    packed,
                    entry("folder/", '5', new byte[0]),
                    entry("folder/a", '0', text),
                    entry("././@LongLink", 'L', (longName + "\0").getBytes(StandardCharsets.UTF_8)),
                    entry("cut", '0', new byte[0]),
                    entry("pax", 'x', "15 path=b/\u00fc.txt\n".getBytes(StandardCharsets.UTF_8)),
                    entry("cut", '0', text),
                    new byte[1024]);
            assertEquals(List.of("folder/a:hello", longName + ":", "b/\u00fc.txt:hello"), names(file));
        }
    }

    @Test
    void damagedArchivesAreNamed() throws IOException {
        byte[] good = entry("a", '0', new byte[600]);
        byte[] wrongSum = changed(good, 0, 'b');
        Path first = archive(false, wrongSum, new byte[1024]);
        assertTrue(assertThrows(DataException.class, () -> names(first))
                .getMessage()
                .contains("a header with the sum"));
        Path second = archive(true, Arrays.copyOf(good, 700));
        assertTrue(assertThrows(DataException.class, () -> names(second))
                .getMessage()
                .contains("600 bytes in a file"));
        Path third = archive(false, good);
        assertTrue(assertThrows(DataException.class, () -> names(third))
                .getMessage()
                .contains("an empty block"));
        Path none = folder.resolve("none.tar");
        assertTrue(assertThrows(DataException.class, () -> names(none))
                .getMessage()
                .contains("got no file"));
    }

    // ---------------------------------------------------------------- spectrograms

    @Test
    void transformEqualsItsDefinition() {
        Random random = new Random(3);
        for (int n : new int[] {1, 2, 8, 64}) {
            double[] real = random.doubles(n, -1, 1).toArray();
            double[] imaginary = random.doubles(n, -1, 1).toArray();
            double[] re = new double[n];
            double[] im = new double[n];
            for (int k = 0; k < n; k++) {
                for (int i = 0; i < n; i++) {
                    double angle = -2 * Math.PI * k * i / n;
                    re[k] += real[i] * Math.cos(angle) - imaginary[i] * Math.sin(angle);
                    im[k] += real[i] * Math.sin(angle) + imaginary[i] * Math.cos(angle);
                }
            }
            LogMel.transform(real, imaginary);
            assertArrayEquals(re, real, 1e-12 * n);
            assertArrayEquals(im, imaginary, 1e-12 * n);
        }
    }

    /** All of it by the formulas of the Javadoc, with a direct Fourier sum. */
    @Test
    void spectrogramEqualsItsFormula() {
        LogMel mel = new LogMel(8000, 25, 10, 5, 100, 3500);
        Random random = new Random(5);
        float[] samples = new float[68];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) random.nextGaussian();
        }
        float[] got = mel.of(samples).toFloatArray();
        assertEquals(32, mel.length());
        assertEquals(5 * 5, got.length);
        double low = 2595 * Math.log10(1 + 100 / 700.0);
        double step = (2595 * Math.log10(1 + 3500 / 700.0) - low) / 6;
        for (int t = 0; t < 5; t++) {
            for (int b = 0; b < 5; b++) {
                double energy = 0;
                for (int k = 0; k <= 16; k++) {
                    double f = k * 250.0;
                    double left = 700 * (Math.pow(10, (low + step * b) / 2595) - 1);
                    double centre = 700 * (Math.pow(10, (low + step * (b + 1)) / 2595) - 1);
                    double right = 700 * (Math.pow(10, (low + step * (b + 2)) / 2595) - 1);
                    double weight = f <= centre ? (f - left) / (centre - left) : (right - f) / (right - centre);
                    energy += Math.max(0, weight) * power(samples, t * 10, k);
                }
                assertEquals(Math.log(Math.max(energy, 1e-10)), got[t * 5 + b], 1e-5);
            }
        }
    }

    private static double power(float[] samples, int from, int k) {
        double re = 0;
        double im = 0;
        for (int n = 0; n < 25; n++) {
            double x = samples[from + n] * (0.5 - 0.5 * Math.cos(2 * Math.PI * n / 25));
            re += x * Math.cos(2 * Math.PI * k * n / 32);
            im -= x * Math.sin(2 * Math.PI * k * n / 32);
        }
        return re * re + im * im;
    }

    @Test
    void aToneIsLoudestInItsBand() {
        LogMel mel = LogMel.of(8000);
        float[] tone = new float[800];
        for (int i = 0; i < tone.length; i++) {
            tone[i] = (float) Math.sin(2 * Math.PI * 1000 * i / 8000);
        }
        long band = mel.of(tone).mean(0).argmax().toLongArray()[0];
        double[] weights = mel.weights()[(int) band];
        assertTrue(weights[1000 * mel.length() / 8000] > 0.3, "band " + band);
        assertEquals(Shape.of(0, 40), mel.of(new float[10]).shape());
        assertEquals((float) Math.log(1e-10), mel.of(new float[200]).toFloatArray()[0]);
        assertThrows(LaminaException.class, () -> new LogMel(8000, 200, 80, 40, 0, 5000));
    }
}
