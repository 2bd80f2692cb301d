package dev.lamina.nn.layers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Layer;
import java.util.function.UnaryOperator;

/**
 * A function as a layer, without variables. A model that holds one is loaded by code that makes it and calls {@code
 * loadWeights}: files hold data, no code.
 */
public final class Lambda extends Layer {
    private final UnaryOperator<Tensor> function;

    /** A layer of this function. */
    public Lambda(UnaryOperator<Tensor> function) {
        this.function = function;
    }

    @Override
    protected Tensor forward(Tensor x) {
        return function.apply(x);
    }
}
