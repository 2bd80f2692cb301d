package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A layer whose kernel is normalized before it is used. The kernel W (..., out) is seen as a matrix (in, out).
 *
 * <p>Weight normalisation (Salimans and Kingma 2016): {@code scale[o] W[:, o] / |W[:, o]|}. Variable: {@code scale} (out,),
 * first the norms of the first kernel, so that nothing changes at first.
 *
 * <p>Spectral normalisation (Miyato and others 2018): W / sigma, sigma the largest singular value, found by the power method:
 * each call in training goes one step on with v = normalize(W u), u = normalize(W^T v), and sigma = v^T W u. Variable: {@code
 * direction} (out,), the vector u. Gradients do not flow through u and v.
 *
 * <p>Inputs and outputs are those of the layer inside.
 */
public final class KernelNorm extends Layer {
    private static final double EPSILON = 1e-12;
    private static final int FIRST_STEPS = 15;

    private final Kind kind;
    private final Layer inner;
    private @Nullable Variable kernel;
    private @Nullable Variable own;

    /** How the kernel is normalized. */
    public enum Kind {
        /** A direction and a length for each output. */
        WEIGHT("weightNorm"),
        /** Divided by the largest singular value. */
        SPECTRAL("spectralNorm");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    /** A layer with a normalized kernel. */
    public KernelNorm(Kind kind, Layer inner) {
        this.kind = kind;
        this.inner = child("inner", inner);
    }

    @Override
    protected String typeName() {
        return kind == Kind.WEIGHT ? "weight_norm" : "spectral_norm";
    }

    @Override
    protected void build(List<Shape> inputs) {
        // The kernel exists once the layer has been applied to something.
        inner.applyAll(IntStream.range(0, inputs.size())
                .mapToObj(i -> Tensor.zeros(inputDTypes().get(i), inputs.get(i)))
                .toList());
        Variable found = inner.variables().get("kernel");
        if (found == null) {
            throw new LaminaException(kind.label + ": expected a layer with a variable 'kernel', got one with "
                    + inner.variables().keySet() + "; wrap the dense or convolution layer itself");
        }
        kernel = found;
        Tensor w = matrix(found.value());
        own = switch (kind) {
            case WEIGHT ->
                parameter(
                        "scale",
                        Shape.of(w.dim(1)),
                        (dtype, shape, random) -> norms(w).reshape(-1).cast(dtype));
            case SPECTRAL -> {
                Tensor u = Tensor.full(dtype(), 1 / Math.sqrt(w.dim(1)), Shape.of(w.dim(1)));
                for (int i = 0; i < FIRST_STEPS; i++) {
                    u = next(w, u);
                }
                yield state("direction", u);
            }
        };
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        Variable variable = built(kernel);
        Tensor w = matrix(value(variable));
        Tensor normalized = switch (kind) {
            case WEIGHT -> w.mul(value(built(own)).div(norms(w)));
            case SPECTRAL -> w.div(sigma(w));
        };
        Tensor used = normalized.reshape(variable.shape().dims());
        return substituting(Map.of(variable, used), () -> inner.applyAll(inputs));
    }

    private Tensor sigma(Tensor w) {
        Tensor fixed = w.stopGradient();
        Tensor u = value(built(own));
        if (training() && !isFrozen()) {
            u = next(fixed, u).stopGradient();
            update(built(own), u);
        }
        Tensor v = unit(fixed.matmul(u)).stopGradient();
        return v.matmul(w.matmul(u));
    }

    /** One step of the power method. */
    private static Tensor next(Tensor w, Tensor u) {
        return unit(unit(w.matmul(u)).matmul(w));
    }

    private static Tensor unit(Tensor vector) {
        return vector.div(vector.square().sum().sqrt().clampMin(EPSILON));
    }

    private static Tensor norms(Tensor w) {
        return w.square().sumKeep(0).sqrt();
    }

    private static Tensor matrix(Tensor kernel) {
        return kernel.reshape(-1, kernel.dim(-1));
    }

    @Override
    public Optional<Config> config() {
        return inner.config().map(config -> Config.of(kind.label).with("layer", config));
    }

    /** Made again from its description. */
    public static KernelNorm of(Config config) {
        return new KernelNorm(config.oneOf(Kind.values(), kind -> kind.label).orElseThrow(), config.layer("layer"));
    }
}
