package dev.lamina.cpu.code;

/** Writes machine code. */
public final class Assembler {
    /** Appends an instruction; operands in Intel's order, the result first. */
    public void emit(Op op, Operand... operands) {
        throw new UnsupportedOperationException();
    }

    /** A new label, not yet placed. */
    public Label label() {
        return new Label(0);
    }

    /** Places a label here. */
    public void bind(Label label) {}

    /** Jumps. */
    public void jump(Label label) {}

    /** Jumps if the condition holds. */
    public void jump(Condition condition, Label label) {}

    /** Sets a register to a number, in the shortest way. Changes the flags if the number is 0. */
    public void load(Gpr register, long value) {}

    /** A constant behind the code, aligned to its size; equal ones are kept once. Its length is a power of two up to 64. */
    public Mem constant(byte... bytes) {
        throw new UnsupportedOperationException();
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(int... values) {
        throw new UnsupportedOperationException();
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(long... values) {
        throw new UnsupportedOperationException();
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(float... values) {
        throw new UnsupportedOperationException();
    }

    /** As {@link #constant(byte...)}. */
    public Mem constant(double... values) {
        throw new UnsupportedOperationException();
    }

    /** Fills with instructions that do nothing, up to a multiple of the given power of two. */
    public void align(int bytes) {}

    /** A remark in the listing. */
    public void comment(String text) {}

    /** Bytes so far. */
    public int size() {
        return 0;
    }

    /** The finished code with its constants. */
    public byte[] bytes() {
        return new byte[0];
    }

    /** What was written, one instruction per line. */
    public String listing() {
        return "";
    }
}
