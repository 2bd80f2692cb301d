package dev.lamina.cpu.code;

/**
 * Sizes of the data caches in bytes.
 *
 * @param l1 first level, of one core
 * @param l2 second level
 * @param l3 last level, shared by cores; as large as the second if there is none
 */
public record Caches(long l1, long l2, long l3) {
    /** What is assumed if the processor does not say. */
    static final Caches USUAL = new Caches(32 << 10, 1 << 20, 8 << 20);

    private static final int MOST_CACHES = 16;

    private static final class Machine {
        static final Caches CACHES = detect();
    }

    /** The caches of this machine. */
    public static Caches machine() {
        return Machine.CACHES;
    }

    private static Caches detect() {
        if (Isa.detect().vectorBits() == 0) {
            return USUAL;
        }
        try {
            Cpuid cpu = Cpuid.get();
            // AMD has the same table at another place.
            boolean isAmd = cpu.leaf(0x80000000, 0)[0] >= 0x8000001D && cpu.has(0x80000001, 0, 2, 22);
            return isAmd || cpu.leaf(0, 0)[0] >= 4 ? read(cpu, isAmd ? 0x8000001D : 4) : USUAL;
        } catch (CodeException e) {
            return USUAL;
        }
    }

    private static Caches read(Cpuid cpu, int leaf) {
        long[] sizes = new long[4];
        for (int i = 0; i < MOST_CACHES; i++) {
            int[] cache = cpu.leaf(leaf, i);
            int type = cache[0] & 31;
            int level = cache[0] >> 5 & 7;
            if (type == 0) {
                break;
            }
            // 1 = data, 2 = instructions, 3 = both.
            if (type != 2 && level >= 1 && level <= 3) {
                long ways = (cache[1] >>> 22) + 1L;
                long partitions = ((cache[1] >>> 12) & 1023) + 1L;
                long line = (cache[1] & 4095) + 1L;
                long sets = (cache[2] & 0xFFFFFFFFL) + 1L;
                sizes[level] = ways * partitions * line * sets;
            }
        }
        return sane(sizes[1], sizes[2], sizes[3]);
    }

    /** Virtual machines report caches that do not exist, or none. */
    static Caches sane(long l1, long l2, long l3) {
        long first = l1 >= 8 << 10 && l1 <= 1 << 20 ? l1 : USUAL.l1;
        long second = l2 >= first && l2 <= 64 << 20 ? l2 : Math.max(first, USUAL.l2);
        return new Caches(first, second, l3 >= second ? l3 : second);
    }
}
