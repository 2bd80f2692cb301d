package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How far a training is; a live view for {@link Callback}s. */
public final class Progress {
    private final Model model;
    private final int firstEpoch;
    private final int epochs;
    private final int batches;
    private final long examples;
    private final Totals train;
    private final Totals validation;
    private final List<String> names = new ArrayList<>();
    private int epoch;
    private int batch;
    private long done;
    private long epochStart;
    private long epochNanos;
    private boolean validated;
    private boolean stopping;

    Progress(
            Model model,
            int firstEpoch,
            int epochs,
            int batches,
            long examples,
            Totals train,
            Totals validation,
            boolean validates) {
        this.model = model;
        this.firstEpoch = firstEpoch;
        this.epochs = epochs;
        this.batches = batches;
        this.examples = examples;
        this.train = train;
        this.validation = validation;
        names.addAll(train.names());
        if (validates) {
            train.names().forEach(name -> names.add("val_" + name));
        }
    }

    /** The model that is trained. */
    public Model model() {
        return model;
    }

    /** Number of the epoch, counted from 1 over the whole life of the model; in onTrainBegin that of the first. */
    public int epoch() {
        return epoch;
    }

    /** Number of the last epoch that was asked for. */
    public int lastEpoch() {
        return firstEpoch + epochs - 1;
    }

    /** Epochs that this training has finished. */
    public int epochsDone() {
        return epoch - firstEpoch + (done >= examples ? 1 : 0);
    }

    /** Batches done in this epoch. */
    public int batch() {
        return batch;
    }

    /** Batches in an epoch. */
    public int batches() {
        return batches;
    }

    /** Examples done in this epoch. */
    public long examplesDone() {
        return done;
    }

    /** Examples in an epoch. */
    public long examples() {
        return examples;
    }

    /** Seconds that training took in this epoch so far, without the validation. */
    public double seconds() {
        return (done < examples ? System.nanoTime() - epochStart : epochNanos) * 1e-9;
    }

    /** Examples per second in this epoch. */
    public double examplesPerSecond() {
        return done / Math.max(seconds(), 1e-9);
    }

    /** The learning rate in force. */
    public double learningRate() {
        return model.optimizer().learningRate();
    }

    /** Names for {@link #value}: {@code loss}, the metrics, and with validation the same with {@code val_} in front. */
    public List<String> names() {
        return Collections.unmodifiableList(names);
    }

    /** A value over this epoch so far; NaN for a validation that has not been done yet. */
    public double value(String name) {
        int index = names.indexOf(name);
        if (index < 0) {
            throw new LaminaException("progress: expected one of " + names + ", got '" + name
                    + "'; compile the model with this metric, or fit with validation data");
        }
        int count = train.names().size();
        return index < count ? train.value(index) : validated ? validation.value(index - count) : Double.NaN;
    }

    /** True when larger values of this name are better. */
    public boolean higherIsBetter(String name) {
        int index = names.indexOf(name);
        return index >= 0 && train.higherIsBetter(index % train.names().size());
    }

    /** Ends the training after this epoch. */
    public void stop() {
        stopping = true;
    }

    /** True when the training ends after this epoch by {@link #stop}. */
    public boolean isStopping() {
        return stopping;
    }

    // ---------------------------------------------------------------- for the trainer

    void begin(int number) {
        epoch = number;
        batch = 0;
        done = 0;
        validated = false;
        train.clear();
        epochStart = System.nanoTime();
    }

    void batchDone(int size) {
        batch++;
        done += size;
        if (done >= examples) {
            epochNanos = System.nanoTime() - epochStart;
        }
    }

    void validated() {
        validated = true;
    }
}
