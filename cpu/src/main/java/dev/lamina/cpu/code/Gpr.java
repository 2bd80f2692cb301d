package dev.lamina.cpu.code;

/** A general register of 64 bits; instructions of 32, 16 and 8 bits name it by the same constant. The ordinal is its number. */
public enum Gpr implements Operand {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15
}
