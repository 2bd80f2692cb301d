package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Mem;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Content of a vector register that is known when the kernel is written. */
final class Constant {
    /** Bytes of an element: 4 or 8. */
    final int bytes;

    /** One element if all are equal, else all. */
    final long[] elements;

    private @Nullable Mem one;
    private @Nullable Mem whole;

    Constant(int bytes, long... elements) {
        this.bytes = bytes;
        this.elements = elements;
    }

    boolean isSplat() {
        return elements.length == 1;
    }

    /** One element in memory. */
    Mem one(Assembler code) {
        if (one == null) {
            one = bytes == 4 ? code.constant((int) elements[0]) : code.constant(elements[0]);
        }
        return one;
    }

    /** All elements in memory. */
    Mem whole(Assembler code, int vectorBits) {
        if (whole == null) {
            int n = vectorBits / 8 / bytes;
            long[] all = elements;
            if (isSplat()) {
                all = new long[n];
                Arrays.fill(all, elements[0]);
            }
            whole = bytes == 8 ? code.constant(all) : code.constant(narrowed(all));
        }
        return whole;
    }

    private static int[] narrowed(long[] all) {
        int[] words = new int[all.length];
        for (int i = 0; i < all.length; i++) {
            words[i] = (int) all[i];
        }
        return words;
    }
}
