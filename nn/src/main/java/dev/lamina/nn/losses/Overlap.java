package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One minus the share that predicted and true areas have in common, Tversky's index (Salehi and others 2017): 1 - (h + s) / (h + a f + b
 * m + s) with hits h = sum p t, false positives f = sum p (1 - t), misses m = sum (1 - p) t and smoothing s, 1 unless said otherwise. a
 * = b = 1/2 is Dice's coefficient (Milletari and others 2016), a = b = 1 the intersection over union (Jaccard's index).
 *
 * <p>Prediction (N, ...) probabilities, target of the same shape. Result before reduction (N,), or (N, C) with {@link #perChannel}.
 */
public final class Overlap extends Loss {
    private final String name;
    private final double falsePositives;
    private final double misses;
    private double smoothing = 1;
    private boolean perChannel;

    /** Tversky's index with weights of false positives and of misses, 0 or more. */
    public Overlap(String name, double falsePositives, double misses) {
        this.name = name;
        this.falsePositives = Checks.notNegative(name, "weight", falsePositives);
        this.misses = Checks.notNegative(name, "weight", misses);
    }

    /** Added above and below the line; keeps the loss of empty areas finite. */
    public Overlap smoothing(double smoothing) {
        this.smoothing = Checks.positive(name, "smoothing", smoothing);
        return this;
    }

    /** Compares channel by channel (last axis), so that small classes count as much as large ones. */
    public Overlap perChannel() {
        perChannel = true;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        requireSameShape(prediction, target);
        int first = 1;
        int after = prediction.rank() - (perChannel ? 1 : 0);
        if (after <= first) {
            throw new ShapeException(name + ": expected predictions (N, ..." + (perChannel ? ", C)" : ")")
                    + " with an area for each example, got " + prediction.shape() + "; keep the axes of the area");
        }
        int[] area = IntStream.range(first, after).toArray();
        Tensor t = target.cast(prediction.dtype());
        Tensor hits = prediction.mul(t).sum(area);
        Tensor wrong = prediction.sum(area).sub(hits).mul(falsePositives);
        Tensor missed = t.sum(area).sub(hits).mul(misses);
        Tensor kept = hits.add(smoothing);
        return kept.div(kept.add(wrong).add(missed)).rsub(1);
    }

    @Override
    public Expected expected() {
        return Expected.PROBABILITIES;
    }

    @Override
    public boolean isBinary() {
        return !perChannel;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("overlap")
                .with("name", name)
                .with("reduction", reduction().name())
                .with("falsePositives", falsePositives)
                .with("misses", misses)
                .with("smoothing", smoothing)
                .with("perChannel", perChannel));
    }

    /** Makes a saved one again. */
    public static Overlap of(Config config) {
        Overlap loss = new Overlap(config.text("name"), config.number("falsePositives"), config.number("misses"))
                .smoothing(config.number("smoothing"));
        return config.flag("perChannel") ? loss.perChannel() : loss;
    }
}
