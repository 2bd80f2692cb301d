package dev.lamina.nn;

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
}
