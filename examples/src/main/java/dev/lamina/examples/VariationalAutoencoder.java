package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Random;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.nn.Callback;
import dev.lamina.nn.History;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;

/**
 * A variational autoencoder (Kingma and Welling 2014) of digits of 64 pixels. The encoder gives mean and log variance of 6 hidden numbers,
 * a sample of which is decoded. The loss is minus the evidence lower bound, divided by the 64 pixels: binary cross-entropy of the pixels plus
 * the divergence -0.5 sum(1 + log v - m^2 - v) from the standard normal law.
 */
public final class VariationalAutoencoder extends Model {
    private static final int PIXELS = 64;
    private static final int HIDDEN = 6;

    private final Layer encoder = child("encoder", Sequential.of(dense(96).gelu(), dense(2 * HIDDEN)));
    private final Layer decoder = child("decoder", Sequential.of(dense(96).gelu(), dense(PIXELS)));

    @Override
    protected Tensor forward(Tensor x) {
        Tensor code = encoder.apply(x);
        Tensor mean = code.narrow(-1, 0, HIDDEN);
        Tensor logVariance = code.narrow(-1, HIDDEN, HIDDEN);
        if (!training()) {
            return decoder.apply(mean);
        }
        addPenalty(divergence(mean, logVariance).mul(1.0 / PIXELS));
        Tensor noise = random().normal(mean.shape());
        return decoder.apply(mean.add(logVariance.mul(0.5).exp().mul(noise)));
    }

    /** Mean over the batch, summed over the hidden numbers. */
    private static Tensor divergence(Tensor mean, Tensor logVariance) {
        Tensor terms = logVariance.add(1).sub(mean.square()).sub(logVariance.exp());
        return terms.sum(-1).mean().mul(-0.5);
    }

    /** Evidence lower bound for each digit, with one sample: what can be said at least about log p(x). */
    double bound(Tensor x, long seed) {
        Tensor code = encoder.apply(x);
        Tensor mean = code.narrow(-1, 0, HIDDEN);
        Tensor logVariance = code.narrow(-1, HIDDEN, HIDDEN);
        Tensor noise = Random.seed(seed).normal(mean.shape());
        Tensor scores = decoder.apply(mean.add(logVariance.mul(0.5).exp().mul(noise)));
        Tensor pixels = binaryCrossentropy().of(scores, x).mul(PIXELS);
        return pixels.add(divergence(mean, logVariance)).neg().item();
    }

    /** New digits from nothing, (count, 64), as inks from 0 to 1. */
    Tensor invent(int count, long seed) {
        return decoder.apply(Random.seed(seed).normal(dev.lamina.core.Shape.of(count, HIDDEN)))
                .sigmoid();
    }

    /** Trains and prints. */
    public static void main(String[] args) {
        VariationalAutoencoder model = new VariationalAutoencoder();
        train(model, 60, ProgressLine.of(System.out, false));
        System.out.printf(
                "evidence lower bound of the test digits %.2f%n",
                model.bound(Digits.test().features(), 3));
    }

    static History train(VariationalAutoencoder model, int epochs, Callback... callbacks) {
        Dataset digits = Autoencoder.toItself(Digits.train());
        model.compile(adam(3e-3), binaryCrossentropy());
        return model.fit(digits, epochs(epochs).batchSize(32).seed(1).callbacks(callbacks));
    }
}
