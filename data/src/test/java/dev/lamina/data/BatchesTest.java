package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchesTest {

    @Property(tries = 200)
    void everyExampleComesOncePerEpoch(
            @ForAll @IntRange(max = 300) int examples,
            @ForAll @IntRange(min = 1, max = 70) int batchSize,
            @ForAll long seed,
            @ForAll @IntRange(max = 1000) int epoch) {
        Batches batches = Batches.of(examples, batchSize).shuffle(seed).epoch(epoch);
        assertArrayEquals(
                IntStream.range(0, examples).toArray(),
                Arrays.stream(batches.order()).sorted().toArray());
        int total = 0;
        for (int batch = 0; batch < batches.count(); batch++) {
            assertEquals(total, batches.from(batch));
            total += batches.size(batch);
            assertTrue(batches.size(batch) == batchSize || batch == batches.count() - 1);
        }
        assertEquals(examples, total);
        assertEquals(examples / batchSize, batches.dropLast().count());
        // Nothing but the seed and the epoch counts.
        int[] order = batches.order().clone();
        batches.epoch(epoch + 1).epoch(epoch);
        assertArrayEquals(order, batches.order());
    }

    /** The order is part of what a seed promises: it must not change in a later version. */
    @Test
    void theOrderIsFixedForever() {
        assertArrayEquals(
                new int[] {8, 1, 9, 2, 6, 0, 4, 5, 3, 7},
                Batches.of(10, 4).shuffle(42).epoch(0).order());
    }

    @Test
    void epochsAndSeedsDiffer() {
        Batches batches = Batches.of(100, 10).shuffle(1);
        int[] first = batches.epoch(0).order().clone();
        assertFalse(Arrays.equals(first, batches.epoch(1).order()));
        assertFalse(Arrays.equals(first, Batches.of(100, 10).shuffle(2).epoch(0).order()));
        // Neighbouring seeds and epochs must not be shifted copies of each other.
        assertFalse(Arrays.equals(
                batches.epoch(1).order().clone(),
                Batches.of(100, 10).shuffle(2).epoch(0).order()));
    }

    /** All 24 orders of four examples come about equally often. */
    @Test
    void ordersAreUniform() {
        int[] counts = new int[256];
        Batches batches = Batches.of(4, 4).shuffle(5);
        int epochs = 24_000;
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = batches.epoch(epoch).order();
            counts[order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3]]++;
        }
        int[] seen = Arrays.stream(counts).filter(count -> count > 0).toArray();
        assertEquals(24, seen.length);
        double chiSquare = Arrays.stream(seen)
                .mapToDouble(c -> (c - 1000.0) * (c - 1000.0) / 1000.0)
                .sum();
        assertTrue(chiSquare < 49.7, "chi square of 23 degrees of freedom, p = 0.001: " + chiSquare);
    }

    @Test
    void withoutShufflingTheOrderStays() {
        Batches batches = Batches.of(5, 2);
        assertArrayEquals(new int[] {0, 1, 2, 3, 4}, batches.epoch(3).order());
        assertEquals(1, batches.size(2));
        assertSame(batches.order(), batches.order());
        assertThrows(IndexOutOfBoundsException.class, () -> batches.size(3));
        assertThrows(IndexOutOfBoundsException.class, () -> batches.dropLast().from(2));
        assertEquals(0, Batches.of(0, 4).count());
    }

    @Test
    void saysWhatIsWrong() {
        Check.error(() -> Batches.of(10, 0), "1 or more", "got 0");
        Check.error(() -> Batches.of(1L << 31, 1), "2^31 - 1", "got 2147483648");
    }
}
