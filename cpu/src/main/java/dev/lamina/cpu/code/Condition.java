package dev.lamina.cpu.code;

/** When a jump is taken. The constant says how the operands of the last comparison relate; U means unsigned. */
public enum Condition {
    /** Equal, or the result was 0. */
    EQUAL(0x4, "e"),
    /** Not equal, or the result was not 0. */
    NOT_EQUAL(0x5, "ne"),
    /** Less, signed. */
    LESS(0xC, "l"),
    /** Less or equal, signed. */
    LESS_EQUAL(0xE, "le"),
    /** Greater, signed. */
    GREATER(0xF, "g"),
    /** Greater or equal, signed. */
    GREATER_EQUAL(0xD, "ge"),
    /** Less, unsigned; the carry flag. */
    BELOW(0x2, "b"),
    /** Less or equal, unsigned. */
    BELOW_EQUAL(0x6, "be"),
    /** Greater, unsigned. */
    ABOVE(0x7, "a"),
    /** Greater or equal, unsigned; no carry flag. */
    ABOVE_EQUAL(0x3, "ae"),
    /** The result was negative. */
    NEGATIVE(0x8, "s"),
    /** The result was not negative. */
    NOT_NEGATIVE(0x9, "ns"),
    /** The parity flag; after a comparison of floats: one is NaN. */
    PARITY(0xA, "p"),
    /** No parity flag. */
    NO_PARITY(0xB, "np");

    final int code;
    final String jump;

    Condition(int code, String suffix) {
        this.code = code;
        this.jump = "j" + suffix;
    }

    /** The condition that holds when this one does not. */
    public Condition opposite() {
        for (Condition c : values()) {
            if (c.code == (code ^ 1)) {
                return c;
            }
        }
        throw new AssertionError(this);
    }
}
