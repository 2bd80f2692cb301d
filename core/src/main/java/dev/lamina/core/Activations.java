package dev.lamina.core;

import dev.lamina.core.op.Elementwise;

/**
 * Functions between the layers of a network. All keep shape and dtype (integers become f32 where the function is not
 * piecewise linear). Kinks follow the usual choice: the gradient of relu at 0 is 0.
 */
public sealed interface Activations permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- piecewise linear

    /** max(x, 0); NaN stays NaN, gradient 0 at 0. */
    default Tensor relu() {
        return self().le(0).where(0.0, self());
    }

    /** min(max(x, 0), 6). */
    default Tensor relu6() {
        return bounded(self(), 0, 6);
    }

    /** x where positive, slope * x elsewhere. */
    default Tensor leakyRelu(double slope) {
        return self().gt(0).where(self(), self().mul(slope));
    }

    /** min(max(x, -1), 1). */
    default Tensor hardTanh() {
        return bounded(self(), -1, 1);
    }

    /** min(max(x / 6 + 1/2, 0), 1). */
    default Tensor hardSigmoid() {
        Tensor x = self();
        return x.le(-3).where(0.0, x.ge(3).where(1.0, x.div(6).add(0.5)));
    }

    /** x * hardSigmoid(x). */
    default Tensor hardSwish() {
        return self().mul(hardSigmoid());
    }

    // ---------------------------------------------------------------- exponential

    /** x where positive, alpha * (exp(x) - 1) elsewhere. */
    default Tensor elu(double alpha) {
        return self().gt(0).where(self(), negatives().expm1().mul(alpha));
    }

    /** Self-normalizing elu: 1.0507 * elu(x, 1.6733), Klambauer et al. 2017. */
    default Tensor selu() {
        return elu(1.6732632423543772).mul(1.0507009873554805);
    }

    /** x where positive, alpha * (exp(x / alpha) - 1) elsewhere. */
    default Tensor celu(double alpha) {
        return self().gt(0).where(self(), negatives().div(alpha).expm1().mul(alpha));
    }

    /** 1 / (1 + exp(-x)), without overflow. */
    default Tensor sigmoid() {
        return Primitives.elementwise(Elementwise.SIGMOID, floated());
    }

    /** log(sigmoid(x)) = -softplus(-x), exact for large |x|. */
    default Tensor logSigmoid() {
        return softplusOf(floated().neg()).neg();
    }

    /** log(1 + exp(beta * x)) / beta, exact for large |x|. */
    default Tensor softplus(double beta) {
        return beta == 1
                ? softplusOf(floated())
                : softplusOf(floated().mul(beta)).div(beta);
    }

    /** x / (1 + |x|). */
    default Tensor softsign() {
        return self().div(self().abs().add(1));
    }

    /** x * sigmoid(x), also called swish. */
    default Tensor silu() {
        return self().mul(sigmoid());
    }

    /** x * tanh(softplus(x)), Misra 2019. */
    default Tensor mish() {
        return self().mul(softplus(1).tanh());
    }

    /** x * Phi(x) with the normal distribution function: x/2 * (1 + erf(x / sqrt(2))), Hendrycks and Gimpel 2016. */
    default Tensor gelu() {
        Tensor x = floated();
        return x.mul(0.5).mul(x.mul(Math.sqrt(0.5)).erf().add(1));
    }

    /** The tanh approximation of gelu: x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))), off by less than 5e-4. */
    default Tensor geluTanh() {
        Tensor x = floated();
        Tensor inner = x.square().mul(0.044715).add(1).mul(x).mul(Math.sqrt(2 / Math.PI));
        return x.mul(0.5).mul(inner.tanh().add(1));
    }

    // ---------------------------------------------------------------- along an axis

    /** exp(x) / sum(exp(x)) along an axis, computed after the maximum is subtracted. */
    default Tensor softmax(int axis) {
        Tensor x = wide();
        Tensor powers = x.sub(x.maxKeep(axis).stopGradient()).exp();
        return powers.div(powers.sumKeep(axis)).cast(self().dtype().toFloat());
    }

    /** x - log(sum(exp(x))) along an axis, computed after the maximum is subtracted. */
    default Tensor logSoftmax(int axis) {
        Tensor x = wide();
        Tensor shifted = x.sub(x.maxKeep(axis).stopGradient());
        return shifted.sub(shifted.exp().sumKeep(axis).log())
                .cast(self().dtype().toFloat());
    }

    /** Gated linear unit: the axis is cut in halves a and b, the result is a * sigmoid(b), Dauphin et al. 2016. */
    default Tensor glu(int axis) {
        int extent = self().dim(axis);
        if (extent % 2 != 0) {
            throw new ShapeException("glu: expected an even extent on axis " + axis + ", got " + self().shape()
                    + "; the axis is cut in halves");
        }
        return self().narrow(axis, 0, extent / 2)
                .mul(self().narrow(axis, extent / 2, extent / 2).sigmoid());
    }

    // ---------------------------------------------------------------- parts

    private Tensor floated() {
        return self().cast(self().dtype().toFloat());
    }

    /** As f32, or f64: halves are rounded once, at the end. */
    private Tensor wide() {
        return self().cast(self().dtype() == DType.F64 ? DType.F64 : DType.F32);
    }

    /** x where it is not positive, 0 elsewhere, so that exp does not overflow in the branch that is not taken. */
    private Tensor negatives() {
        return self().gt(0).where(0.0, self());
    }

    /** Gradient 0 at the bounds too. */
    private static Tensor bounded(Tensor x, double min, double max) {
        return x.le(min).where(min, x.ge(max).where(max, x));
    }

    /** max(x, 0) + log1p(exp(-|x|)); with choices instead of max and abs, derivatives of all orders are right at 0. */
    private static Tensor softplusOf(Tensor x) {
        Tensor positive = x.gt(0);
        return positive.where(x, 0.0).add(positive.where(x.neg(), x).exp().log1p());
    }
}
