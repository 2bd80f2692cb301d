package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Optional;

/**
 * A fully connected layer: y = activation(x kernel + bias).
 *
 * <p>Input (..., in), output (..., units). Variables: {@code kernel} (in, units), first Glorot uniform; {@code bias} (units,),
 * first 0. The kernel is the transpose of PyTorch's {@code weight} and equal to Keras' {@code kernel}.
 */
public final class Dense extends KernelLayer<Dense> {
    private final int units;

    /** A layer of so many outputs. */
    public Dense(int units) {
        if (units < 1) {
            throw new LaminaException("dense: expected 1 or more units, got " + units + "; pass the number of outputs");
        }
        this.units = units;
    }

    /** Number of outputs. */
    public int units() {
        return units;
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() == 0) {
            throw new ShapeException(
                    "dense: expected inputs with a last axis of features, got a scalar; reshape it to (1,)");
        }
        if (input.dim(-1) == 0) {
            throw new ShapeException(
                    "dense: expected one or more features, got " + input + "; feed examples with some");
        }
        createKernel(Shape.of(input.dim(-1), units), Shape.of(units));
    }

    @Override
    protected Tensor forward(Tensor x) {
        int in = kernel().shape().dim(0);
        if (x.rank() == 0 || x.dim(-1) != in) {
            throw new ShapeException("dense: expected inputs (..., " + in + "), got " + x.shape()
                    + "; feed examples with as many features as at the first use");
        }
        return finish(x.matmul(kernelValue()));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("dense").with("units", units));
    }

    /** Made again from its description. */
    public static Dense of(Config config) {
        return new Dense(config.integer("units")).options(config);
    }
}
