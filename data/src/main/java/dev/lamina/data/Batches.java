package dev.lamina.data;

import dev.lamina.core.DataException;
import java.lang.foreign.MemorySegment;

/**
 * Cuts the examples of a dataset into batches, in an order that depends only on the seed and the epoch.
 *
 * <p>{@link #epoch(long)} puts the order of an epoch into one array that is kept, so a training loop allocates nothing.
 * An object serves one thread.
 *
 * <pre>{@code
 * Batches batches = Batches.of(dataset.size(), 64).shuffle(42);
 * for (int epoch = 0; epoch < 10; epoch++) {
 *     batches.epoch(epoch);
 *     for (int b = 0; b < batches.count(); b++) {
 *         batches.copy(dataset, b, 0, target); // batches.size(b) rows
 *     }
 * }
 * }</pre>
 */
public final class Batches {

    private final int[] order;
    private final int batchSize;
    private final boolean shuffled;
    private final long seed;
    private final boolean partial;

    private Batches(int[] order, int batchSize, boolean shuffled, long seed, boolean partial) {
        this.order = order;
        this.batchSize = batchSize;
        this.shuffled = shuffled;
        this.seed = seed;
        this.partial = partial;
    }

    /**
     * Batches in the order of the dataset, with a shorter last batch when the size does not divide.
     *
     * @param examples how many examples there are
     * @param batchSize examples per batch, 1 or more
     * @return the batches
     * @throws DataException if the batch size is below 1, or there are 2^31 examples or more
     */
    public static Batches of(long examples, int batchSize) {
        if (batchSize < 1) {
            throw new DataException("batches: expected a batch size of 1 or more, got " + batchSize + "; raise it");
        }
        return new Batches(order(Rows.count(examples)), batchSize, false, 0, true);
    }

    /**
     * The same batches over examples that are shuffled anew in each epoch.
     *
     * @param seed the seed of all epochs
     * @return new batches
     */
    public Batches shuffle(long seed) {
        return new Batches(order(order.length), batchSize, true, seed, partial);
    }

    /**
     * The same batches without a shorter last one: its examples are left out of the epoch.
     *
     * @return new batches
     */
    public Batches dropLast() {
        return new Batches(order(order.length), batchSize, shuffled, seed, false);
    }

    /** The number of batches in an epoch. */
    public int count() {
        int full = order.length / batchSize;
        return partial && full * batchSize < order.length ? full + 1 : full;
    }

    /**
     * Sets the order to that of an epoch, whatever epochs came before.
     *
     * @param epoch the number of the epoch
     * @return this
     */
    public Batches epoch(long epoch) {
        if (shuffled) {
            Shuffle.fill(order);
            Shuffle.shuffle(order, Shuffle.seed(seed, epoch));
        }
        return this;
    }

    /** The rows in the order of the epoch: the live array, not a copy; do not change it. */
    public int[] order() {
        return order;
    }

    /**
     * Where a batch begins in {@link #order()}.
     *
     * @param batch 0 to count() - 1
     * @return the index of its first row
     */
    public int from(int batch) {
        return java.util.Objects.checkIndex(batch, count()) * batchSize;
    }

    /**
     * The number of examples in a batch.
     *
     * @param batch 0 to count() - 1
     * @return the batch size, or less for a shorter last batch
     */
    public int size(int batch) {
        return Math.min(batchSize, order.length - from(batch));
    }

    /**
     * Copies one field of a batch.
     *
     * @param dataset a dataset of as many examples
     * @param batch 0 to count() - 1
     * @param field the index of the field
     * @param target where row i of the batch goes to byte i * bytes of one row
     */
    public void copy(Dataset dataset, int batch, int field, MemorySegment target) {
        dataset.copy(order, from(batch), size(batch), field, target);
    }

    private static int[] order(int examples) {
        int[] order = new int[examples];
        Shuffle.fill(order);
        return order;
    }
}
