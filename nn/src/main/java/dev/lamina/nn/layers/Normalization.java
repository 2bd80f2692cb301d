package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Config;
import dev.lamina.nn.Constraint;
import dev.lamina.nn.Initializer;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.ParameterOptions;
import dev.lamina.nn.Regularizer;
import org.jspecify.annotations.Nullable;

/**
 * What normalizing layers have in common: y = gamma x' + beta for the normalized x'. Gamma is first 1, beta 0.
 *
 * @param <S> the layer itself, so that options can be chained
 */
public abstract class Normalization<S extends Normalization<S>> extends Layer {
    private double epsilon;
    private boolean scales = true;
    private boolean shifts;
    private ParameterOptions gammaOptions = ParameterOptions.of(Initializers.ones());
    private ParameterOptions betaOptions = ParameterOptions.of(Initializers.zeros());
    private @Nullable Variable gamma;
    private @Nullable Variable beta;

    /** Starts with what is added before the root is taken, and with beta or without. */
    protected Normalization(double epsilon, boolean shifts) {
        this.epsilon = epsilon;
        this.shifts = shifts;
    }

    @SuppressWarnings("unchecked")
    private S self() {
        return (S) this;
    }

    /** What is added before the root is taken, so that nothing is divided by 0. */
    public S epsilon(double epsilon) {
        requireNotBuilt("epsilon");
        if (!(epsilon > 0)) {
            throw new LaminaException(typeName() + ": expected an epsilon above 0, got " + epsilon + "; 1e-5 is usual");
        }
        this.epsilon = epsilon;
        return self();
    }

    /** Leaves gamma and beta out. */
    public S noAffine() {
        requireNotBuilt("noAffine");
        scales = false;
        shifts = false;
        return self();
    }

    /** Leaves beta out. */
    public S noBeta() {
        requireNotBuilt("noBeta");
        shifts = false;
        return self();
    }

    private S gammaOptions(ParameterOptions options) {
        requireNotBuilt("options of gamma");
        gammaOptions = options;
        return self();
    }

    private S betaOptions(ParameterOptions options) {
        requireNotBuilt("options of beta");
        betaOptions = options;
        return self();
    }

    /** The rule for the first gamma. */
    public S gammaInitializer(Initializer initializer) {
        return gammaOptions(gammaOptions.with(initializer));
    }

    /** Adds a penalty of gamma to the loss. */
    public S gammaRegularizer(Regularizer regularizer) {
        return gammaOptions(gammaOptions.with(regularizer));
    }

    /** Keeps gamma where it shall be, after each step of an optimizer. */
    public S gammaConstraint(Constraint constraint) {
        return gammaOptions(gammaOptions.with(constraint));
    }

    /** The rule for the first beta. */
    public S betaInitializer(Initializer initializer) {
        return betaOptions(betaOptions.with(initializer));
    }

    /** Adds a penalty of beta to the loss. */
    public S betaRegularizer(Regularizer regularizer) {
        return betaOptions(betaOptions.with(regularizer));
    }

    /** Keeps beta where it shall be, after each step of an optimizer. */
    public S betaConstraint(Constraint constraint) {
        return betaOptions(betaOptions.with(constraint));
    }

    // ---------------------------------------------------------------- for subclasses

    /** Creates {@code gamma} and {@code beta}, as far as the layer has them; in {@code build}. */
    protected final void createScale(Shape shape) {
        if (scales) {
            gamma = parameter("gamma", shape, gammaOptions);
        }
        if (shifts) {
            beta = parameter("beta", shape, betaOptions);
        }
    }

    /** gamma y + beta, with both reshaped, for example to (1, C, 1, 1); without a shape as they are. */
    protected final Tensor scaled(Tensor y, int... shape) {
        Tensor scaled = gamma == null ? y : y.mul(reshaped(gamma, shape));
        return beta == null ? scaled : scaled.add(reshaped(beta, shape));
    }

    private Tensor reshaped(Variable variable, int... shape) {
        Tensor value = value(variable);
        return shape.length == 0 ? value : value.reshape(shape);
    }

    /** What is added before the root is taken. */
    protected final double epsilon() {
        return epsilon;
    }

    /** The options of this class, for {@code config()}. */
    protected final Config options(String type) {
        Config config =
                Config.of(type).with("epsilon", epsilon).with("affine", scales).with("beta", shifts);
        return betaOptions.into(gammaOptions.into(config, "gamma"), "beta");
    }

    /** Takes the options of this class from a description. */
    protected final S options(Config config) {
        epsilon = config.number("epsilon");
        scales = config.flag("affine");
        shifts = config.has("beta") ? config.flag("beta") : scales;
        gammaOptions = gammaOptions.from(config, "gamma");
        betaOptions = betaOptions.from(config, "beta");
        return self();
    }
}
