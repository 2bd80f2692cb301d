package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Ready rules for first values.
 *
 * <p>fanIn is the number of inputs that one output of a kernel (window..., in, out) adds up: window size times in; fanOut is
 * window size times out. For a vector both are its length.
 */
public final class Initializers {
    private Initializers() {}

    /** 0 everywhere. */
    public static Initializer zeros() {
        return new Standard(Kind.CONSTANT, 0, 0);
    }

    /** 1 everywhere. */
    public static Initializer ones() {
        return new Standard(Kind.CONSTANT, 1, 0);
    }

    /** The same value everywhere. */
    public static Initializer constant(double value) {
        return new Standard(Kind.CONSTANT, value, 0);
    }

    /** Normal numbers with this mean and standard deviation. */
    public static Initializer normal(double mean, double deviation) {
        return new Standard(Kind.NORMAL, mean, deviation);
    }

    /** Normal numbers, drawn anew while further than two deviations from the mean. */
    public static Initializer truncatedNormal(double mean, double deviation) {
        return new Standard(Kind.TRUNCATED_NORMAL, mean, deviation);
    }

    /** Uniform numbers in [low, high). */
    public static Initializer uniform(double low, double high) {
        return new Standard(Kind.UNIFORM, low, high);
    }

    /** Uniform in +-sqrt(6 / (fanIn + fanOut)): for tanh, sigmoid, softmax (Glorot and Bengio 2010). */
    public static Initializer glorotUniform() {
        return new Standard(Kind.GLOROT_UNIFORM, 1, 0);
    }

    /** Normal with variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
    public static Initializer glorotNormal() {
        return new Standard(Kind.GLOROT_NORMAL, 1, 0);
    }

    /** Uniform in +-sqrt(6 / fanIn): for relu (He and others 2015). */
    public static Initializer heUniform() {
        return new Standard(Kind.HE_UNIFORM, 1, 0);
    }

    /** Normal with variance 2 / fanIn (He and others 2015). */
    public static Initializer heNormal() {
        return new Standard(Kind.HE_NORMAL, 1, 0);
    }

    /** Uniform in +-sqrt(3 / fanIn): for selu (LeCun and others 1998). */
    public static Initializer lecunUniform() {
        return new Standard(Kind.LECUN_UNIFORM, 1, 0);
    }

    /** Normal with variance 1 / fanIn (LeCun and others 1998). */
    public static Initializer lecunNormal() {
        return new Standard(Kind.LECUN_NORMAL, 1, 0);
    }

    /** What the variance of {@link #varianceScaling} is divided by. */
    public enum Fan {
        /** The number of inputs. */
        IN,
        /** The number of outputs. */
        OUT,
        /** The mean of both. */
        AVERAGE
    }

    /**
     * Variance scale / fan: Glorot, He and LeCun in general. The square of a gain is a scale: with a = sqrt(2) for relu, PyTorch's
     * {@code kaiming_normal_(mode="fan_out")} is {@code varianceScaling(2, Fan.OUT, false)}.
     *
     * @param uniform uniform numbers rather than normal ones
     */
    public static Initializer varianceScaling(double scale, Fan fan, boolean uniform) {
        return switch (fan) {
            case IN -> new Standard(uniform ? Kind.LECUN_UNIFORM : Kind.LECUN_NORMAL, scale, 0);
            case OUT -> new Standard(uniform ? Kind.FAN_OUT_UNIFORM : Kind.FAN_OUT_NORMAL, scale, 0);
            case AVERAGE -> new Standard(uniform ? Kind.GLOROT_UNIFORM : Kind.GLOROT_NORMAL, scale, 0);
        };
    }

    /** A matrix (all axes but the last, last) with orthonormal rows or columns (Saxe and others 2014). */
    public static Initializer orthogonal() {
        return orthogonal(1);
    }

    /** The same times a gain. */
    public static Initializer orthogonal(double gain) {
        return new Standard(Kind.ORTHOGONAL, gain, 0);
    }

    /** 1 on the diagonal of a matrix, else 0. */
    public static Initializer identity() {
        return identity(1);
    }

    /** A gain on the diagonal of a matrix, else 0. */
    public static Initializer identity(double gain) {
        return new Standard(Kind.IDENTITY, gain, 0);
    }

