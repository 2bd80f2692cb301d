package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Mask;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.code.Vec;

/**
 * Code that splits f32 numbers in three parts of bf16 each, so that the tile unit multiplies them with the accuracy of f32.
 *
 * <p>a = a1 + a2 + a3 exactly: a1 is a without its lower 16 bits, a2 the rest rounded to bf16, a3 what is then left, which has at most 7
 * bits. As |a2| &lt; 2<sup>-7</sup> |a| and |a3| &lt;= 2<sup>-16</sup> |a|, six of the nine products of parts give a b but for at most
 * 2<sup>-22</sup> |a b|, 2<sup>-24.6</sup> |a b| in the mean (G. Henry, P. T. P. Tang, A. Heinecke: Leveraging the bfloat16 Artificial
 * Intelligence Datatype For Higher-Precision Computations, 2019). An infinity is a1, with 0 beside it; of a NaN a part at least is NaN.
 * Of numbers below 2<sup>-110</sup> the parts lose up to 2<sup>-133</sup>.
 *
 * <p>Registers 22 to 28 and mask 4 belong to this code between {@link #begin} and {@link #end}.
 */
final class SplitCode {
    /** Parts of a number. */
    static final int PLANES = 3;

    /** The parts of a and b whose products count, from 0; from one pair to the next only one of both changes. */
    static final int[][] TERMS = {{0, 2}, {0, 1}, {1, 1}, {1, 0}, {0, 0}, {2, 0}};

    private static final Vec MAGNITUDE = Vec.zmm(23);
    private static final Vec NO_SIGN = Vec.zmm(24);
    private static final Vec UPPER = Vec.zmm(25);
    private static final Vec HALF = Vec.zmm(26);
    private static final Vec INFINITY = Vec.zmm(27);
    private static final Vec LARGEST = Vec.zmm(28);
    private static final Vec UPPER_WORDS = Vec.zmm(22);
    private static final Mask IS_FINITE = new Mask(4);

    /** The comparison "not equal", true for NaN. */
    private static final int NOT_EQUAL = 4;

    private SplitCode() {}

    static void begin(Assembler code) {
        code.emit(Op.VPBROADCASTD, NO_SIGN, code.constant(0x7FFF_FFFF));
        code.emit(Op.VPBROADCASTD, UPPER, code.constant(0xFFFF_0000));
        code.emit(Op.VPBROADCASTD, HALF, code.constant(0x8000));
        code.emit(Op.VPBROADCASTD, INFINITY, code.constant(0x7F80_0000));
        code.emit(Op.VPXORD, LARGEST, LARGEST, LARGEST);
        int[] words = new int[16];
        for (int i = 0; i < words.length; i++) {
            words[i] = (4 * i + 1) | (4 * i + 3) << 16;
        }
        code.emit(Op.VMOVUPS, UPPER_WORDS, code.constant(words));
    }

    /** Begins with what was the largest magnitude of each lane so far. */
    static void begin(Assembler code, Mem largest) {
        begin(code);
        code.emit(Op.VMOVUPS, LARGEST, largest);
    }

    /** Puts the first part of each number to {@code high} and the second to {@code middle}; the third replaces the number. */
    static void split(Assembler code, Vec number, Vec high, Vec middle) {
        code.emit(Op.VPANDD, MAGNITUDE, number, NO_SIGN);
        // A NaN leaves what was the largest.
        code.emit(Op.VMAXPS, LARGEST, MAGNITUDE, LARGEST);
        code.emit(Op.VCMPPS, IS_FINITE, MAGNITUDE, INFINITY, Imm.of(NOT_EQUAL));
        code.emit(Op.VPANDD, high, number, UPPER);
        code.emit(Op.VSUBPS, number.zeroed(IS_FINITE), number, high);
        code.emit(Op.VPADDD, middle, number, HALF);
        code.emit(Op.VPANDD, middle, middle, UPPER);
        code.emit(Op.VSUBPS, number, number, middle);
        // Only subnormal numbers have something there.
        code.emit(Op.VPANDD, number, number, UPPER);
    }

    /** Puts parts in two registers together as bf16: one register after the other, or in turns. */
    static void join(Assembler code, Vec low, Vec high, boolean inTurns) {
        if (inTurns) {
            code.emit(Op.VPSRLD, low, low, Imm.of(16));
            code.emit(Op.VPORD, low, low, high);
        } else {
            code.emit(Op.VPERMT2W, low, UPPER_WORDS, high);
        }
    }

    /** Stores the largest magnitude that each lane has met. */
    static void end(Assembler code, Mem to) {
        code.emit(Op.VMOVUPS, to, LARGEST);
    }
}
