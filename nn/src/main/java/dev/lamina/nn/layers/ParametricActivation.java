package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Locale;
import java.util.Optional;

/** An activation with a number. Input and output (...). */
public final class ParametricActivation extends Layer {
    /** Which function of x and the number a. */
    public enum Kind {
        /** x for x above 0, else a x. */
        LEAKY_RELU("leakyRelu"),
        /** x for x above 0, else a (e^x - 1) (Clevert and others 2015). */
        ELU("elu"),
        /** x for x above 0, else a (e^(x / a) - 1) (Barron 2017). */
        CELU("celu"),
        /** log(1 + e^(a x)) / a. */
        SOFTPLUS("softplus"),
        /** x where x is above a, else 0. */
        THRESHOLDED_RELU("thresholdedRelu"),
        /** e^x / sum e^x along axis a. */
        SOFTMAX("softmax");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private final Kind kind;
    private final double number;

    /** A layer of this function. */
    public ParametricActivation(Kind kind, double number) {
        boolean fits = switch (kind) {
            case CELU, SOFTPLUS -> number > 0;
            case SOFTMAX -> number == Math.rint(number);
            case LEAKY_RELU, ELU, THRESHOLDED_RELU -> !Double.isNaN(number);
        };
        if (!fits || Double.isInfinite(number)) {
            throw new LaminaException(kind.label + ": expected "
                    + (kind == Kind.SOFTMAX ? "an axis" : "a number that this function takes") + ", got " + number
                    + "; see its formula");
        }
        this.kind = kind;
        this.number = number;
    }

    @Override
    protected String typeName() {
        return kind.label.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    @Override
    protected Tensor forward(Tensor x) {
        Inputs.requireFloats(kind.label, x);
        return switch (kind) {
            case LEAKY_RELU -> x.leakyRelu(number);
            case ELU -> x.elu(number);
            case CELU -> x.celu(number);
            case SOFTPLUS -> x.softplus(number);
            case THRESHOLDED_RELU -> x.gt(number).where(x, x.zerosLike());
            case SOFTMAX -> masked(x, (int) number).softmax((int) number);
        };
    }

    /** Along the steps of a sequence, those that its mask leaves out get no share. */
    private Tensor masked(Tensor x, int axis) {
        return mask(x).filter(real -> x.rank() > 0 && x.shape().axis(axis) < real.rank())
                .map(real -> Inputs.wide(real, x).where(x, ValueAttention.NEVER))
                .orElse(x);
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(kind.label).with("number", number));
    }

    /** Made again from its description. */
    public static ParametricActivation of(Config config) {
        return new ParametricActivation(
                config.oneOf(Kind.values(), kind -> kind.label).orElseThrow(), config.number("number"));
    }
}
