package dev.lamina.cpu.code;

import java.util.Arrays;

/**
 * Writes machine code for x86-64. Instructions go out as they come; labels may be placed after the jumps to them; constants stand behind the code and are read
 * relative to the instruction, so the code runs at any address that is a multiple of 64.
 *
 * <p>An instruction on registers below 16 of 128 or 256 bits without mask and broadcast is encoded with VEX, else with EVEX.
 */
public final class Assembler {
    private static final int TILE_ROOM = 8;

    private final CodeBuffer code = new CodeBuffer();
    private final Constants constants = new Constants();
    private final Encoder encoder = new Encoder(code, constants);
    private final Listing listing = new Listing(constants);
    /** Where the distance of a long jump is written, and its label. */
    private int[] jumps = new int[16];

    private Label[] targets = new Label[16];
    private int open;
    private int labels;

    /** What the prologue took from the stack; for the epilogue. */
    int frame = -1;

    /**
     * Appends an instruction.
     *
     * @param operands in Intel's order: the result first
     */
    public void emit(Op op, Operand... operands) {
        int position = code.size();
        for (Form form : op.forms()) {
            if (encoder.encode(form, operands)) {
                listing.instruction(position, op, form, operands);
                return;
            }
        }
        throw new IllegalArgumentException(Listing.mismatch(op, operands));
    }

    /**
     * Appends an instruction of the tile unit that stands in a loop of such, and room behind it. While the core works for somebody else,
     * too (its other thread belongs to another machine), tile instructions that follow each other closely take up to twice as long as
     * with {@value #TILE_ROOM} others between them. Where the core is ours alone these cost nothing: the unit is what is waited for.
     */
    public void tile(Op op, Operand... operands) {
        emit(op, operands);
        for (int i = 0; i < TILE_ROOM; i++) {
            emit(Op.NOP);
        }
    }

    /** A new label, not yet placed. */
    public Label label() {
        return new Label(labels++);
    }

    /** Places a label here. */
    public void bind(Label label) {
        if (label.position != Label.UNBOUND) {
            throw new IllegalStateException("label L" + label.number + " is placed twice");
        }
        label.position = code.size();
        listing.label(code.size(), label);
    }

    /** Jumps. */
    public void jump(Label label) {
        jump(0xEB, 0, 0xE9, label);
        listing.jump("jmp", label);
    }

    /** Jumps if the condition holds. */
    public void jump(Condition condition, Label label) {
        jump(0x70 | condition.code, 0x0F, 0x80 | condition.code, label);
        listing.jump(condition.jump, label);
    }

    private void jump(int near, int escape, int far, Label label) {
        listing.at(code.size());
        int back = label.position - (code.size() + 2);
        if (label.position != Label.UNBOUND && back >= -128) {
            code.put(near);
            code.put(back);
            return;
        }
        if (escape != 0) {
            code.put(escape);
        }
        code.put(far);
        if (open == targets.length) {
            jumps = Arrays.copyOf(jumps, 2 * jumps.length);
            targets = Arrays.copyOf(targets, 2 * targets.length);
        }
        jumps[open] = code.size();
        targets[open++] = label;
        code.put32(0);
    }

    /** Sets a register to a number, in the shortest way. Changes the flags if the number is 0. */
    public void load(Gpr register, long value) {
        if (value == 0) {
            emit(Op.XOR32, register, register);
        } else {
            emit(value > 0 && value <= 0xFFFFFFFFL ? Op.MOV32 : Op.MOV, register, new Imm(value));
        }
    }

    /** A constant behind the code, aligned to its size; equal ones are kept once. Its length is a power of two up to 64. */
    public Mem constant(byte... bytes) {
        return constants.add(bytes.clone());
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(int... values) {
        byte[] bytes = new byte[4 * values.length];
        for (int i = 0; i < values.length; i++) {
            Constants.write32(bytes, 4 * i, values[i]);
        }
        return constants.add(bytes);
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(long... values) {
        byte[] bytes = new byte[8 * values.length];
        for (int i = 0; i < values.length; i++) {
            Constants.write32(bytes, 8 * i, (int) values[i]);
            Constants.write32(bytes, 8 * i + 4, (int) (values[i] >> 32));
        }
        return constants.add(bytes);
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(float... values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return constant(bits);
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(double... values) {
        long[] bits = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = Double.doubleToRawLongBits(values[i]);
        }
        return constant(bits);
    }

    /**
     * Fills with instructions that do nothing.
     *
     * @param bytes the next instruction starts at a multiple of this; a power of two up to 64
     */
    public void align(int bytes) {
        if (bytes < 1 || bytes > Constants.ALIGNMENT || (bytes & bytes - 1) != 0) {
            throw new IllegalArgumentException("alignment: expected 1, 2, 4, ... 64, got " + bytes);
        }
        for (int gap = -code.size() & bytes - 1; gap > 0; gap = -code.size() & bytes - 1) {
            nothing(Math.min(gap, 9));
        }
    }

    /** One instruction of 1 to 9 bytes that does nothing. */
    private void nothing(int length) {
        if (length == 1) {
            code.put(0x90);
            return;
        }
        if (length == 2 || length == 6 || length == 9) {
            code.put(0x66);
            if (length == 2) {
                code.put(0x90);
                return;
            }
        }
        // NOP with an address of 0, 1 or 4 bytes of displacement, with or without an index byte.
        int rest = length == 6 || length == 9 ? length - 1 : length;
        code.put(0x0F);
        code.put(0x1F);
        boolean hasIndex = rest == 5 || rest == 8;
        code.put((rest == 3 ? 0 : rest <= 5 ? 0x40 : 0x80) | (hasIndex ? 4 : 0));
        for (int i = 3; i < rest; i++) {
            code.put(0);
        }
    }

    /** A remark in the listing. */
    public void comment(String text) {
        listing.comment(code.size(), text);
    }

    /** Bytes of code so far. */
    public int size() {
        return code.size();
    }

    /** The finished code with its constants. */
    public byte[] bytes() {
        byte[] all = constants.append(code);
        for (int i = 0; i < open; i++) {
            if (targets[i].position == Label.UNBOUND) {
                throw new IllegalStateException("label L" + targets[i].number + " is not placed");
            }
            Constants.write32(all, jumps[i], targets[i].position - (jumps[i] + 4));
        }
        return all;
    }

    /** What was written, one instruction per line, in Intel's syntax as GNU as reads it. */
    public String listing() {
        return listing.text();
    }
}
