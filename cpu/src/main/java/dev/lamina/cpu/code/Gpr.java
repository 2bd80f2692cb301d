package dev.lamina.cpu.code;

/** A general register of 64 bits; instructions of 32, 16 and 8 bits name it by the same constant. */
public enum Gpr implements Operand {
    RAX(0),
    RCX(1),
    RDX(2),
    RBX(3),
    RSP(4),
    RBP(5),
    RSI(6),
    RDI(7),
    R8(8),
    R9(9),
    R10(10),
    R11(11),
    R12(12),
    R13(13),
    R14(14),
    R15(15);

    /** Its number in instructions. */
    final int number;

    Gpr(int number) {
        this.number = number;
    }

    /** Its number in instructions, 0 to 15. */
    public int number() {
        return number;
    }
}
