package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Regularizer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer: y = activation(x kernel + bias).
 *
 * <p>Input (..., in), output (..., units). Variables: {@code kernel} (in, units), first Glorot uniform; {@code bias} (units,),
 * first 0. The kernel is the transpose of PyTorch's {@code weight} and equal to Keras' {@code kernel}.
 */
public final class Dense extends Layer {
    private final int units;
    private Activation activation = Activation.LINEAR;
    private boolean useBias = true;
    private Initializer kernelInitializer = Initializers.glorotUniform();
    private Initializer biasInitializer = Initializers.zeros();
    private Regularizer regularizer = Regularizer.NONE;
    private @Nullable Variable kernel;
    private @Nullable Variable bias;

    /** A layer of so many outputs. */
    public Dense(int units) {
        if (units < 1) {
            throw new LaminaException("dense: expected 1 or more units, got " + units + "; pass the number of outputs");
        }
        this.units = units;
    }

    /** Sets the activation. */
    public Dense activation(Activation activation) {
        requireNotBuilt("activation");
        this.activation = activation;
        return this;
    }

    /** max(x, 0). */
    public Dense relu() {
        return activation(Activation.RELU);
    }

    /** 1 / (1 + e^-x): probabilities of yes; with a loss {@code fromProbabilities()}. */
    public Dense sigmoid() {
        return activation(Activation.SIGMOID);
    }

    /** Hyperbolic tangent. */
    public Dense tanh() {
        return activation(Activation.TANH);
    }

    /** Probabilities of classes; with a loss {@code fromProbabilities()}. */
    public Dense softmax() {
        return activation(Activation.SOFTMAX);
    }

    /** x Phi(x). */
    public Dense gelu() {
        return activation(Activation.GELU);
    }

    /** Leaves the bias out. */
    public Dense noBias() {
        requireNotBuilt("noBias");
        useBias = false;
        return this;
    }

    /** The rule for the first kernel. */
    public Dense kernelInitializer(Initializer initializer) {
        requireNotBuilt("kernelInitializer");
        kernelInitializer = initializer;
        return this;
    }

    /** The rule for the first bias. */
    public Dense biasInitializer(Initializer initializer) {
        requireNotBuilt("biasInitializer");
        biasInitializer = initializer;
        return this;
    }

    /** Adds weight * sum |kernel| to the loss. */
    public Dense l1(double weight) {
        return kernelRegularizer(new Regularizer(weight, regularizer.l2()));
    }

    /** Adds weight * sum kernel^2 to the loss. */
    public Dense l2(double weight) {
        return kernelRegularizer(new Regularizer(regularizer.l1(), weight));
    }

    /** Adds a penalty of the kernel to the loss. */
    public Dense kernelRegularizer(Regularizer regularizer) {
        requireNotBuilt("kernelRegularizer");
        this.regularizer = regularizer;
        return this;
    }

    /** Number of outputs. */
    public int units() {
        return units;
    }

    /** The kernel (in, units). */
    public Variable kernel() {
        return built(kernel);
    }

    /** The bias (units,). */
    public Variable bias() {
        return built(bias);
    }

    @Override
    protected void build(Shape input) {
        if (input.rank() == 0) {
            throw new ShapeException(
                    "dense: expected inputs with a last axis of features, got a scalar; reshape it to (1,)");
        }
        kernel = parameter("kernel", Shape.of(input.dim(-1), units), kernelInitializer);
        if (useBias) {
            bias = parameter("bias", Shape.of(units), biasInitializer);
        }
    }

    @Override
    protected Tensor forward(Tensor x) {
        Variable weights = kernel();
        if (x.rank() == 0 || x.dim(-1) != weights.shape().dim(0)) {
            throw new ShapeException(
                    "dense: expected inputs (..., " + weights.shape().dim(0) + "), got " + x.shape()
                            + "; feed examples with as many features as at the first use");
        }
        Tensor y = x.matmul(weights.value());
        return activation.of(bias == null ? y : y.add(bias.value()));
    }

    @Override
    protected Optional<Tensor> ownPenalty() {
        return kernel != null && regularizer.isActive()
                ? Optional.of(regularizer.of(kernel.value()))
                : Optional.empty();
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of("dense")
                .with("units", units)
                .with("activation", activation)
                .with("bias", useBias)
                .with("kernelInitializer", kernelInitializer)
                .with("biasInitializer", biasInitializer)
                .with("l1", regularizer.l1())
                .with("l2", regularizer.l2()));
    }

    /** Made again from its description. */
    public static Dense of(Config config) {
        Dense dense = new Dense(config.integer("units"));
        dense.activation(config.activation("activation"));
        dense.useBias = config.flag("bias");
        dense.kernelRegularizer(new Regularizer(config.number("l1"), config.number("l2")));
        dense.kernelInitializer = config.initializer("kernelInitializer", dense.kernelInitializer);
        dense.biasInitializer = config.initializer("biasInitializer", dense.biasInitializer);
        return dense;
    }
}
