package dev.lamina.cpu.code;

import org.jspecify.annotations.Nullable;

/**
 * A place in memory: base + index * scale + displacement, or a constant behind the code.
 */
public final class Mem implements Operand {
    final @Nullable Gpr base;
    final @Nullable Operand index;
    final int scale;
    final int displacement;
    /** Number of the constant, -1 if this is an ordinary address. */
    final int constant;

    final boolean broadcast;
    final int mask;
    /** Size in bits where the instruction does not say it; 0 = it says it. */
    final int bits;

    private Mem(
            @Nullable Gpr base,
            @Nullable Operand index,
            int scale,
            int displacement,
            int constant,
            boolean broadcast,
            int mask,
            int bits) {
        this.base = base;
        this.index = index;
        this.scale = scale;
        this.displacement = displacement;
        this.constant = constant;
        this.broadcast = broadcast;
        this.mask = mask;
        this.bits = bits;
    }

    /** The address in a register. */
    public static Mem at(Gpr base) {
        return at(base, 0);
    }

    /** base + displacement. */
    public static Mem at(Gpr base, int displacement) {
        return new Mem(base, null, 1, displacement, -1, false, 0, 0);
    }

    /** base + index. */
    public static Mem at(Gpr base, Gpr index) {
        return at(base, index, 1, 0);
    }

    /**
     * base + index * scale + displacement.
     *
     * @param index any register but RSP
     * @param scale 1, 2, 4 or 8
     */
    public static Mem at(Gpr base, Gpr index, int scale, int displacement) {
        if (index == Gpr.RSP) {
            throw new IllegalArgumentException("index: RSP cannot be one");
        }
        return new Mem(base, index, checked(scale), displacement, -1, false, 0, 0);
    }

    /** index * scale + displacement, without a base. */
    public static Mem scaled(Gpr index, int scale, int displacement) {
        if (index == Gpr.RSP) {
            throw new IllegalArgumentException("index: RSP cannot be one");
        }
        return new Mem(null, index, checked(scale), displacement, -1, false, 0, 0);
    }

    /** One address per lane of the index vector, for gathers and scatters. */
    public static Mem vsib(Gpr base, Vec index, int scale, int displacement) {
        return new Mem(base, index, checked(scale), displacement, -1, false, 0, 0);
    }

    /** The size of the address vector, or of this memory if it says it; else 0. */
    int vectorBits() {
        return index instanceof Vec v ? v.bits() : bits;
    }

    static Mem constant(int number) {
        return new Mem(null, null, 1, 0, number, false, 0, 0);
    }

    private static int checked(int scale) {
        if (scale != 1 && scale != 2 && scale != 4 && scale != 8) {
            throw new IllegalArgumentException("scale: expected 1, 2, 4 or 8, got " + scale);
        }
        return scale;
    }

    /** One element here, given to all lanes: {1toN}. */
    public Mem broadcast() {
        return new Mem(base, index, scale, displacement, constant, true, mask, bits);
    }

    /** As the target of a store that writes only the lanes of the mask. */
    public Mem masked(Mask lanes) {
        return new Mem(base, index, scale, displacement, constant, broadcast, lanes.number(), bits);
    }

    /** With a size, for instructions whose other operands do not say it, such as a conversion from f64 to f32. */
    public Mem bits(int size) {
        return new Mem(base, index, scale, displacement, constant, broadcast, mask, size);
    }

    /** The place this many bytes further. */
    public Mem plus(int bytes) {
        return new Mem(base, index, scale, Math.addExact(displacement, bytes), constant, broadcast, mask, bits);
    }
}
