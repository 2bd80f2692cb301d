package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SplitsTest {

    /** Features are the row numbers, labels are random classes. */
    private static Dataset random(int size, int classes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] labels =
                LongStream.range(0, size).map(i -> random.nextInt(classes)).toArray();
        return labelled(labels);
    }

    private static Dataset labelled(long... labels) {
        int[] rows = IntStream.range(0, labels.length).toArray();
        return Dataset.of(Tensor.of(rows, rows.length), Tensor.of(labels, labels.length));
    }

    private static int[] rows(Dataset dataset) {
        return dataset.features().toIntArray();
    }

    private static long count(Dataset dataset, long label) {
        return Arrays.stream(dataset.labels().toLongArray())
                .filter(l -> l == label)
                .count();
    }

    private static void assertPartition(Dataset.Split split, int size) {
        int[] train = rows(split.train());
        int[] test = rows(split.test());
        int[] all = IntStream.concat(Arrays.stream(train), Arrays.stream(test))
                .sorted()
                .toArray();
        assertArrayEquals(IntStream.range(0, size).toArray(), all);
        assertArrayEquals(Arrays.stream(train).sorted().toArray(), train);
        assertArrayEquals(Arrays.stream(test).sorted().toArray(), test);
    }

    @Property(tries = 200)
    void splitIsAPartitionOfRoundedSize(
            @ForAll @IntRange(max = 300) int size,
            @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction,
            @ForAll long seed) {
        Dataset dataset = random(size, 3, seed);
        Dataset.Split split = dataset.split(fraction, seed);
        assertPartition(split, size);
        assertEquals(Math.round(fraction * size), split.train().size());
        assertArrayEquals(
                rows(split.train()), rows(dataset.split(fraction, seed).train()));
    }

    @Property(tries = 200)
    void stratifiedSplitKeepsProportions(
            @ForAll @IntRange(max = 300) int size,
            @ForAll @IntRange(min = 1, max = 12) int classes,
            @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction,
            @ForAll long seed) {
        Dataset dataset = random(size, classes, seed);
        Dataset.Split split = dataset.stratifiedSplit(fraction, seed);
        assertPartition(split, size);
        assertEquals(Math.round(fraction * size), split.train().size());
        for (int label = 0; label < classes; label++) {
            double share = fraction * count(dataset, label);
            assertTrue(Math.abs(count(split.train(), label) - share) <= 1 + 1e-9, "class " + label);
        }
    }

    @Property(tries = 200)
    void foldsArePartitionsOfEqualSize(
            @ForAll @IntRange(min = 12, max = 200) int size,
            @ForAll @IntRange(min = 2, max = 12) int k,
            @ForAll long seed) {
        Dataset dataset = random(size, 4, seed);
        checkFolds(dataset.folds(k), size, k);
        checkFolds(dataset.folds(k, seed), size, k);
        long largest =
                LongStream.range(0, 4).map(label -> count(dataset, label)).max().orElse(0);
        if (k <= largest) {
            for (List<Dataset.Split> folds : List.of(dataset.stratifiedFolds(k), dataset.stratifiedFolds(k, seed))) {
                checkFolds(folds, size, k);
                for (int label = 0; label < 4; label++) {
                    long[] counts = counts(folds, label);
                    assertTrue(counts[k - 1] - counts[0] <= 1, "class " + label + " " + Arrays.toString(counts));
                }
            }
        }
    }

    private static long[] counts(List<Dataset.Split> folds, long label) {
        return folds.stream()
                .mapToLong(fold -> count(fold.test(), label))
                .sorted()
                .toArray();
    }

    private static void checkFolds(List<Dataset.Split> folds, int size, int k) {
        assertEquals(k, folds.size());
        folds.forEach(fold -> assertPartition(fold, size));
        long[] sizes =
                folds.stream().mapToLong(fold -> fold.test().size()).sorted().toArray();
        assertTrue(sizes[k - 1] - sizes[0] <= 1);
        int[] all = folds.stream()
                .flatMapToInt(fold -> Arrays.stream(rows(fold.test())))
                .sorted()
                .toArray();
        assertArrayEquals(IntStream.range(0, size).toArray(), all);
    }

    /** Unshuffled folds are those of scikit-learn. */
    @Test
    void foldsEqualScikitLearn() throws IOException {
        JsonObject metrics = JsonParser.parseString(Files.readString(Check.shared("golden/metrics.json")))
                .getAsJsonObject();
        for (JsonElement element : metrics.getAsJsonArray("folds")) {
            JsonObject expected = element.getAsJsonObject();
            long[] labels = expected.getAsJsonArray("y").asList().stream()
                    .mapToLong(JsonElement::getAsLong)
                    .toArray();
            int k = expected.get("k").getAsInt();
            boolean stratified = expected.get("kind").getAsString().equals("stratified");
            List<Dataset.Split> folds = stratified
                    ? labelled(labels).stratifiedFolds(k)
                    : labelled(labels).folds(k);
            for (int fold = 0; fold < k; fold++) {
                assertEquals(
                        expected.getAsJsonArray("unshuffled_test_indices")
                                .get(fold)
                                .toString(),
                        Arrays.toString(rows(folds.get(fold).test())).replace(" ", ""));
            }
        }
    }

    @Test
    void seedsDiffer() {
        Dataset dataset = random(100, 2, 1);
        assertNotEquals(
                Arrays.toString(rows(dataset.split(0.5, 1).train())),
                Arrays.toString(rows(dataset.split(0.5, 2).train())));
        assertNotEquals(
                Arrays.toString(rows(dataset.stratifiedSplit(0.5, 1).train())),
                Arrays.toString(rows(dataset.stratifiedSplit(0.5, 2).train())));
    }

    @Test
    void roundingGoesToTheLargestRemainder() {
        assertArrayEquals(new int[] {1, 2, 3}, Splits.largestRemainder(new int[] {3, 5, 7}, 0.4, 6));
        assertArrayEquals(new int[] {1, 1, 0}, Splits.largestRemainder(new int[] {1, 1, 1}, 0.6, 2));
        assertArrayEquals(new int[] {7, 7, 7}, Splits.largestRemainder(new int[] {10, 10, 10}, 0.7, 21));
    }

    @Test
    void saysWhatIsWrong() {
        Dataset dataset = labelled(0, 0, 0, 1);
        for (double fraction : new double[] {0, 1, -0.5, 80, Double.NaN}) {
            Check.error(() -> dataset.split(fraction, 1), "between 0 and 1", "got " + fraction);
        }
        Check.error(() -> dataset.folds(1), "2 to 4", "got 1");
        Check.error(() -> dataset.folds(5), "2 to 4", "got 5");
        Check.error(() -> dataset.stratifiedFolds(4), "2 to 3", "largest class");
        Dataset oneHot = Dataset.of(Tensor.of(new float[4], 2, 2), Tensor.of(new float[4], 2, 2));
        Check.error(() -> oneHot.stratifiedSplit(0.5, 1), "integers of shape ()", "f32 (2,)");
    }
}
