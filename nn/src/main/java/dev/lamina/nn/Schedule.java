package dev.lamina.nn;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the learning rate changes while training goes on: the rate in force is the optimizer's rate times {@link #factor}. Ready ones
 * are in {@link Schedules}; one of your own is a lambda, such as {@code step -> 1 / (1 + 0.01 * step)}.
 *
 * <p>A schedule is a function without memory; positions are steps ({@link Optimizer#schedule}) or epochs
 * ({@link Optimizer#schedulePerEpoch}), so a resumed training goes on with the same rates. What depends on measured values keeps numbers
 * that the optimizer stores and a saved model holds ({@link #observed}).
 */
@FunctionalInterface
public interface Schedule {
    /**
     * The share of the optimizer's learning rate.
     *
     * @param position steps taken, or epochs done, before the present one: 0 in the first
     */
    double factor(long position);

    /** The momentum that goes with it (beta1 of Adam), for schedules that move it too. */
    default OptionalDouble momentum(long position) {
        return OptionalDouble.empty();
    }

    /** The numbers that {@link #observed} changes, at the beginning; none unless overridden. */
    default double[] start() {
        return new double[0];
    }

    /** The numbers after a measured value; at the end of each epoch. */
    default double[] observed(double[] state, double value) {
        return state;
    }

    /** The factor for a position and the numbers kept. */
    default double factor(long position, double[] state) {
        return factor(position);
    }

    /** Which value of {@link Progress} is observed in {@link Model#fit}; empty for schedules that need none. */
    default Optional<String> monitor() {
        return Optional.empty();
    }

    /** What a saved model needs to make this schedule again; empty for those that only their own code can make. */
    default Optional<Config> config() {
        return Optional.empty();
    }
}
