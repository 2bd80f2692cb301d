package dev.lamina.core.compiler;

import java.util.Arrays;
import java.util.stream.IntStream;

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
        int[] order = IntStream.range(0, sizes.length)
                .boxed()
                // Comparator.comparingLong would make a serializable lambda, which no AOT cache holds: this runs at
                // every start.
                .sorted((i, j) -> Long.compare(sizes[j], sizes[i]))
                .mapToInt(i -> i)
                .toArray();
        long end = 0;
        for (int place = 0; place < order.length; place++) {
            int value = order[place];
            int[] rivals = Arrays.stream(order, 0, place)
                    .filter(other -> births[other] <= deaths[value] && births[value] <= deaths[other])
                    .boxed()
                    .sorted((i, j) -> Long.compare(offsets[i], offsets[j]))
                    .mapToInt(i -> i)
                    .toArray();
            long at = 0;
            for (int rival : rivals) {
                if (at + sizes[value] <= offsets[rival]) {
                    break;
                }
                at = Math.max(at, align(offsets[rival] + sizes[rival]));
            }
            offsets[value] = at;
            end = Math.max(end, at + sizes[value]);
        }
        total = align(end);
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
