package dev.lamina.cpu.vector;

import org.jspecify.annotations.Nullable;

/**
 * A place in memory: base + index * scale + displacement, in bytes.
 *
 * @param base an address; null for the kernel's scratch memory ({@link KernelCode#scratch})
 * @param index a number, or null
 * @param scale 1, 2, 4 or 8
 * @param displacement bytes
 */
public record At(@Nullable R base, @Nullable R index, int scale, int displacement) {
    /** The address itself. */
    public static At of(R base) {
        return new At(base, null, 1, 0);
    }

    /** Some bytes after an address. */
    public static At of(R base, int displacement) {
        return new At(base, null, 1, displacement);
    }

    /** base + index * scale, where the scale is 1, 2, 4 or 8. */
    public static At of(R base, R index, int scale) {
        return new At(base, index, scale, 0);
    }

    /** Some bytes after this place. */
    public At plus(int bytes) {
        return new At(base, index, scale, displacement + bytes);
    }
}
