package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import java.util.List;
import java.util.Optional;

/**
 * The simple recurrent network (Elman, 1990): h = activation(x kernel + h recurrent + bias). Inputs, outputs and options: {@link Recurrent}.
 * Variables: {@code kernel} (in, units), {@code recurrent} (units, units), {@code bias} (units).
 */
public final class SimpleRnn extends Recurrent<SimpleRnn> {
    private final int units;
    private Activation activation = Activation.TANH;

    /** A layer of so many outputs. */
    public SimpleRnn(int units) {
        this.units = units("simpleRnn", units);
    }

    /** Sets the activation; default tanh. */
    public SimpleRnn activation(Activation activation) {
        this.activation = activation;
        return this;
    }

    @Override
    protected List<Integer> stateSizes() {
        return List.of(units);
    }

    @Override
    protected void build(Shape input) {
        createKernels(input.dim(-1), units, 1);
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
    List<Tensor> after(Tensor sum, List<Tensor> states) {
        return List.of(activation.of(sum));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("simpleRnn").with("units", units).with("activation", activation));
    }

    /** Made again from its description. */
    public static SimpleRnn of(Config config) {
        return new SimpleRnn(config.integer("units"))
                .activation(config.activation("activation"))
                .options(config);
    }
}
