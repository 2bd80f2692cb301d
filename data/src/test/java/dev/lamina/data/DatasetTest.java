package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class DatasetTest {

    /** Row r has the features 10 r, 10 r + 1 and the label r. */
    private static Dataset numbered(int size) {
        float[][] features = new float[size][];
        int[] labels = new int[size];
        for (int row = 0; row < size; row++) {
            features[row] = new float[] {10 * row, 10 * row + 1};
            labels[row] = row;
        }
        return Dataset.of(features, labels);
    }

    private static Dataset images(int size, int side) {
        byte[] pixels = new byte[size * side * side];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) i;
        }
        Tensor u8 = Tensor.of(MemorySegment.ofArray(pixels), DType.U8, Shape.of(size, side, side));
        return Dataset.of(u8, Tensor.of(new long[size], size));
    }

    @Test
    void fieldsAndWholeTensors() {
        Dataset dataset = numbered(3);
        assertEquals("[features f32 (2,), labels i64 ()]", dataset.fields().toString());
        assertArrayEquals(new float[] {0, 1, 10, 11, 20, 21}, dataset.features().toFloatArray());
        assertArrayEquals(new long[] {0, 1, 2}, dataset.labels().toLongArray());
        assertEquals(Shape.of(3, 2), dataset.features().shape());
        assertEquals(8, dataset.fields().get(0).bytes());
        Check.error(() -> dataset.field("pixels"), "'pixels'", "features f32 (2,)");
    }

    @Test
    void copiesChosenRows() {
        Dataset dataset = numbered(5);
        float[] target = new float[6];
        MemorySegment segment = MemorySegment.ofArray(target);
        dataset.copy(new int[] {9, 4, 0, 4, 9}, 1, 3, 0, segment);
        assertArrayEquals(new float[] {40, 41, 0, 1, 40, 41}, target);
        assertThrows(IndexOutOfBoundsException.class, () -> dataset.copy(new int[] {5}, 0, 1, 0, segment));
        assertThrows(IndexOutOfBoundsException.class, () -> dataset.copy(new int[] {-1}, 0, 1, 0, segment));
        assertThrows(IndexOutOfBoundsException.class, () -> dataset.copy(new int[4], 0, 4, 0, segment));
        assertThrows(IndexOutOfBoundsException.class, () -> dataset.copy(new int[] {0}, 0, 1, 2, segment));
    }

    @Test
    void views() {
        Dataset dataset = numbered(6);
        assertArrayEquals(new long[] {0, 1}, dataset.take(2).labels().toLongArray());
        assertArrayEquals(new long[] {4, 5}, dataset.skip(4).labels().toLongArray());
        assertArrayEquals(new long[] {5, 5, 0}, dataset.subset(5, 5, 0).labels().toLongArray());
        assertArrayEquals(
                new long[] {0, 5}, dataset.subset(5, 5, 0).subset(2, 1).labels().toLongArray());
        Dataset both = Dataset.concat(dataset.skip(5), dataset.take(0), dataset.take(2));
        assertArrayEquals(new long[] {5, 0, 1}, both.labels().toLongArray());
        assertArrayEquals(new float[] {50, 51, 0, 1, 10, 11}, both.features().toFloatArray());
        assertEquals(Shape.of(0, 2), dataset.take(0).features().shape());
        Check.error(() -> dataset.take(7), "0 to 6", "got 7");
        Check.error(() -> dataset.skip(-1), "got -1");
        Check.error(() -> dataset.subset(0, 6), "0 to 5", "got 6 at index 1");
        Check.error(() -> Dataset.concat(dataset, images(1, 2)), "part 1", "features u8 (2, 2)");
        Check.error(Dataset::concat, "got none");
        assertThrows(IndexOutOfBoundsException.class, () -> both.copy(3, 0, MemorySegment.ofArray(new float[2]), 0));
    }

    @Test
    void bytesBecomeFloatsWhenCopied() {
        Dataset scaled = images(2, 16).scale("features", 255).reshape("features", 256);
        assertEquals("[features f32 (256,), labels i64 ()]", scaled.fields().toString());
        float[] target = new float[257];
        scaled.copy(1, 0, MemorySegment.ofArray(target), 4);
        for (int i = 0; i < 256; i++) {
            assertEquals(i / 255f, target[i + 1]);
        }
        assertEquals(Shape.of(2, 256), scaled.features().shape());
        assertEquals(1f, scaled.features().toFloatArray()[511]);
        Check.error(() -> numbered(1).scale("features", 255), "u8", "features f32 (2,)");
        Check.error(() -> scaled.reshape("features", 28, 28), "256 elements", "(28, 28) of 784");
    }

    @Test
    void mapsAWholeField() {
        Dataset mapped = numbered(3).map("features", x -> x.mul(2).toF64());
        assertEquals("[features f64 (2,), labels i64 ()]", mapped.fields().toString());
        assertArrayEquals(new double[] {40, 42}, mapped.subset(2).features().toDoubleArray());
        assertArrayEquals(new long[] {2}, mapped.subset(2).labels().toLongArray());
        Check.error(() -> numbered(3).map("features", x -> x.sum()), "keeps 3 examples", "()");
    }

    @Test
    void anyNumberOfFields() {
        SequencedMap<String, Tensor> fields = new LinkedHashMap<>();
        fields.put("left", Tensor.of(new float[] {1, 2}, 2, 1));
        fields.put("right", Tensor.of(new boolean[] {true, false}, 2));
        fields.put("labels", Tensor.of(new int[] {1, 0}, 2));
        Dataset dataset = Dataset.of(fields);
        assertEquals(
                List.of("left", "right", "labels"),
                dataset.fields().stream().map(Dataset.Field::name).toList());
        assertArrayEquals(new boolean[] {false}, dataset.skip(1).tensor("right").toBooleanArray());
        Check.error(dataset::features, "'features'");
        Check.error(() -> Dataset.of(new LinkedHashMap<>(Map.of())), "one or more fields");
    }

    @Test
    void saysWhatDoesNotFit() {
        Check.error(
                () -> Dataset.of(Tensor.of(new float[6], 3, 2), Tensor.of(new long[2])),
                "expected 3 examples in 'labels'",
                "got 2 in (2,)");
        Check.error(() -> Dataset.of(Tensor.scalar(1f), Tensor.of(new long[1])), "got a scalar");
        Check.error(() -> Dataset.of(new float[][] {{1, 2}, {3}}, new int[2]), "2 features in row 1", "got 1");
        Check.error(() -> Dataset.of(new float[][] {{1}}, new int[2]), "expected 1 examples in 'labels'");
    }

    @Test
    void finiteNumbersOnly() {
        float[] values = new float[24];
        Dataset dataset = Dataset.of(Tensor.of(values, 2, 3, 4), Tensor.of(new double[] {1, Double.NaN}));
        Check.error(dataset::requireFinite, "'labels'", "in row 1;");
        values[17] = Float.POSITIVE_INFINITY;
        Check.error(
                Dataset.of(Tensor.of(values, 2, 3, 4), Tensor.of(new long[2]))::requireFinite,
                "'features'",
                "row 1, column [1, 1]");
        for (DType dtype : List.of(DType.F16, DType.BF16)) {
            Dataset half = Dataset.of(Tensor.of(new float[] {1, Float.NaN}).cast(dtype), Tensor.of(new long[2]));
            half.take(1).requireFinite();
            Check.error(half::requireFinite, "row 1");
        }
        numbered(4).requireFinite();
    }

    @Test
    void classesInRange() {
        numbered(4).requireClasses(4);
        Check.error(() -> numbered(4).requireClasses(3), "0 to 2", "got 3 in row 3");
        Check.error(
                () -> Dataset.of(Tensor.of(new float[2]), Tensor.of(new float[2]))
                        .requireClasses(3),
                "integers of shape ()",
                "f32 ()");
    }

    /** The road of a training loop: a new order each epoch, rows copied through views, no allocation. */
    @Test
    void copyingAllocatesNothing() {
        Dataset dataset = Dataset.concat(
                        images(40, 8).scale("features", 255).reshape("features", 64),
                        images(60, 8).scale("features", 255).reshape("features", 64))
                .split(0.8, 1)
                .train();
        Batches batches = Batches.of(dataset.size(), 32).shuffle(7);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment features = arena.allocate(32 * 64 * 4, 64);
            MemorySegment labels = arena.allocate(ValueLayout.JAVA_LONG, 32);
            long allocated = Long.MAX_VALUE;
            // The interpreter of the JVM allocates; how soon the code is compiled depends on the machine.
            for (int round = 0; round < 30 && allocated > 1000; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                epochs(dataset, batches, features, labels, 1000);
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(allocated <= 1000, "bytes in 3000 batches: " + allocated);
        }
    }

    private static void epochs(Dataset dataset, Batches batches, MemorySegment features, MemorySegment labels, int n) {
        for (int epoch = 0; epoch < n; epoch++) {
            batches.epoch(epoch);
            for (int batch = 0; batch < batches.count(); batch++) {
                batches.copy(dataset, batch, 0, features);
                batches.copy(dataset, batch, 1, labels);
            }
        }
    }
}
