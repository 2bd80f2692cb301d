package dev.lamina.cpu.code;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Numbers behind the code, aligned to their sizes, equal ones once, and the places in the code that refer to them. */
final class Constants {
    /** Alignment of the first one, and the largest size. */
    static final int ALIGNMENT = 64;

    private final List<byte[]> values = new ArrayList<>();
    private int[] references = new int[48];
    private int used;

    Mem add(byte[] value) {
        int length = value.length;
        if (length == 0 || length > ALIGNMENT || (length & length - 1) != 0) {
            throw new IllegalArgumentException("constant: expected 1, 2, 4, ... 64 bytes, got " + length);
        }
        for (int i = 0; i < values.size(); i++) {
            if (Arrays.equals(values.get(i), value)) {
                return Mem.constant(i);
            }
        }
        values.add(value);
        return Mem.constant(values.size() - 1);
    }

    byte[] value(int number) {
        return values.get(number);
    }

    /** Notes that the four bytes at the position hold the distance from the instruction's end to the constant. */
    void refer(Mem constant, int position, int end) {
        if (used == references.length) {
            references = Arrays.copyOf(references, 2 * used);
        }
        references[used] = position;
        references[used + 1] = end;
        references[used + 2] = constant.constant;
        references[used + 3] = constant.displacement;
        used += 4;
    }

    /** The code with the constants behind it. */
    byte[] append(CodeBuffer code) {
        int[] places = new int[values.size()];
        int start = -Math.floorDiv(-code.size(), ALIGNMENT) * ALIGNMENT;
        int end = values.isEmpty() ? code.size() : start;
        // The largest first: then all are aligned without gaps.
        for (int size = ALIGNMENT; size > 0; size >>= 1) {
            for (int i = 0; i < places.length; i++) {
                if (values.get(i).length == size) {
                    places[i] = end;
                    end += size;
                }
            }
        }
        byte[] all = code.copy(end);
        Arrays.fill(all, code.size(), Math.min(start, end), (byte) 0xCC);
        for (int i = 0; i < places.length; i++) {
            System.arraycopy(values.get(i), 0, all, places[i], values.get(i).length);
        }
        for (int i = 0; i < used; i += 4) {
            int distance = places[references[i + 2]] + references[i + 3] - references[i + 1];
            write32(all, references[i], distance);
        }
        return all;
    }

    static void write32(byte[] code, int position, int value) {
        code[position] = (byte) value;
        code[position + 1] = (byte) (value >> 8);
        code[position + 2] = (byte) (value >> 16);
        code[position + 3] = (byte) (value >> 24);
    }
}
