package dev.lamina.nn.layers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Regularizer;
import java.util.Optional;

/**
 * Adds a penalty on what flows through to the loss, in training: (l1 sum |x| + l2 sum x^2) / N for N examples; masked steps count for nothing. Input and output
 * (N, ...).
 */
public final class ActivityRegularization extends Layer {
    private final Regularizer regularizer;

    /** A layer with this penalty. */
    public ActivityRegularization(Regularizer regularizer) {
        this.regularizer = regularizer;
    }

    @Override
    protected Tensor forward(Tensor x) {
        Inputs.requireFloats("activityRegularization", x);
        if (training() && regularizer.isActive() && x.rank() > 0 && x.dim(0) > 0) {
            Tensor real = mask(x).map(mask -> Inputs.zeroed(x, mask)).orElse(x);
            addPenalty(regularizer.of(real).div(x.dim(0)));
        }
        return x;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(
                Config.of("activityRegularization").with("l1", regularizer.l1()).with("l2", regularizer.l2()));
    }

    /** Made again from its description. */
    public static ActivityRegularization of(Config config) {
        return new ActivityRegularization(new Regularizer(config.number("l1"), config.number("l2")));
    }
}
