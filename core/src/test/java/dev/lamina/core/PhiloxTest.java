package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.op.Philox;
import org.junit.jupiter.api.Test;

/** The published known answers of Philox 4x32 with ten rounds (Random123), and how words become numbers. */
class PhiloxTest {
    @Test
    void zeros() {
        assertBlock(0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    }

    @Test
    void ones() {
        assertBlock(-1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    }

    @Test
    void digitsOfPi() {
        assertBlock(
                0x299f31d0_a4093822L,
                0x03707344_13198a2eL,
                0x85a308d3_243f6a88L,
                0xd16cfe09,
                0x94fdcceb,
                0x5001e420,
                0x24126ea1);
    }

    private static void assertBlock(long key, long stream, long block, int... expected) {
        int[] words = new int[4];
        Philox.block(key, stream, block, words, 0);
        assertArrayEquals(expected, words);
    }

    @Test
    void wordsBecomeNumbersBelowOne() {
        assertEquals(0f, Philox.toFloat(0));
        assertEquals(1 - 0x1p-24f, Philox.toFloat(-1));
        assertEquals(0.5f, Philox.toFloat(0x80000000));
        assertEquals(0.0, Philox.toDouble(0, 0));
        assertEquals(1 - 0x1p-53, Philox.toDouble(-1, -1));
        assertEquals(0.5, Philox.toDouble(0x80000000, 0));
    }
}
