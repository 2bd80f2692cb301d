package dev.lamina.nn;

import dev.lamina.core.LaminaException;

/**
 * An average of the parameters over the training, which often predicts better than their last values. {@link Model#averaged} measures
 * and predicts with it, {@link Model#takeAverages} keeps it.
 *
 * @param kind how values are weighted
 * @param decay EMA: share of the past
 * @param from EMA: steps before the first value; SWA: the first epoch whose end counts, counted from 1
 */
public record Averaging(Kind kind, double decay, int from) {
    /** No average. */
    public static final Averaging NONE = new Averaging(Kind.NONE, 0, 0);

    /** How values are weighted. */
    public enum Kind {
        /** No average. */
        NONE,
        /** After each step, the past fades. */
        EXPONENTIAL,
        /** At the end of each epoch, all alike. */
        EQUAL
    }

    /** Refuses numbers that make no sense. */
    public Averaging {
        if (!(decay >= 0 && decay < 1) || from < 0) {
            throw new LaminaException("averaging: expected a decay from 0 to below 1 and a start of 0 or more, got "
                    + decay + " and " + from + "; 0.999 is a usual decay");
        }
    }

    /**
     * Exponential moving average: a = decay a + (1 - decay) p after each step, a = p after the first; part of the same fused pass as the
     * update.
     */
    public static Averaging ema(double decay) {
        return new Averaging(Kind.EXPONENTIAL, decay, 0);
    }

    /**
     * Stochastic weight averaging (Izmailov and others 2018): the mean of the values at the ends of epochs, from an epoch on; usually
     * with a high rate there. Running statistics of batch normalization stay those of the training, also in validations; {@link
     * Model#takeAverages(dev.lamina.data.Dataset, int)} computes them anew at the end.
     */
    public static Averaging swa(int firstEpoch) {
        return new Averaging(Kind.EQUAL, 0, firstEpoch);
    }

    /** The same from a later step (EMA) or epoch (SWA) on. */
    public Averaging from(int start) {
        return new Averaging(kind, decay, start);
    }

    /** Share of the new value in the average at a step, counted from 1. */
    double share(long step) {
        return step <= from + 1L ? 1 : 1 - decay;
    }
}
