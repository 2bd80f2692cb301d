package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The gated recurrent unit (Cho and others, 2014): h = (1 - z) n + z h with gates r, z and the new value n. Inputs, outputs and options:
 * {@link Recurrent}. With a the thirds of x kernel + bias and b those of h recurrent + recurrentBias, in the order r, z, n:
 * r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n). So do PyTorch, cuDNN and Keras (reset_after). With
 * {@link #resetBefore()}, as in the paper, n = tanh(a_n + (r h) recurrent_n), and there is no recurrentBias.
 *
 * <p>Variables: {@code kernel} (in, 3 units), {@code recurrent} (units, 3 units), {@code bias} and {@code recurrentBias} (3 units). The order r, z, n
 * is PyTorch's; Keras has z, r, n.
 */
public final class Gru extends Recurrent<Gru> {
    private final int units;
    private boolean resetBefore;
    private @Nullable Variable recurrentBias;

    /** A layer of so many outputs. */
    public Gru(int units) {
        this.units = units("gru", units);
    }

    /** Applies the reset gate before the product, as in the paper. */
    public Gru resetBefore() {
        requireNotBuilt("resetBefore");
        resetBefore = true;
        return this;
    }

    @Override
    protected List<Integer> stateSizes() {
        return List.of(units);
    }

    @Override
    protected void build(Shape input) {
        createKernels(input.dim(-1), units, 3);
        if (hasBias() && !resetBefore) {
            recurrentBias = parameter("recurrentBias", Shape.of(3 * units), Initializers.zeros());
        }
    }

    @Override
    boolean projectsSteps() {
        return true;
    }

    @Override
    protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
        Tensor h = states.getFirst();
        Tensor old;
        Tensor update;
        if (resetBefore) {
            Tensor weights = value(recurrent());
            Tensor gates = output.matmul(weights.narrow(1, 0, 2 * units)).add(x.narrow(1, 0, 2 * units));
            Tensor reset = gates.narrow(1, 0, units).sigmoid();
            update = gates.narrow(1, units, units).sigmoid();
            old = reset.mul(output).matmul(weights.narrow(1, 2 * units, units));
        } else {
            Tensor b = recurrent(output);
            b = recurrentBias == null ? b : b.add(value(recurrentBias));
            Tensor reset = x.narrow(1, 0, units).add(b.narrow(1, 0, units)).sigmoid();
            update = x.narrow(1, units, units).add(b.narrow(1, units, units)).sigmoid();
            old = reset.mul(b.narrow(1, 2 * units, units));
        }
        Tensor fresh = x.narrow(1, 2 * units, units).add(old).tanh();
        return List.of(fresh.add(update.mul(h.sub(fresh))));
    }

    @Override
    void torchBias(Tensor input, Tensor hidden, Map<Variable, Tensor> values) {
        if (recurrentBias == null) {
            super.torchBias(input, hidden, values);
        } else {
            values.put(bias(), input);
            values.put(recurrentBias, hidden);
        }
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("gru").with("units", units).with("resetBefore", resetBefore));
    }

    /** Made again from its description. */
    public static Gru of(Config config) {
        Gru gru = new Gru(config.integer("units")).options(config);
        gru.resetBefore = config.flag("resetBefore");
        return gru;
    }
}
