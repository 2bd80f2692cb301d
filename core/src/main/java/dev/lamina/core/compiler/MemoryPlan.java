package dev.lamina.core.compiler;

/**
 * Places intermediate values in one block of memory so that values alive at the same time do not overlap: largest first, each at
 * the lowest place that is free during its life.
 */
public final class MemoryPlan {
    private static final long ALIGNMENT = 64;

    private final long[] offsets;
    private final long total;

    /**
     * @param sizes bytes of each value
     * @param births step that writes each value
     * @param deaths last step that touches each value
     */
    public MemoryPlan(long[] sizes, int[] births, int[] deaths) {
        offsets = new long[sizes.length];
        int[] order = new int[sizes.length];
        for (int i = 0; i < order.length; i++) {
            insert(order, i, i, sizes, true);
        }
        long end = 0;
        int[] rivals = new int[order.length];
        for (int place = 0; place < order.length; place++) {
            int value = order[place];
            int count = 0;
            for (int i = 0; i < place; i++) {
                int other = order[i];
                if (births[other] <= deaths[value] && births[value] <= deaths[other]) {
                    insert(rivals, count++, other, offsets, false);
                }
            }
            long at = 0;
            for (int i = 0; i < count && at + sizes[value] > offsets[rivals[i]]; i++) {
                at = Math.max(at, align(offsets[rivals[i]] + sizes[rivals[i]]));
            }
            offsets[value] = at;
            end = Math.max(end, at + sizes[value]);
        }
        total = align(end);
    }

    /** Puts a value behind those that come first by their keys, and behind equals. */
    private static void insert(int[] sorted, int count, int value, long[] keys, boolean falling) {
        int at = count;
        while (at > 0 && (falling ? keys[sorted[at - 1]] < keys[value] : keys[sorted[at - 1]] > keys[value])) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = value;
    }

    /** First byte of each value. */
    public long offset(int value) {
        return offsets[value];
    }

    /** Number of values. */
    public int count() {
        return offsets.length;
    }

    /** Bytes of the whole block. */
    public long total() {
        return total;
    }

    private static long align(long position) {
        return (position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
