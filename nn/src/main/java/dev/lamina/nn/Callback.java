package dev.lamina.nn;

import dev.lamina.core.Tensor;
import java.util.Map;

/**
 * Is told about a training and may stop it with {@link Progress#stop}. All methods run in the thread that trains; the {@link
 * Progress} is one object, always up to date, that is reused.
 */
public interface Callback {
    /** Before the first epoch. */
    default void onTrainBegin(Progress progress) {}

    /** Before the first batch of an epoch. */
    default void onEpochBegin(Progress progress) {}

    /** After each step. What is done here adds to every step. */
    default void onBatchEnd(Progress progress) {}

    /** After the last batch of an epoch and the validation. */
    default void onEpochEnd(Progress progress) {}

    /** After the last epoch; not when training fails. */
    default void onTrainEnd(Progress progress) {}

    /**
     * What a model that is saved during the training keeps of this callback, so that a resumed training goes on as the unbroken one would;
     * empty if there is nothing. Callbacks with a state are told of an epoch's end before those without, which may save.
     */
    default Map<String, Tensor> state() {
        return Map.of();
    }

    /** Takes the {@link #state} of the training that is resumed, after {@link #onTrainBegin}. */
    default void restore(Map<String, Tensor> state) {}

    /** Under which name a file keeps the state; different from that of other callbacks with one. */
    default String stateName() {
        return getClass().getSimpleName();
    }
}
