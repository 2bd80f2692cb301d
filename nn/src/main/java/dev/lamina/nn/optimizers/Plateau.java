package dev.lamina.nn.optimizers;

import dev.lamina.core.LaminaException;
import dev.lamina.nn.Config;
import dev.lamina.nn.Schedule;
import java.util.Optional;

/**
 * Multiplies the learning rate by a factor when a measured value has not got better for more epochs than the patience (PyTorch's and
 * Keras' ReduceLROnPlateau). By hand, {@link dev.lamina.nn.Optimizer#epochEnded(double)} gives it the value.
 */
public final class Plateau implements Schedule {
    private static final int FACTOR = 0;
    private static final int BEST = 1;
    private static final int BAD = 2;
    private static final int COOLDOWN = 3;
    private static final int SEEN = 4;

    private final String monitor;
    private boolean largerIsBetter;
    private double factor = 0.1;
    private int patience = 10;
    private double threshold = 1e-4;
    private boolean absolute;
    private int cooldown;
    private double floor;

    /** See {@link dev.lamina.nn.Schedules#plateau}. */
    public Plateau(String monitor) {
        this.monitor = monitor;
    }

    /** By what the rate is multiplied; 0.1 unless said otherwise. */
    public Plateau factor(double factor) {
        if (!(factor > 0 && factor < 1)) {
            throw new LaminaException("plateau: expected a factor between 0 and 1, got " + factor + "; 0.1 is usual");
        }
        this.factor = factor;
        return this;
    }

    /** Epochs without improvement that are borne; 10 unless said otherwise. */
    public Plateau patience(int epochs) {
        if (epochs < 0) {
            throw new LaminaException(
                    "plateau: expected a patience of 0 or more, got " + epochs + "; 10 epochs are usual");
        }
        patience = epochs;
        return this;
    }

    /** Larger values are better; smaller ones unless this is said. */
    public Plateau largerIsBetter() {
        largerIsBetter = true;
        return this;
    }

    /** By which share of the best value a value must be better to count; 1e-4 unless said otherwise. */
    public Plateau threshold(double share) {
        threshold = share;
        absolute = false;
        return this;
    }

    /** By how much a value must be better to count. */
    public Plateau minDelta(double difference) {
        threshold = difference;
        absolute = true;
        return this;
    }

    /** Epochs after a change in which nothing is counted; 0 unless said otherwise. */
    public Plateau cooldown(int epochs) {
        cooldown = epochs;
        return this;
    }

    /** The lowest share of the optimizer's rate; 0 unless said otherwise. */
    public Plateau floor(double share) {
        floor = share;
        return this;
    }

    @Override
    public double factor(long position) {
        return 1;
    }

    @Override
    public double factor(long position, double[] state) {
        return state[FACTOR];
    }

    @Override
    public double[] start() {
        return new double[] {1, 0, 0, 0, 0};
    }

    @Override
    public double[] observed(double[] state, double value) {
        double[] next = state.clone();
        if (state[SEEN] == 0 ? !Double.isNaN(value) : isBetter(value, state[BEST])) {
            next[BEST] = value;
            next[SEEN] = 1;
            next[BAD] = 0;
        } else {
            next[BAD]++;
        }
        if (next[COOLDOWN] > 0) {
            next[COOLDOWN]--;
            next[BAD] = 0;
        }
        if (next[BAD] > patience) {
            next[FACTOR] = Math.max(next[FACTOR] * factor, floor);
            next[COOLDOWN] = cooldown;
            next[BAD] = 0;
        }
        return next;
    }

    private boolean isBetter(double value, double best) {
        double sign = largerIsBetter ? 1 : -1;
        double least = absolute ? best + sign * threshold : best * (1 + sign * threshold);
        return largerIsBetter ? value > least : value < least;
    }

    @Override
    public Optional<String> monitor() {
        return Optional.of(monitor);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("plateau")
                .with("monitor", monitor)
                .with("largerIsBetter", largerIsBetter)
                .with("factor", factor)
                .with("patience", patience)
                .with("threshold", threshold)
                .with("absolute", absolute)
                .with("cooldown", cooldown)
                .with("floor", floor));
    }

    /** Makes one from its description. */
    public static Plateau of(Config config) {
        Plateau plateau = new Plateau(config.text("monitor"))
                .factor(config.number("factor"))
                .patience(config.integer("patience"))
                .cooldown(config.integer("cooldown"))
                .floor(config.number("floor"));
        plateau.largerIsBetter = config.flag("largerIsBetter");
        plateau.threshold = config.number("threshold");
        plateau.absolute = config.flag("absolute");
        return plateau;
    }
}
