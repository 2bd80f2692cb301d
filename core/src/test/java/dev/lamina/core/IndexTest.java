package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Slices follow Python. */
class IndexTest {
    @Test
    void rangesAgreeWithAWalk() {
        long seed = 20;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            int extent = random.nextInt(0, 8);
            int from = random.nextInt(-10, 11);
            int to = random.nextInt(-10, 11);
            int step = random.nextInt(1, 4) * (random.nextBoolean() ? 1 : -1);
            long[] got =
                    Tensor.arange(extent).slice(Index.range(from, to, step)).toLongArray();
            String where = "seed " + seed + ", " + extent + "[" + from + ":" + to + ":" + step + "]";
            assertArrayEquals(walk(extent, from, to, step), got, where);
        }
    }

    @Test
    void indicesAddDropAndSkipAxes() {
        Tensor x = Tensor.arange(24).reshape(2, 3, 4);
        assertEquals(Shape.of(3, 4), x.slice(Index.at(-1)).shape());
        assertEquals(Shape.of(2, 3), x.slice(Index.ellipsis(), Index.at(0)).shape());
        assertEquals(
                Shape.of(1, 2, 1, 3, 2),
                x.slice(Index.newAxis(), Index.all(), Index.newAxis(), Index.ellipsis(), Index.every(2))
                        .shape());
        assertArrayEquals(
                new long[] {23, 21},
                x.slice(Index.at(1), Index.at(2), Index.every(-2)).toLongArray());
        assertArrayEquals(
                new long[] {8, 9},
                x.slice(Index.to(1), Index.from(2), Index.to(2)).toLongArray());
        assertEquals("1:-1:2", Index.range(1, -1, 2).toString());
    }

    @Test
    void impossibleIndicesAreErrors() {
        Tensor x = Tensor.zeros(2, 3);
        assertThrows(LaminaException.class, () -> Index.range(0, 1, 0));
        assertThrows(ShapeException.class, () -> x.slice(Index.at(2)));
        assertThrows(ShapeException.class, () -> x.slice(Index.all(), Index.all(), Index.all()));
        assertThrows(ShapeException.class, () -> x.slice(Index.ellipsis(), Index.ellipsis()));
    }

    /** What Python's slice gives: bounds are moved into the axis, then the walk stops at the end. */
    private static long[] walk(int extent, int from, int to, int step) {
        int low = step > 0 ? 0 : -1;
        int high = step > 0 ? extent : extent - 1;
        int start = Math.max(low, Math.min(high, from < 0 ? from + extent : from));
        int end = Math.max(low, Math.min(high, to < 0 ? to + extent : to));
        return IntStream.iterate(start, i -> step > 0 ? i < end : i > end, i -> i + step)
                .asLongStream()
                .toArray();
    }
}
