package dev.lamina.nn;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Batches;
import dev.lamina.data.Dataset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Tries learning rates from low to high, one step each, and suggests the one at which the loss falls fastest (Smith 2017). The model and its
 * optimizer are afterwards as they were.
 *
 * {@snippet :
 * LearningRateFinder.Result rates = LearningRateFinder.of(model, data).batchSize(64).run();
 * model.optimizer().learningRate(rates.suggestion());
 * }
 */
public final class LearningRateFinder {
    /** Share of the past in the smoothed loss. */
    private static final double SMOOTH = 0.9;
    /** The trial ends when the smoothed loss is so many times its best. */
    private static final double TOO_HIGH = 4;

    private final Model model;
    private final Dataset data;
    private int batchSize = 32;
    private int steps = 100;
    private double lowest = 1e-7;
    private double highest = 10;
    private long seed;

    /**
     * A rate and what came of it.
     *
     * @param rate the learning rate of the step
     * @param loss of its batch, before the step
     * @param smoothed the loss, averaged over the steps so far with fading weights
     */
    public record Point(double rate, double loss, double smoothed) {}

    /**
     * All rates that were tried.
     *
     * @param points in ascending order
     * @param suggestion where the smoothed loss fell fastest
     */
    public record Result(List<Point> points, double suggestion) {
        /** Keeps a copy. */
        public Result {
            points = List.copyOf(points);
        }

        /** A table of rates and losses. */
        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder(String.format(Locale.ROOT, "%12s %12s %12s%n", "rate", "loss", "smoothed"));
            for (Point p : points) {
                text.append(String.format(Locale.ROOT, "%12.3g %12.5g %12.5g%n", p.rate, p.loss, p.smoothed));
            }
            return text.append(String.format(Locale.ROOT, "suggestion %.3g", suggestion))
                    .toString();
        }
    }

    private LearningRateFinder(Model model, Dataset data) {
        this.model = model;
        this.data = data;
    }

    /** For a compiled model and its training data. */
    public static LearningRateFinder of(Model model, Dataset data) {
        return new LearningRateFinder(model, data);
    }

    /** Examples in a step; 32 unless said otherwise. */
    public LearningRateFinder batchSize(int size) {
        batchSize = size;
        return this;
    }

    /** How many rates are tried; 100 unless said otherwise. */
    public LearningRateFinder steps(int count) {
        if (count < 10) {
            throw new LaminaException(
                    "learning rate finder: expected 10 or more steps, got " + count + "; 100 are usual");
        }
        steps = count;
        return this;
    }

    /** The first and the last rate; 1e-7 and 10 unless said otherwise. */
    public LearningRateFinder range(double lowest, double highest) {
        if (!(lowest > 0 && lowest < highest)) {
            throw new LaminaException("learning rate finder: expected two rates above 0 in ascending order, got "
                    + lowest + " and " + highest + "; 1e-7 and 10 are usual");
        }
        this.lowest = lowest;
        this.highest = highest;
        return this;
    }

    /** Decides the order of examples and dropout; 0 unless said otherwise. */
    public LearningRateFinder seed(long seed) {
        this.seed = seed;
        return this;
    }

    /** Tries the rates. */
    public Result run() {
        model.seedIfNone(seed);
        Examples.check(model, data, "learning rate finder");
        if (data.size() < batchSize) {
            throw new DataException("learning rate finder: expected a batch of " + batchSize + " examples, got "
                    + data.size() + " in all; use a smaller batchSize");
        }
        Map<Variable, Tensor> before = new LinkedHashMap<>();
        model.variables().values().forEach(variable -> before.put(variable, Optimizer.copy(variable)));
        List<Point> points = new ArrayList<>();
        try {
            model.optimizer().exploring(() -> explore(points));
        } finally {
            model.exclusively(() -> Variable.assignAll(before, List.of()));
        }
        return new Result(points, suggestion(points));
    }

    private void explore(List<Point> points) {
        Optimizer optimizer = model.optimizer();
        Batches batches =
                Batches.of(data.size(), batchSize).shuffle(Seeds.mix(seed, 0)).dropLast();
        BatchPlan plan = BatchPlan.training(model, data, batchSize);
        double average = 0;
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < steps; i++) {
            if (i % batches.count() == 0) {
                batches.epoch(i / batches.count());
            }
            double rate = lowest * Math.pow(highest / lowest, i / (steps - 1.0));
            optimizer.learningRate(rate);
            plan.run(
                    data,
                    batches.order(),
                    batches.from(i % batches.count()),
                    Seeds.mix(seed, i),
                    new double[0],
                    optimizer);
            optimizer.stepped();
            double loss = plan.loss();
            average = SMOOTH * average + (1 - SMOOTH) * loss;
            double smoothed = average / (1 - Math.pow(SMOOTH, i + 1.0));
            best = Math.min(best, smoothed);
            if (!(smoothed <= TOO_HIGH * best)) {
                return;
            }
            points.add(new Point(rate, loss, smoothed));
        }
    }

    /** Where the smoothed loss falls fastest by the logarithm of the rate, before its lowest point. */
    private static double suggestion(List<Point> points) {
        int lowest = 0;
        for (int i = 1; i < points.size(); i++) {
            lowest = points.get(i).smoothed < points.get(lowest).smoothed ? i : lowest;
        }
        double suggestion = points.get(lowest).rate;
        double steepest = 0;
        for (int i = 1; i < lowest; i++) {
            double fall = points.get(i - 1).smoothed - points.get(i + 1).smoothed;
            if (fall > steepest) {
                steepest = fall;
                suggestion = points.get(i).rate;
            }
        }
        return suggestion;
    }
}
