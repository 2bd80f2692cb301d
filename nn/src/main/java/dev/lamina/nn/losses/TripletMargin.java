package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/**
 * max(0, d(a, p) - d(a, n) + margin): an anchor a shall be nearer to its like p than to another n, d(x, y) = |x - y + 1e-6| in the p-norm
 * (Balntas and others 2016).
 *
 * <p>In a loop of your own call {@link #ofTriplet}. In {@code fit} the prediction is (N, 3, D): anchor, positive, negative; the labels are
 * not read. Result before reduction (N,).
 */
public final class TripletMargin extends Loss {
    private final double margin;
    private double power = 2;
    private boolean swap;

    /** Distances shall differ by the margin. */
    public TripletMargin(double margin) {
        this.margin = Checks.notNegative("tripletMargin", "margin", margin);
    }

    /** The norm of distances; 2 unless said otherwise. */
    public TripletMargin power(double p) {
        power = Checks.positive(name(), "power", p);
        return this;
    }

    /** The negative shall be as far from the positive as from the anchor; the smaller distance counts. */
    public TripletMargin swap() {
        swap = true;
        return this;
    }

    @Override
    public String name() {
        return "tripletMargin";
    }

    /** The loss of three tensors (N, D). */
    public Tensor ofTriplet(Tensor anchor, Tensor positive, Tensor negative) {
        return reduced(anchor, positive, values(anchor, positive, negative));
    }

    private Tensor values(Tensor anchor, Tensor positive, Tensor negative) {
        if (anchor.rank() != 2
                || !anchor.shape().equals(positive.shape())
                || !anchor.shape().equals(negative.shape())) {
            throw new ShapeException(name() + ": expected three tensors of one shape (N, D), got " + anchor.shape()
                    + ", " + positive.shape() + " and " + negative.shape() + "; nothing is broadcast");
        }
        Tensor far = distance(anchor, negative);
        if (swap) {
            far = far.minimum(distance(positive, negative));
        }
        return distance(anchor, positive).sub(far).add(margin).relu();
    }

    private Tensor distance(Tensor x, Tensor y) {
        return x.sub(y).add(1e-6).norm(power, -1);
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        Parts.require(this, prediction, 3, true);
        return values(Parts.part(prediction, 0), Parts.part(prediction, 1), Parts.part(prediction, 2));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name())
                .with("reduction", reduction().name())
                .with("margin", margin)
                .with("power", power)
                .with("swap", swap));
    }

    /** Makes a saved one again. */
    public static TripletMargin of(Config config) {
        TripletMargin loss = new TripletMargin(config.number("margin")).power(config.number("power"));
        return config.flag("swap") ? loss.swap() : loss;
    }
}