    /** A given value, for example weights from elsewhere; its shape must be that of the parameter. */
    public static Initializer value(Tensor value) {
        return (dtype, shape, random) -> {
            if (!value.shape().equals(shape)) {
                throw new dev.lamina.core.ShapeException("initializer: expected a value of shape " + shape + ", got "
                        + value.shape() + "; pass one of the parameter's shape");
            }
            return value.cast(dtype);
        };
    }

    private enum Kind {
        CONSTANT,
        NORMAL,
        TRUNCATED_NORMAL,
        UNIFORM,
        GLOROT_UNIFORM,
        GLOROT_NORMAL,
        HE_UNIFORM,
        HE_NORMAL,
        LECUN_UNIFORM,
        LECUN_NORMAL,
        FAN_OUT_UNIFORM,
        FAN_OUT_NORMAL,
        ORTHOGONAL,
        IDENTITY
    }

    /** How far from 0 uniform values go, from the fans; the deviation of normal values is bound / sqrt(3). */
    static double bound(double scale, double fan) {
        return Math.sqrt(3 * scale / Math.max(fan, 1));
    }

    /** {fanIn, fanOut} of a shape. */
    static long[] fans(Shape shape) {
        int rank = shape.rank();
        if (rank == 0) {
            return new long[] {1, 1};
        }
        if (rank == 1) {
            return new long[] {shape.dim(0), shape.dim(0)};
        }
        long window = shape.range(0, rank - 2).size();
        return new long[] {window * shape.dim(-2), window * shape.dim(-1)};
    }

    /** A built-in rule with its two numbers; its text is what files hold. */
    private record Standard(Kind kind, double a, double b) implements Initializer {
        @Override
        public Tensor create(DType dtype, Shape shape, Random random) {
            double in = (double) fans(shape)[0];
            double out = (double) fans(shape)[1];
            double mean = (in + out) / 2;
            return switch (kind) {
                case CONSTANT -> Tensor.full(dtype, a, shape);
                case NORMAL -> random.normal(dtype, shape, a, b);
                case TRUNCATED_NORMAL -> random.truncatedNormal(dtype, shape, a, b);
                case UNIFORM -> random.uniform(dtype, shape, a, b);
                case GLOROT_UNIFORM -> spread(dtype, shape, random, bound(a, mean));
                case GLOROT_NORMAL -> normal(dtype, shape, random, bound(a, mean));
                case HE_UNIFORM -> spread(dtype, shape, random, bound(2 * a, in));
                case HE_NORMAL -> normal(dtype, shape, random, bound(2 * a, in));
                case LECUN_UNIFORM -> spread(dtype, shape, random, bound(a, in));
                case LECUN_NORMAL -> normal(dtype, shape, random, bound(a, in));
                case FAN_OUT_UNIFORM -> spread(dtype, shape, random, bound(a, out));
                case FAN_OUT_NORMAL -> normal(dtype, shape, random, bound(a, out));
                case ORTHOGONAL -> Matrices.orthogonal(dtype, shape, random).mul(a);
                case IDENTITY -> Matrices.identity(dtype, shape).mul(a);
            };
        }

        private static Tensor normal(DType dtype, Shape shape, Random random, double bound) {
            return random.normal(dtype, shape, 0, bound / Math.sqrt(3));
        }

        private static Tensor spread(DType dtype, Shape shape, Random random, double bound) {
            return random.uniform(dtype, shape, -bound, bound);
        }

        @Override
        public String toString() {
            return kind.name().toLowerCase(Locale.ROOT) + "(" + a + "," + b + ")";
        }
    }

    /** The text of a built-in rule, or an empty text for others: a loaded layer then has its default rule, and its loaded values. */
    static String text(Initializer initializer) {
        return initializer instanceof Standard standard ? standard.toString() : "";
    }

    /** The rule of a text. */
    static Initializer parse(String text) {
        try {
            int open = text.indexOf('(');
            List<String> numbers =
                    Arrays.asList(text.substring(open + 1, text.length() - 1).split(",", -1));
            Kind kind = Kind.valueOf(text.substring(0, open).toUpperCase(Locale.ROOT));
            return new Standard(kind, Double.parseDouble(numbers.get(0)), Double.parseDouble(numbers.get(1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new DataException(
                    "initializer: expected a text such as 'normal(0.0,0.05)', got '" + text + "'; repair the file", e);
        }
    }
}
