package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How {@link Model#fit} trains; start with {@link #epochs(int)} and add what you need.
 *
 * @param epochs passes over the data
 * @param batchSize examples in a step; 32 unless said otherwise
 * @param validation data to evaluate after each epoch
 * @param shuffle a new order of the examples for each epoch; on unless said otherwise
 * @param seed decides the order of examples, dropout, and the first values of a model that has no seed of its own; 0 unless
 *     said otherwise
 * @param partialBatches trains on the last batch of an epoch too when it is smaller than the others; on unless said otherwise
 * @param accumulation batches whose gradients make one step; 1 unless said otherwise
 * @param callbacks are told about the training
 */
public record FitOptions(
        int epochs,
        int batchSize,
        Optional<Dataset> validation,
        boolean shuffle,
        long seed,
        boolean partialBatches,
        int accumulation,
        List<Callback> callbacks) {
    /** Refuses numbers that make no sense. */
    public FitOptions {
        if (epochs < 0) {
            throw new LaminaException(
                    "fit: expected 0 or more epochs, got " + epochs + "; pass for example epochs(20)");
        }
        if (batchSize < 1) {
            throw new LaminaException(
                    "fit: expected a batch size of 1 or more, got " + batchSize + "; pass for example batchSize(32)");
        }
        if (accumulation < 1) {
            throw new LaminaException("fit: expected to accumulate 1 or more batches, got " + accumulation
                    + "; pass for example accumulate(4)");
        }
        callbacks = List.copyOf(callbacks);
    }

    /** Passes over the data; everything else as usual. */
    public static FitOptions epochs(int epochs) {
        return new FitOptions(epochs, 32, Optional.empty(), true, 0, true, 1, List.of());
    }

    /** The same with a batch size. */
    public FitOptions batchSize(int batchSize) {
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, partialBatches, accumulation, callbacks);
    }

    /** The same with data to evaluate after each epoch. */
    public FitOptions validation(Dataset data) {
        return new FitOptions(
                epochs, batchSize, Optional.of(data), shuffle, seed, partialBatches, accumulation, callbacks);
    }

    /** The same with or without a new order for each epoch. */
    public FitOptions shuffle(boolean shuffle) {
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, partialBatches, accumulation, callbacks);
    }

    /** The same with a seed. */
    public FitOptions seed(long seed) {
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, partialBatches, accumulation, callbacks);
    }

    /** The same without a smaller last batch. */
    public FitOptions dropLast() {
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, false, accumulation, callbacks);
    }

    /**
     * The same with one step for so many batches: their gradients are added up, so that a step is that of one batch as large as all of them,
     * in the memory of one; also where the loss divides by something other than the number of examples (class weights, ignored labels,
     * masks). The last step of an epoch may have fewer.
     */
    public FitOptions accumulate(int batches) {
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, partialBatches, batches, callbacks);
    }

    /** The same with further callbacks. */
    public FitOptions callbacks(Callback... more) {
        List<Callback> all = new ArrayList<>(callbacks);
        all.addAll(Arrays.asList(more));
        return new FitOptions(epochs, batchSize, validation, shuffle, seed, partialBatches, accumulation, all);
    }
}
