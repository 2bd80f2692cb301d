package dev.lamina.cpu.code;

/**
 * A mask register of AVX-512.
 *
 * @param number 0 to 7; k0 as a mask of another register means no mask
 * @param under number of the mask under which this one is written (other bits become 0); 0 = none
 */
public record Mask(int number, int under) implements Operand {
    /** No mask. */
    public static final Mask NONE = new Mask(0);

    /** Checks the numbers. */
    public Mask {
        if (number < 0 || number > 7 || under < 0 || under > 7) {
            throw new IllegalArgumentException("mask: expected 0 to 7, got " + number + " under " + under);
        }
    }

    /** The register of this number. */
    public Mask(int number) {
        this(number, 0);
    }

    /** This register as the result of a comparison that looks only at the lanes of the given mask. */
    public Mask masked(Mask mask) {
        return new Mask(number, mask.number);
    }
}
