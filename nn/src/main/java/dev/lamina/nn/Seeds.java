package dev.lamina.nn;

/** Seeds derived from other seeds, so that one number decides everything and equal uses get different numbers. */
final class Seeds {
    private Seeds() {}

    /** A well-mixed function of both numbers (the finalizer of SplitMix64, Steele and others 2014). */
    static long mix(long seed, long position) {
        long z = seed + (position + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A number for a name; the same in every release (FNV-1a over the UTF-16 units, then mixed). */
    static long of(String name) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001B3L;
        }
        return mix(hash, 0);
    }
}
