package dev.lamina.nn.losses;

import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.Optional;

/**
 * -log of softmax over the keys of a batch of cos(q_i, k_j) / temperature, at j = i: each query shall find its own key (van den Oord and
 * others 2018). With {@link #symmetric} the mean of both directions, as CLIP has it.
 *
 * <p>In a loop of your own call {@link #ofPair}. In {@code fit} the prediction is (N, 2, D): query and key; the labels are not read. Result
 * before reduction (N,).
 */
public final class InfoNce extends Loss {
    private final double temperature;
    private boolean symmetric;

    /** A smaller temperature looks harder at the nearest keys; 0.07 to 0.1 are usual. */
    public InfoNce(double temperature) {
        this.temperature = Checks.positive("infoNce", "temperature", temperature);
    }

    /** Keys shall find their queries as well. */
    public InfoNce symmetric() {
        symmetric = true;
        return this;
    }

    @Override
    public String name() {
        return "infoNce";
    }

    /** The loss of queries and keys, both (N, D). */
    public Tensor ofPair(Tensor queries, Tensor keys) {
        return reduced(queries, keys, found(queries, keys));
    }

    private Tensor found(Tensor queries, Tensor keys) {
        if (queries.rank() != 2 || !queries.shape().equals(keys.shape())) {
            throw new ShapeException(name() + ": expected two tensors of one shape (N, D), got " + queries.shape()
                    + " and " + keys.shape() + "; give one key for each query");
        }
        Tensor q = queries.normalize(2, -1, 1e-12);
        Tensor k = keys.normalize(2, -1, 1e-12);
        Tensor scores = q.matmul(k.transpose()).div(temperature);
        Tensor own = q.mul(k).sum(-1).div(temperature);
        Tensor loss = scores.logsumexp(-1).sub(own);
        return symmetric ? loss.add(scores.logsumexp(0)).sub(own).mul(0.5) : loss;
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        Parts.require(this, prediction, 2, true);
        return found(Parts.part(prediction, 0), Parts.part(prediction, 1));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name())
                .with("reduction", reduction().name())
                .with("temperature", temperature)
                .with("symmetric", symmetric));
    }

    /** Makes a saved one again. */
    public static InfoNce of(Config config) {
        InfoNce loss = new InfoNce(config.number("temperature"));
        return config.flag("symmetric") ? loss.symmetric() : loss;
    }
}
