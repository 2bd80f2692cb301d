package dev.lamina.nn;

import dev.lamina.core.Tensor;

/** Functions applied to the output of a layer, element by element except softmax, which works along the last axis. */
public enum Activation {
    /** x. */
    LINEAR("linear"),
    /** max(x, 0); its gradient at 0 is 0. */
    RELU("relu"),
    /** x for x above 0, else 0.01 x. */
    LEAKY_RELU("leakyRelu"),
    /** min(max(x, 0), 6). */
    RELU6("relu6"),
    /** x for x above 0, else e^x - 1. */
    ELU("elu"),
    /** x for x above 0, else e^x - 1, written so that its slope is smooth for any scale (Barron 2017). */
    CELU("celu"),
    /** 1.0507 elu(x) with alpha 1.67326 (Klambauer and others 2017). */
    SELU("selu"),
    /** x Phi(x), Phi the distribution function of the normal law (Hendrycks and Gimpel 2016). */
    GELU("gelu"),
    /** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which approximates gelu. */
    GELU_TANH("geluTanh"),
    /** x sigmoid(x), also called swish. */
    SILU("silu"),
    /** x tanh(softplus(x)). */
    MISH("mish"),
    /** log(1 + e^x). */
    SOFTPLUS("softplus"),
    /** x / (1 + |x|). */
    SOFTSIGN("softsign"),
    /** 1 / (1 + e^-x): a probability. */
    SIGMOID("sigmoid"),
    /** log(sigmoid(x)). */
    LOG_SIGMOID("logSigmoid"),
    /** clamp(x / 6 + 1 / 2, 0, 1). */
    HARD_SIGMOID("hardSigmoid"),
    /** x hardSigmoid(x). */
    HARD_SWISH("hardSwish"),
    /** (e^x - e^-x) / (e^x + e^-x). */
    TANH("tanh"),
    /** clamp(x, -1, 1). */
    HARD_TANH("hardTanh"),
    /** e^x / sum e^x along the last axis: probabilities of classes. */
    SOFTMAX("softmax"),
    /** x - log(sum e^x) along the last axis: logarithms of probabilities. */
    LOG_SOFTMAX("logSoftmax");

    private final String label;

    Activation(String label) {
        this.label = label;
    }

    /** The name in files and summaries, such as {@code "leakyRelu"}. */
    public String label() {
        return label;
    }

    /** The function of x. */
    public Tensor of(Tensor x) {
        return switch (this) {
            case LINEAR -> x;
            case RELU -> x.relu();
            case LEAKY_RELU -> x.leakyRelu(0.01);
            case RELU6 -> x.relu6();
            case ELU -> x.elu(1);
            case CELU -> x.celu(1);
            case SELU -> x.selu();
            case GELU -> x.gelu();
            case GELU_TANH -> x.geluTanh();
            case SILU -> x.silu();
            case MISH -> x.mish();
            case SOFTPLUS -> x.softplus(1);
            case SOFTSIGN -> x.softsign();
            case SIGMOID -> x.sigmoid();
            case LOG_SIGMOID -> x.logSigmoid();
            case HARD_SIGMOID -> x.hardSigmoid();
            case HARD_SWISH -> x.hardSwish();
            case TANH -> x.tanh();
            case HARD_TANH -> x.hardTanh();
            case SOFTMAX -> x.softmax(-1);
            case LOG_SOFTMAX -> x.logSoftmax(-1);
        };
    }
}
