package dev.lamina.data;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A sound: WAV files with 16-bit samples (PCM) of one or two channels.
 *
 * <p>A file is a RIFF container, little-endian: {@code RIFF}, size, {@code WAVE}, then chunks of a name, a size and content at even
 * positions; {@code fmt } describes the samples, {@code data} holds them, frame by frame; other chunks are skipped.
 *
 * @param rate frames in a second
 * @param channels 1 or 2
 * @param samples -1 to 1: the number of the file divided by 32768, channels side by side
 */
@SuppressWarnings("ArrayRecordComponent")
public record Wav(int rate, int channels, float[] samples) {
    private static final int PCM = 1;
    private static final int EXTENSIBLE = 0xFFFE;
    private static final float SCALE = 32768;
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

    /** Refuses what is no sound. */
    public Wav {
        if (rate < 1 || channels < 1 || channels > 2 || samples.length % channels != 0) {
            throw new DataException(
                    "wav: expected a rate of 1 or more, 1 or 2 channels and as many samples for each, got " + rate
                            + " per second, " + channels + " channels, " + samples.length + " samples; check them");
        }
    }

    /**
     * Reads a file.
     *
     * @throws DataException if it cannot be read, is no WAV file of 16-bit PCM, or is cut off
     */
    public static Wav read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": expected a WAV file of less than 2 GB, got " + Files.size(file)
                        + " bytes; cut it into parts");
            }
            return of(Files.readAllBytes(file), file.toString());
        } catch (IOException e) {
            throw Source.unreadable(file, "a WAV file", e);
        }
    }

    /**
     * Takes the content of a file, for example of an entry of an archive.
     *
     * @param content the whole file
     * @param name for messages
     */
    public static Wav of(byte[] content, String name) {
        ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        if (content.length < 12 || !text(in, 0).equals("RIFF") || !text(in, 8).equals("WAVE")) {
            throw damaged(name, "RIFF and WAVE at the start", content.length < 12 ? "a shorter file" : "other bytes");
        }
        int format = -1;
        for (long at = 12; at + 8 <= content.length; ) {
            int start = (int) at + 8;
            String chunk = text(in, (int) at);
            long size = Integer.toUnsignedLong(in.getInt((int) at + 4));
            if (size > content.length - start) {
                throw damaged(name, size + " bytes in the chunk '" + chunk + "'", content.length - start + " bytes");
            }
            if (chunk.equals("fmt ")) {
                requireFormat(in, start, size, name);
                format = start;
            } else if (chunk.equals("data")) {
                if (format < 0) {
                    throw damaged(name, "a chunk 'fmt ' before the data", "none");
                }
                return samples(in, format, start, (int) size, name);
            }
            at = start + size + size % 2;
        }
        throw damaged(name, "a chunk 'data'", "none");
    }

    private static void requireFormat(ByteBuffer in, int at, long size, String name) {
        if (size < 16) {
            throw damaged(name, "a chunk 'fmt ' of 16 bytes or more", size + " bytes");
        }
        int tag = Short.toUnsignedInt(in.getShort(at));
        int real = tag == EXTENSIBLE && size >= 26 ? Short.toUnsignedInt(in.getShort(at + 24)) : tag;
        int channels = Short.toUnsignedInt(in.getShort(at + 2));
        int bits = Short.toUnsignedInt(in.getShort(at + 14));
        if (real != PCM || bits != 16 || channels < 1 || channels > 2) {
            throw new DataException(
                    name + ": expected 16-bit PCM of 1 or 2 channels, got format " + real + " of " + bits + " bits and "
                            + channels + " channels; convert it, for example with sox in.wav -b 16 out.wav");
        }
        if (in.getInt(at + 4) < 1) {
            throw damaged(name, "a rate of 1 or more", Integer.toUnsignedString(in.getInt(at + 4)));
        }
    }

    private static Wav samples(ByteBuffer in, int format, int start, int size, String name) {
        int channels = in.getShort(format + 2);
        if (size % (2 * channels) != 0) {
            throw damaged(name, "whole frames of " + 2 * channels + " bytes", size + " bytes of data");
        }
        float[] samples = new float[size / 2];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = in.getShort(start + 2 * i) / SCALE;
        }
        return new Wav(in.getInt(format + 4), channels, samples);
    }

    private static String text(ByteBuffer in, int at) {
        byte[] word = new byte[4];
        in.get(at, word);
        return new String(word, StandardCharsets.ISO_8859_1);
    }

    private static DataException damaged(String name, String expected, String got) {
        return new DataException(name + ": expected a WAV file with " + expected + ", got " + got
                + "; the file is damaged or of another kind, copy or download it again");
    }

    /** Number of frames: samples of one channel. */
    public int frames() {
        return samples.length / channels;
    }

    /** The samples as (frames, channels). */
    public Tensor tensor() {
        return Tensor.of(samples, frames(), channels);
    }

    /** One channel: the mean of both. */
    public float[] mono() {
        if (channels == 1) {
            return samples.clone();
        }
        float[] mono = new float[frames()];
        for (int i = 0; i < mono.length; i++) {
            mono[i] = (samples[2 * i] + samples[2 * i + 1]) / 2;
        }
        return mono;
    }

    /** The file of this sound; what is beyond -1 to 1 is cut off. */
    public byte[] bytes() {
        int size = 2 * samples.length;
        ByteBuffer out = ByteBuffer.allocate(44 + size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("RIFF")).putInt(36 + size).put(ascii("WAVEfmt ")).putInt(16);
        out.putShort((short) PCM).putShort((short) channels).putInt(rate).putInt(rate * 2 * channels);
        out.putShort((short) (2 * channels))
                .putShort((short) 16)
                .put(ascii("data"))
                .putInt(size);
        for (float sample : samples) {
            out.putShort((short) Math.clamp(Math.round(sample * SCALE), Short.MIN_VALUE, Short.MAX_VALUE));
        }
        return out.array();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
