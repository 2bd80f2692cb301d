package dev.lamina.cpu.code;

import java.util.Arrays;

/** Bytes that grow. */
final class CodeBuffer {
    private byte[] bytes = new byte[1024];
    private int size;

    int size() {
        return size;
    }

    void put(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) value;
    }

    void put32(int value) {
        if (size + 4 > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size] = (byte) value;
        bytes[size + 1] = (byte) (value >> 8);
        bytes[size + 2] = (byte) (value >> 16);
        bytes[size + 3] = (byte) (value >> 24);
        size += 4;
    }

    void put64(long value) {
        put32((int) value);
        put32((int) (value >> 32));
    }

    /** The bytes, followed by zeros up to the given length. */
    byte[] copy(int length) {
        return Arrays.copyOf(bytes, length);
    }
}
