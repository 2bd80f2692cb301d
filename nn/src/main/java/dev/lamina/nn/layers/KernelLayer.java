package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Config;
import dev.lamina.nn.Constraint;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.ParameterOptions;
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
    private ParameterOptions kernelOptions = ParameterOptions.of(Initializers.glorotUniform());
    private ParameterOptions biasOptions = ParameterOptions.of(Initializers.zeros());
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

    private S kernelOptions(ParameterOptions options) {
        requireNotBuilt("options of the kernel");
        kernelOptions = options;
        return self();
    }

    private S biasOptions(ParameterOptions options) {
        requireNotBuilt("options of the bias");
        biasOptions = options;
        return self();
    }

    /** The rule for the first kernel. */
    public S kernelInitializer(Initializer initializer) {
        return kernelOptions(kernelOptions.with(initializer));
    }

    /** Adds a penalty of the kernel to the loss. */
    public S kernelRegularizer(Regularizer regularizer) {
        return kernelOptions(kernelOptions.with(regularizer));
    }

    /** Keeps the kernel where it shall be, after each step of an optimizer. */
    public S kernelConstraint(Constraint constraint) {
        return kernelOptions(kernelOptions.with(constraint));
    }

    /** Adds weight * sum |kernel| to the loss. */
    public S l1(double weight) {
        return kernelRegularizer(
                new Regularizer(weight, kernelOptions.regularizer().l2()));
    }

    /** Adds weight * sum kernel^2 to the loss. */
    public S l2(double weight) {
        return kernelRegularizer(new Regularizer(kernelOptions.regularizer().l1(), weight));
    }

    /** The rule for the first bias. */
    public S biasInitializer(Initializer initializer) {
        return biasOptions(biasOptions.with(initializer));
    }

    /** Adds a penalty of the bias to the loss. */
    public S biasRegularizer(Regularizer regularizer) {
        return biasOptions(biasOptions.with(regularizer));
    }

    /** Keeps the bias where it shall be, after each step of an optimizer. */
    public S biasConstraint(Constraint constraint) {
        return biasOptions(biasOptions.with(constraint));
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
        kernel = parameter("kernel", kernelShape, kernelOptions);
        if (useBias) {
            bias = parameter("bias", biasShape, biasOptions);
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
        Config config = Config.of(type).with("activation", activation).with("bias", useBias);
        return biasOptions.into(kernelOptions.into(config, "kernel"), "bias");
    }

    /** Takes the options of this class from a description. */
    protected final S options(Config config) {
        activation = config.activation("activation");
        useBias = config.flag("bias");
        kernelOptions = kernelOptions.from(config, "kernel");
        biasOptions = biasOptions.from(config, "bias");
        return self();
    }
}
