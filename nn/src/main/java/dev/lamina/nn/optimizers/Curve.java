package dev.lamina.nn.optimizers;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.nn.Config;
import dev.lamina.nn.Schedule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** A ready schedule that depends on the position alone; made with {@link dev.lamina.nn.Schedules}, where the formulas are. */
public final class Curve implements Schedule {
    private final Config config;

    /** Makes one from its description, and refuses numbers that make no sense. */
    public Curve(Config config) {
        this.config = config;
        for (String key : List.of("total", "first", "multiplier", "size", "up", "down", "warmup", "steps")) {
            if (config.has(key) && !(config.number(key) >= 1)) {
                throw new LaminaException(config.type() + ": expected " + key + " of 1 or more, got "
                        + config.number(key) + "; count steps, or epochs with schedulePerEpoch");
            }
        }
        for (String key : List.of("gamma", "floor", "start", "end", "low", "decay", "initial", "last")) {
            if (config.has(key) && !(config.number(key) >= 0)) {
                throw new LaminaException(config.type() + ": expected " + key + " of 0 or more, got "
                        + config.number(key) + "; it is a share of the optimizer's learning rate");
            }
        }
        at(config, 0);
    }

    // ---------------------------------------------------------------- options

    /** The lowest share of polynomial, cosine and cosineRestarts; 0 unless said otherwise. */
    public Curve floor(double share) {
        return option("floor", share);
    }

    /** Puts a straight rise from 0 in front: t / steps, then this schedule from its beginning. */
    public Curve warmup(int steps) {
        return new Curve(Config.of("warmup").with("steps", steps).with("then", List.of(config)));
    }

    /** Runs a schedule with a total backwards after its end, then forwards, and so on, as PyTorch's CosineAnnealingLR does. */
    public Curve mirrored() {
        config.number("total");
        return new Curve(Config.of("mirrored").with("of", List.of(config)));
    }

    /** Share of the steps in which oneCycle rises; 0.3 unless said otherwise. */
    public Curve rise(double share) {
        if (!(share > 0 && share < 1)) {
            throw new LaminaException("oneCycle: expected a rise between 0 and 1, got " + share + "; 0.3 is usual");
        }
        return option("rise", share);
    }

    /** Where oneCycle starts and ends, as shares; 1/25 and 1/250000 unless said otherwise. */
    public Curve ends(double initial, double last) {
        return option("initial", initial).option("last", last);
    }

    /** The momentum of oneCycle: at the ends and at the peak; 0.95 and 0.85 unless said otherwise. */
    public Curve momenta(double high, double low) {
        return option("highMomentum", high).option("lowMomentum", low);
    }

    /** oneCycle in straight lines instead of half cosines. */
    public Curve straight() {
        return flag("straight");
    }

    /** oneCycle in three phases: up, down to where it started, and down to the end. */
    public Curve threePhases() {
        return flag("threePhases");
    }

    private Curve option(String key, double value) {
        config.number(key);
        return new Curve(config.with(key, value));
    }

    private Curve flag(String key) {
        config.flag(key);
        return new Curve(config.with(key, true));
    }

    // ---------------------------------------------------------------- values

    @Override
    public double factor(long position) {
        return at(config, (double) position);
    }

    private static double at(Config c, double t) {
        return switch (c.type()) {
            case "constant" -> 1;
            case "step" -> Math.pow(c.number("gamma"), Math.floor(t / c.number("size")));
            case "multistep" -> {
                double passed = Arrays.stream(c.numbers("milestones"))
                        .filter(m -> m <= t)
                        .count();
                yield Math.pow(c.number("gamma"), passed);
            }
            case "exponential" -> Math.pow(c.number("gamma"), t);
            case "polynomial" -> above(c, Math.pow(1 - done(c, t), c.number("power")));
            case "linear" -> c.number("start") + (c.number("end") - c.number("start")) * done(c, t);
            case "cosine" -> above(c, halfCosine(done(c, t)));
            case "cosineRestarts" -> restarts(c, t);
            case "oneCycle" -> oneCycle(c, t, 1, c.number("initial"), c.number("last"));
            case "cyclic" -> cyclic(c, t);
            case "warmup" -> {
                double steps = c.number("steps");
                yield t < steps ? t / steps : at(c.configs("then").get(0), t - steps);
            }
            case "mirrored" -> {
                Config inner = c.configs("of").get(0);
                double total = inner.number("total");
                double phase = t % (2 * total);
                yield at(inner, phase <= total ? phase : 2 * total - phase);
            }
            case "noam" ->
                Math.min(Math.pow(t + 1, -0.5), (t + 1) * Math.pow(c.number("warmup"), -1.5))
                        / Math.sqrt(c.number("size"));
            case "inverseSqrt" -> {
                double warmup = c.number("warmup");
                yield t < warmup ? t / warmup : Math.sqrt(warmup / t);
            }
            default ->
                throw new DataException("schedule: expected a known schedule, got '" + c.type()
                        + "'; make the model in code and call loadWeights, or use a newer release");
        };
    }

    /** Share of the way to the total, at most 1. */
    private static double done(Config c, double t) {
        return Math.min(t, c.number("total")) / c.number("total");
    }

    private static double above(Config c, double share) {
        return c.number("floor") + (1 - c.number("floor")) * share;
    }

    /** From 1 at 0 to 0 at 1. */
    private static double halfCosine(double x) {
        return (1 + Math.cos(Math.PI * x)) / 2;
    }

    private static double restarts(Config c, double t) {
        double length = c.number("first");
        double rest = t;
        if (c.number("multiplier") == 1) {
            rest = t % length;
        }
        while (rest >= length) {
            rest -= length;
            length *= c.number("multiplier");
        }
        return above(c, halfCosine(rest / length));
    }

    private static double cyclic(Config c, double t) {
        double up = c.number("up");
        double period = up + c.number("down");
        double phase = t % period;
        double height = phase <= up ? phase / up : (period - phase) / c.number("down");
        double peak = (1 - c.number("low")) * Math.pow(c.number("decay"), Math.floor(t / period));
        return c.number("low") + peak * height;
    }

    /** The value that is {@code first} at the beginning, {@code peak} at the top and {@code last} at the end. */
    private static double oneCycle(Config c, double t, double peak, double first, double last) {
        double total = c.number("total");
        double top = c.number("rise") * total - 1;
        double end = total - 1;
        boolean straight = c.flag("straight");
        if (t <= top && top > 0) {
            return between(first, peak, t / top, straight);
        }
        double middle = 2 * c.number("rise") * total - 2;
        if (!c.flag("threePhases")) {
            return between(peak, last, (t - top) / (end - top), straight);
        }
        return t <= middle
                ? between(peak, first, (t - top) / (middle - top), straight)
                : between(first, last, (t - middle) / (end - middle), straight);
    }

    private static double between(double from, double to, double share, boolean straight) {
        double x = Math.min(share, 1);
        return straight ? from + (to - from) * x : to + (from - to) * halfCosine(x);
    }

    @Override
    public OptionalDouble momentum(long position) {
        if (!config.type().equals("oneCycle")) {
            return OptionalDouble.empty();
        }
        double high = config.number("highMomentum");
        return OptionalDouble.of(oneCycle(config, (double) position, config.number("lowMomentum"), high, high));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(config);
    }
}
