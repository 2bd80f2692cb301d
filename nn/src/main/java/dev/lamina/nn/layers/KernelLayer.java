package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Regularizer;
import org.jspecify.annotations.Nullable;

/**
 * What layers with a kernel, a bias and an activation have in common: y = activation(kernel of x + bias). The kernel is first
 * Glorot uniform, the bias 0.
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract class KernelLayer<S extends KernelLayer<S>> extends Layer {
    private Activation activation = Activation.LINEAR;
    private boolean useBias = true;
    private Initializer kernelInitializer = Initializers.glorotUniform();
    private Initializer biasInitializer = Initializers.zeros();
    private Regularizer kernelRegularizer = Regularizer.NONE;
    private Regularizer biasRegularizer = Regularizer.NONE;
    private @Nullable Variable kernel;
    private @Nullable Variable bias;

    /** For subclasses. */
    protected KernelLayer() {}

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** Sets the activation. */
    public S activation(Activation activation) {
        requireNotBuilt("activation");
        this.activation = activation;
        return self();
    }

    /** max(x, 0). */
    public S relu() {
        return activation(Activation.RELU);
    }

    /** 1 / (1 + e^-x): probabilities of yes; with a loss {@code fromProbabilities()}. */
    public S sigmoid() {
        return activation(Activation.SIGMOID);
    }

    /** Hyperbolic tangent. */
    public S tanh() {
        return activation(Activation.TANH);
    }

    /** Probabilities of classes; with a loss {@code fromProbabilities()}. */
    public S softmax() {
        return activation(Activation.SOFTMAX);
    }

    /** x Phi(x). */
    public S gelu() {
        return activation(Activation.GELU);
    }

    /** Leaves the bias out. */
    public S noBias() {
        requireNotBuilt("noBias");
        useBias = false;
        return self();
    }

    /** The rule for the first kernel. */
    public S kernelInitializer(Initializer initializer) {
        requireNotBuilt("kernelInitializer");
        kernelInitializer = initializer;
        return self();
    }

    /** The rule for the first bias. */
    public S biasInitializer(Initializer initializer) {
        requireNotBuilt("biasInitializer");
        biasInitializer = initializer;
        return self();
    }

    /** Adds weight * sum |kernel| to the loss. */
    public S l1(double weight) {
        return kernelRegularizer(new Regularizer(weight, kernelRegularizer.l2()));
    }

    /** Adds weight * sum kernel^2 to the loss. */
    public S l2(double weight) {
        return kernelRegularizer(new Regularizer(kernelRegularizer.l1(), weight));
    }

    /** Adds a penalty of the kernel to the loss. */
    public S kernelRegularizer(Regularizer regularizer) {
        requireNotBuilt("kernelRegularizer");
        kernelRegularizer = regularizer;
        return self();
    }

    /** Adds a penalty of the bias to the loss. */
    public S biasRegularizer(Regularizer regularizer) {
        requireNotBuilt("biasRegularizer");
        biasRegularizer = regularizer;
        return self();
    }

    /** The kernel. */
    public Variable kernel() {
        return built(kernel);
    }

    /** The bias; an error in a layer without. */
    public Variable bias() {
        return built(bias);
    }

    // ---------------------------------------------------------------- for subclasses

    /** Creates {@code kernel} and, if the layer has one, {@code bias}; in {@code build}. */
    protected final void createKernel(Shape kernelShape, Shape biasShape) {
        kernel = parameter("kernel", kernelShape, kernelInitializer, kernelRegularizer);
        if (useBias) {
            bias = parameter("bias", biasShape, biasInitializer, biasRegularizer);
        }
    }

    /** The kernel's value in this call. */
    protected final Tensor kernelValue() {
        return value(kernel());
    }

    /** Adds the bias along the last axes, if the layer has one, and applies the activation. */
    protected final Tensor finish(Tensor y) {
        return activation.of(bias == null ? y : y.add(value(bias)));
    }

    /** The options of this class, for {@code config()}. */
    protected final Config options(String type) {
        return Config.of(type)
                .with("activation", activation)
                .with("bias", useBias)
                .with("kernelInitializer", kernelInitializer)
                .with("biasInitializer", biasInitializer)
                .with("l1", kernelRegularizer.l1())
                .with("l2", kernelRegularizer.l2())
                .with("biasL1", biasRegularizer.l1())
                .with("biasL2", biasRegularizer.l2());
    }

    /** Takes the options of this class from a description. */
    protected final S options(Config config) {
        activation = config.activation("activation");
        useBias = config.flag("bias");
        kernelInitializer = config.initializer("kernelInitializer", kernelInitializer);
        biasInitializer = config.initializer("biasInitializer", biasInitializer);
        kernelRegularizer = new Regularizer(config.number("l1"), config.number("l2"));
        biasRegularizer = new Regularizer(config.number("biasL1", 0), config.number("biasL2", 0));
        return self();
    }
}
