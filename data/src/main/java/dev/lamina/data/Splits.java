package dev.lamina.data;

import dev.lamina.core.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Which rows go to which part of a split. */
final class Splits {

    private Splits() {}

    static Dataset.Split random(Dataset dataset, double fraction, long seed) {
        int size = Rows.count(dataset.size());
        int count = trainCount(fraction, size);
        boolean[] train = new boolean[size];
        int[] order = Shuffle.permutation(size, seed);
        for (int i = 0; i < count; i++) {
            train[order[i]] = true;
        }
        return split(dataset, train);
    }

    static Dataset.Split stratified(Dataset dataset, double fraction, long seed) {
        long[] classes = Rows.classes(dataset);
        int total = trainCount(fraction, classes.length);
        // Sorted by class, so that the order of the examples does not choose the seed of a class.
        Map<Long, int[]> rows = rowsByClass(classes, new TreeMap<>());
        int[] counts =
                largestRemainder(rows.values().stream().mapToInt(r -> r.length).toArray(), fraction, total);
        boolean[] train = new boolean[classes.length];
        int number = 0;
        for (int[] members : rows.values()) {
            Shuffle.shuffle(members, Shuffle.seed(seed, number));
            for (int i = 0; i < counts[number]; i++) {
                train[members[i]] = true;
            }
            number++;
        }
        return split(dataset, train);
    }

    /** Shares of fraction * sizes[i], rounded so that they add up to the total: the largest remainders round up. */
    static int[] largestRemainder(int[] sizes, double fraction, int total) {
        double noise = 1e-9; // 0.7 * 10 may be a little below 7
        int[] counts = new int[sizes.length];
        double[] remainders = new double[sizes.length];
        int given = 0;
        for (int i = 0; i < sizes.length; i++) {
            double share = fraction * sizes[i];
            counts[i] = (int) Math.floor(share + noise);
            remainders[i] = share - counts[i];
            given += counts[i];
        }
        List<Integer> largestFirst = IntStream.range(0, sizes.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -remainders[i]))
                .toList();
        for (int i = 0; given < total; i++, given++) {
            counts[largestFirst.get(i)]++;
        }
        return counts;
    }

    static List<Dataset.Split> folds(Dataset dataset, int k, int[] order) {
        requireFolds(k, order.length, "examples");
        int[] fold = new int[order.length];
        int from = 0;
        for (int f = 0; f < k; f++) {
            int size = order.length / k + (f < order.length % k ? 1 : 0);
            for (int i = from; i < from + size; i++) {
                fold[order[i]] = f;
            }
            from += size;
        }
        return splits(dataset, fold, k);
    }

    static List<Dataset.Split> stratifiedFolds(Dataset dataset, int k, boolean shuffled, long seed) {
        long[] classes = Rows.classes(dataset);
        // In the order in which the classes come first, as scikit-learn does, so that its folds are ours.
        Map<Long, int[]> rows = rowsByClass(classes, new LinkedHashMap<>());
        int largest = rows.values().stream().mapToInt(r -> r.length).max().orElse(0);
        requireFolds(k, largest, "examples of the largest class");
        int[] fold = new int[classes.length];
        int before = 0;
        int number = 0;
        for (int[] members : rows.values()) {
            if (shuffled) {
                Shuffle.shuffle(members, Shuffle.seed(seed, number++));
            }
            // Dealing class after class like cards, without starting again, keeps the folds equally large.
            int[] deal = new int[members.length];
            for (int i = 0; i < deal.length; i++) {
                deal[i] = (before + i) % k;
            }
            Arrays.sort(deal);
            for (int i = 0; i < members.length; i++) {
                fold[members[i]] = deal[i];
            }
            before += members.length;
        }
        return splits(dataset, fold, k);
    }

    private static int trainCount(double fraction, int size) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new DataException("dataset split: expected a fraction between 0 and 1 for the training part, got "
                    + fraction + "; for example 0.8");
        }
        return (int) Math.round(fraction * size);
    }

    private static void requireFolds(int k, int most, String what) {
        if (k < 2 || k > most) {
            throw new DataException("dataset folds: expected 2 to " + most + " folds (the number of " + what + "), got "
                    + k + "; change the number of folds");
        }
    }

    private static Map<Long, int[]> rowsByClass(long[] classes, Map<Long, int[]> empty) {
        Map<Long, Integer> sizes = new LinkedHashMap<>();
        for (long label : classes) {
            sizes.merge(label, 1, Integer::sum);
        }
        sizes.forEach((label, size) -> empty.put(label, new int[size]));
        sizes.replaceAll((label, size) -> 0);
        for (int row = 0; row < classes.length; row++) {
            int next = sizes.merge(classes[row], 1, Integer::sum) - 1;
            empty.get(classes[row])[next] = row;
        }
        return empty;
    }

    private static List<Dataset.Split> splits(Dataset dataset, int[] fold, int k) {
        List<Dataset.Split> splits = new ArrayList<>();
        for (int f = 0; f < k; f++) {
            boolean[] train = new boolean[fold.length];
            for (int row = 0; row < fold.length; row++) {
                train[row] = fold[row] != f;
            }
            splits.add(split(dataset, train));
        }
        return List.copyOf(splits);
    }

    private static Dataset.Split split(Dataset dataset, boolean[] train) {
        return new Dataset.Split(part(dataset, train, true), part(dataset, train, false));
    }

    private static Dataset part(Dataset dataset, boolean[] train, boolean side) {
        return dataset.subset(IntStream.range(0, train.length)
                .filter(row -> train[row] == side)
                .toArray());
    }
}
