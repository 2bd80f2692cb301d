package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Op;
import org.jspecify.annotations.Nullable;

/**
 * One instruction on virtual registers. An operand is the number of a virtual register, with a {@link #HALF width} where the instruction takes
 * less than the whole vector.
 */
final class Instruction {
    /** No operand. */
    static final int NONE = -1;

    /** An operand of an FMA that is read from {@link #at}. */
    static final int MEMORY = -2;

    /** Added to an operand: half of the vector. */
    static final int HALF = 1 << 24;

    /** Added to an operand: a quarter of the vector, but not less than 128 bits. */
    static final int QUARTER = 2 << 24;

    /** Added to an operand: the lowest 128 bits. */
    static final int LOWEST = 3 << 24;

    private static final int NUMBER = (1 << 24) - 1;

    /** What the instruction becomes. */
    enum Form {
        /** {@code op d, a, b, c, memory, immediate}, without what is not there; a store has the memory first. */
        PLAIN,
        /** {@code op d, b, c, memory, immediate} on a d that was a copy of a before. */
        TIED,
        /** d = a * b + c in one of its three forms. */
        FMA,
        /** d = a. */
        MOVE,
        /** A general register becomes the immediate. */
        NUMBER,
        /** Binds the label. */
        LABEL,
        /** Jumps to the label if the condition holds, or always if there is none. */
        JUMP,
        /** A block begins: constants that are used in it are loaded before. */
        BLOCK,
        /** A block ends. */
        END_BLOCK,
        /** Nothing: an instruction that was dropped. */
        REMOVED
    }

    final Form form;
    final @Nullable Op op;
    int d;
    int a;
    int b;
    int c;

    /** Mask register under which d or the memory is written. */
    int mask = NONE;

    boolean zeroing;

    @Nullable
    At at;

    /** Vector of indices in the address, instead of the general one. */
    int gather = NONE;

    boolean store;

    /** Size of the memory operand in bits where it has to be said, else 0. */
    int memoryBits;

    boolean hasImmediate;
    long immediate;

    /**
     * What the last register operand may be instead: 0 only a register, 1 memory, 4 or 8 memory or one element of this many bytes, repeated.
     */
    int fold;

    /** Whether a and b may be exchanged. */
    boolean commutes;

    /** Whether d has to be another register than all operands. */
    boolean early;

    /** Number of the label of a LABEL or JUMP. */
    int label;

    @Nullable
    Condition condition;

    /** Of an FMA: 0 = a * b + c, 1 = c - a * b, 2 = a * b - c; of doubles 3 more. */
    int fma;

    Instruction(Form form, @Nullable Op op, int d, int a, int b, int c) {
        this.form = form;
        this.op = op;
        this.d = d;
        this.a = a;
        this.b = b;
        this.c = c;
    }

    /** Register of an operand. */
    static int register(int operand) {
        return operand & NUMBER;
    }

    /** Bits of a vector operand. */
    static int bits(int operand, int vectorBits) {
        return switch (operand & ~NUMBER) {
            case HALF -> vectorBits / 2;
            case QUARTER -> Math.max(vectorBits / 4, 128);
            case LOWEST -> 128;
            default -> vectorBits;
        };
    }

    Instruction immediate(long value) {
        immediate = value;
        hasImmediate = true;
        return this;
    }

    Instruction fold(int bytes) {
        fold = bytes;
        return this;
    }

    Instruction commutes() {
        commutes = true;
        return this;
    }

    Instruction memory(At place) {
        at = place;
        return this;
    }

    Instruction memory(At place, int bits) {
        at = place;
        memoryBits = bits;
        return this;
    }

    Instruction stores() {
        store = true;
        return this;
    }

    Instruction early() {
        early = true;
        return this;
    }

    /** Lanes outside of the mask keep what was there; no mask if it is {@link #NONE}. */
    Instruction masked(int register) {
        mask = register;
        return this;
    }

    /** Lanes outside of the mask become 0; no mask if it is {@link #NONE}. */
    Instruction zeroed(int register) {
        mask = register;
        zeroing = register != NONE;
        return this;
    }

    /** The register that the operand which may be memory is, or NONE. */
    int foldable() {
        if (fold == 0 || at != null) {
            return NONE;
        }
        int last = c != NONE ? c : b != NONE ? b : form == Form.TIED ? NONE : a;
        return last != NONE && register(last) == last ? last : NONE;
    }
}
