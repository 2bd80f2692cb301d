package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.List;
import java.util.Optional;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers and others, 2000): with i, f, g, o the quarters of
 * x kernel + h recurrent + bias, c = sigmoid(f) c + sigmoid(i) tanh(g) and h = sigmoid(o) tanh(c). Inputs, outputs and options:
 * {@link Recurrent}; the states are h and c.
 *
 * <p>Variables: {@code kernel} (in, 4 units), {@code recurrent} (units, 4 units), {@code bias} (4 units), gates in the order i, f, g, o as in
 * Keras and PyTorch. The bias of the forget gate is first 1 (Jozefowicz and others, 2015), the others 0.
 */
public final class Lstm extends Recurrent<Lstm> {
    private final int units;

    /** A layer of so many outputs. */
    public Lstm(int units) {
        this.units = units("lstm", units);
    }

    @Override
    protected List<Integer> stateSizes() {
        return List.of(units, units);
    }

    @Override
    protected void build(Shape input) {
        createKernels(input.dim(-1), units, 4, (dtype, shape, random) -> {
            Tensor gate = Tensor.arange(4 * units).div(units);
            return gate.eq(1).cast(dtype);
        });
    }

    @Override
    boolean addsProducts() {
        return true;
    }

    @Override
    protected List<Tensor> step(Tensor x, List<Tensor> states, Tensor output) {
        return after(recurrent(output).add(x), states);
    }

    @Override
    List<Tensor> after(Tensor gates, List<Tensor> states) {
        Tensor input = gates.narrow(1, 0, units).sigmoid();
        Tensor forget = gates.narrow(1, units, units).sigmoid();
        Tensor value = gates.narrow(1, 2 * units, units).tanh();
        Tensor cell = forget.mul(states.get(1)).add(input.mul(value));
        return List.of(gates.narrow(1, 3 * units, units).sigmoid().mul(cell.tanh()), cell);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("lstm").with("units", units));
    }

    /** Made again from its description. */
    public static Lstm of(Config config) {
        return new Lstm(config.integer("units")).options(config);
    }
}
