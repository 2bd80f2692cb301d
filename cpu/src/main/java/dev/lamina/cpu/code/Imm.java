package dev.lamina.cpu.code;

/**
 * A number inside an instruction.
 *
 * @param value the number; instructions take 8 or 32 bits, a move of 64 bits takes all
 */
public record Imm(long value) implements Operand {
    /** The number as an operand. */
    public static Imm of(long value) {
        return new Imm(value);
    }
}
