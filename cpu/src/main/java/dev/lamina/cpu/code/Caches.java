package dev.lamina.cpu.code;

/**
 * Sizes of the data caches in bytes.
 *
 * @param l1 first level, of one core
 * @param l2 second level
 * @param l3 last level; shared
 */
public record Caches(long l1, long l2, long l3) {
    /** What is assumed if the processor does not say. */
    static final Caches USUAL = new Caches(32 << 10, 1 << 20, 8 << 20);

    /** The caches of this machine. */
    public static Caches machine() {
        return USUAL;
    }
}
