package dev.lamina.cpu.code;

/**
 * A vector register.
 *
 * @param number 0 to 31; from 16 on AVX-512 is needed
 * @param bits 128, 256 or 512
 * @param mask lanes that are written; k0 = all
 * @param zeroing whether the other lanes become 0 instead of keeping their value
 */
public record Vec(int number, int bits, Mask mask, boolean zeroing) implements Operand {
    /** Checks number and size. */
    public Vec {
        if (number < 0 || number > 31 || (bits != 128 && bits != 256 && bits != 512)) {
            throw new IllegalArgumentException("vector register: expected 0 to 31 of 128, 256 or 512 bits, got "
                    + number + " of " + bits + " bits");
        }
    }

    /** All lanes of a register. */
    public static Vec of(int number, int bits) {
        return new Vec(number, bits, Mask.NONE, false);
    }

    /** 128 bits. */
    public static Vec xmm(int number) {
        return of(number, 128);
    }

    /** 256 bits. */
    public static Vec ymm(int number) {
        return of(number, 256);
    }

    /** 512 bits. */
    public static Vec zmm(int number) {
        return of(number, 512);
    }

    /** The same register as a result of which only the lanes of the mask are written. */
    public Vec masked(Mask lanes) {
        return new Vec(number, bits, lanes, false);
    }

    /** The same register as a result of which all lanes outside the mask become 0. */
    public Vec zeroed(Mask lanes) {
        return new Vec(number, bits, lanes, true);
    }

    /** The same register in another size. */
    public Vec bits(int size) {
        return size == bits ? this : new Vec(number, size, mask, zeroing);
    }
}
