package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The instructions of a kernel and its virtual registers. */
final class Program {
    /** Kinds of registers: general, vector, mask. */
    static final int GENERAL = 0;

    static final int VECTOR = 1;
    static final int MASK = 2;

    final int vectorBits;
    Instruction[] code = new Instruction[128];
    int size;

    byte[] kinds = new byte[128];

    @Nullable
    Constant[] constants = new @Nullable Constant[128];

    int registers;

    /** Registers of the arguments, or NONE if they are not asked for. */
    final int[] arguments = {Instruction.NONE, Instruction.NONE, Instruction.NONE, Instruction.NONE};

    /** Number of labels. */
    int labels;

    /** Bytes of scratch memory. */
    int scratch;

    private final int[] known = new int[256];
    private int knownCount;

    Program(int vectorBits) {
        this.vectorBits = vectorBits;
    }

    int register(int kind) {
        if (registers == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * registers);
            constants = Arrays.copyOf(constants, 2 * registers);
        }
        kinds[registers] = (byte) kind;
        return registers++;
    }

    /** The register of a constant; equal ones share one. */
    int constant(int bytes, long... elements) {
        for (int i = 0; i < knownCount; i++) {
            Constant c = constants[known[i]];
            if (c != null && c.bytes == bytes && Arrays.equals(c.elements, elements)) {
                return known[i];
            }
        }
        int register = register(VECTOR);
        constants[register] = new Constant(bytes, elements);
        if (knownCount < known.length) {
            known[knownCount++] = register;
        }
        return register;
    }

    Instruction add(Form form, @Nullable Op op, int d, int a, int b, int c) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
        }
        Instruction instruction = new Instruction(form, op, d, a, b, c);
        code[size++] = instruction;
        return instruction;
    }

    Instruction plain(Op op, int d, int a, int b) {
        return add(Form.PLAIN, op, d, a, b, Instruction.NONE);
    }

    Instruction plain(Op op, int d, int a) {
        return add(Form.PLAIN, op, d, a, Instruction.NONE, Instruction.NONE);
    }

    /** An instruction whose first operand is read and written. */
    Instruction tied(Op op, int d, int a, int b) {
        return add(Form.TIED, op, d, a, b, Instruction.NONE);
    }

    void move(int d, int a) {
        add(Form.MOVE, null, d, a, Instruction.NONE, Instruction.NONE);
    }
}
