package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A form of two inputs: y[k] = activation(sum over i, j of a[i] kernel[i, j, k] b[j] + bias[k]).
 *
 * <p>Inputs (..., A) and (..., B) with equal leading axes, output (..., units). Variables: {@code kernel} (A, B, units), first
 * Glorot uniform; {@code bias} (units,), first 0. PyTorch's weight is (units, A, B).
 */
public final class Bilinear extends KernelLayer<Bilinear> {
    private final int units;

    /** A layer of so many outputs. */
    public Bilinear(int units) {
        if (units < 1) {
            throw new LaminaException(
                    "bilinear: expected 1 or more units, got " + units + "; pass the number of outputs");
        }
        this.units = units;
    }

    @Override
    protected void build(List<Shape> inputs) {
        if (inputs.size() != 2 || inputs.get(0).rank() == 0 || inputs.get(1).rank() == 0) {
            throw new ShapeException("bilinear: expected two inputs (..., A) and (..., B), got " + inputs
                    + "; pass both to one call of apply");
        }
        createKernel(Shape.of(inputs.get(0).dim(-1), inputs.get(1).dim(-1), units), Shape.of(units));
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        int a = kernel().shape().dim(0);
        int b = kernel().shape().dim(1);
        List<Shape> shapes = inputs.stream().map(Tensor::shape).toList();
        boolean fits = inputs.size() == 2
                && shapes.stream().allMatch(shape -> shape.rank() > 0)
                && shapes.get(0).dim(-1) == a
                && shapes.get(1).dim(-1) == b
                && shapes.get(0).with(-1, b).equals(shapes.get(1));
        if (!fits) {
            throw new ShapeException("bilinear: expected two inputs (..., " + a + ") and (..., " + b + "), got "
                    + shapes + "; feed examples like those of the first use");
        }
        Tensor first = inputs.get(0).matmul(kernelValue().reshape(a, b * units));
        int[] dims = Arrays.copyOf(shapes.get(0).dims(), shapes.get(0).rank() + 1);
        dims[dims.length - 2] = b;
        dims[dims.length - 1] = units;
        Tensor y = first.reshape(dims).mul(inputs.get(1).unsqueeze(-1)).sum(-2);
        return List.of(finish(y));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(options("bilinear").with("units", units));
    }

    /** Made again from its description. */
    public static Bilinear of(Config config) {
        return new Bilinear(config.integer("units")).options(config);
    }
}
