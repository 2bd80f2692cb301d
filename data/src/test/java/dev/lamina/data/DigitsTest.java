package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DigitsTest {

    /** The resource has the values of the source, all of them. */
    @Test
    void equalTheSource() {
        Dataset source = Csv.dataset(
                Check.shared("data/tabular/digits.csv.gz"), Csv.options().label(-1));
        assertEquals(Digits.SIZE, source.size());
        assertArrayEquals(
                source.features().toFloatArray(),
                Digits.all().features().mul(16).toFloatArray());
        assertArrayEquals(source.labels().toLongArray(), Digits.all().labels().toLongArray());
        assertEquals(
                "[features f32 (64,), labels i64 ()]", Digits.all().fields().toString());
    }

    @Test
    void splitIsStratifiedAndFixed() {
        assertEquals(1438, Digits.train().size());
        assertEquals(359, Digits.test().size());
        long[] all = Digits.all().labels().toLongArray();
        long[] train = Digits.train().labels().toLongArray();
        for (int digit = 0; digit < Digits.CLASSES; digit++) {
            long label = digit;
            long in = Arrays.stream(all).filter(l -> l == label).count();
            long share = Arrays.stream(train).filter(l -> l == label).count();
            assertTrue(Math.abs(share - 0.8 * in) < 1, digit + ": " + share + " of " + in);
        }
        assertSame(Digits.train(), Digits.train());
        // The sum of all test pixels, so that a change of the split cannot go unnoticed.
        assertEquals(7024.6875, Digits.test().features().toF64().sum().item());
        Digits.all().requireClasses(Digits.CLASSES).requireFinite();
    }

    @Test
    void comeWithTheirAttribution() {
        assertNotNull(Digits.class.getResource("digits-attribution.txt"));
    }
}
