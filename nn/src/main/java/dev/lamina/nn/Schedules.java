package dev.lamina.nn;

import dev.lamina.nn.optimizers.Curve;
import dev.lamina.nn.optimizers.Plateau;
import java.util.Arrays;
import java.util.List;

/**
 * The ready schedules, each under the name users say; import them statically. {@code t} is the number of steps (or epochs) done before
 * the present one, and the result the share of the optimizer's learning rate: {@code adam(1e-3).schedule(cosine(1000).warmup(100))}.
 */
public final class Schedules {
    private Schedules() {}

    /** 1 always; with {@code .warmup(n)} in front t / n. */
    public static Curve constant() {
        return new Curve(Config.of("constant"));
    }

    /** Less by a factor at regular intervals: gamma^floor(t / size). */
    public static Curve stepDecay(int size, double gamma) {
        return new Curve(Config.of("step").with("size", size).with("gamma", gamma));
    }

    /** Less by a factor at each milestone: gamma^(milestones passed). */
    public static Curve multistep(double gamma, int... milestones) {
        List<Double> list = Arrays.stream(milestones).asDoubleStream().boxed().toList();
        return new Curve(Config.of("multistep").with("gamma", gamma).with("milestones", list));
    }

    /** gamma^t. */
    public static Curve exponential(double gamma) {
        return new Curve(Config.of("exponential").with("gamma", gamma));
    }

    /** (1 - t / total)^power down to the {@code floor(...)}, and there it stays. */
    public static Curve polynomial(int total, double power) {
        return new Curve(Config.of("polynomial")
                .with("total", total)
                .with("power", power)
                .with("floor", 0));
    }

    /** A straight line from one share to another: start + (end - start) t / total, then end. */
    public static Curve linear(double start, double end, int total) {
        return new Curve(
                Config.of("linear").with("start", start).with("end", end).with("total", total));
    }

    /** (1 + cos(pi t / total)) / 2 down to the {@code floor(...)}, where it stays; {@code .mirrored()} rises again as in PyTorch. */
    public static Curve cosine(int total) {
        return new Curve(Config.of("cosine").with("total", total).with("floor", 0));
    }

    /**
     * The cosine again and again, each time so many times as long as before (Loshchilov and Hutter 2017).
     *
     * @param first length of the first
     * @param multiplier of the length; 1 for equal ones
     */
    public static Curve cosineRestarts(int first, int multiplier) {
        return new Curve(Config.of("cosineRestarts")
                .with("first", first)
                .with("multiplier", multiplier)
                .with("floor", 0));
    }

    /**
     * Up to the optimizer's rate and down again, the momentum the other way (Smith and Topin 2018): from rate / 25 in the first 30% of
     * the steps to rate, then to rate / 250000; momentum from 0.95 to 0.85 and back; all along half cosines.
     */
    public static Curve oneCycle(int total) {
        return new Curve(Config.of("oneCycle")
                .with("total", total)
                .with("rise", 0.3)
                .with("initial", 1.0 / 25)
                .with("last", 1.0 / 25 / 1e4)
                .with("highMomentum", 0.95)
                .with("lowMomentum", 0.85)
                .with("straight", false)
                .with("threePhases", false));
    }

    /**
     * Between a low share and 1, up and down in straight lines (Smith 2017).
     *
     * @param low the lowest share
     * @param up steps of a rise
     * @param down steps of a fall
     */
    public static Curve cyclic(double low, int up, int down) {
        return cyclic(low, up, down, 1);
    }

    /** The same with peaks that fall: the rise above {@code low} of cycle k is multiplied by decay^k; 0.5 is "triangular2". */
    public static Curve cyclic(double low, int up, int down, double decay) {
        return new Curve(Config.of("cyclic")
                .with("low", low)
                .with("up", up)
                .with("down", down)
                .with("decay", decay));
    }

    /** size^-0.5 min((t + 1)^-0.5, (t + 1) warmup^-1.5), with a rate of 1 usual (Vaswani and others 2017). */
    public static Curve noam(int size, int warmup) {
        return new Curve(Config.of("noam").with("size", size).with("warmup", warmup));
    }

    /** t / warmup at first, then sqrt(warmup / t). */
    public static Curve inverseSqrt(int warmup) {
        return new Curve(Config.of("inverseSqrt").with("warmup", warmup));
    }

    /** Less whenever a measured value stops getting better. */
    public static Plateau plateau(String monitor) {
        return new Plateau(monitor);
    }

    static Schedule of(Config config) {
        return config.type().equals("plateau") ? Plateau.of(config) : new Curve(config);
    }
}
