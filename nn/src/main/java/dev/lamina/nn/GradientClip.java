package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A limit on gradients.
 *
 * @param kind which limit
 * @param limit the largest norm or value
 * @param order of the norm: 2 for Euclid's, 1 for the sum of absolute values, infinity for the largest
 */
public record GradientClip(Kind kind, double limit, double order) {
    /** No limit. */
    public static final GradientClip NONE = new GradientClip(Kind.NONE, 1, 2);

    /** Which limit. */
    public enum Kind {
        /** None. */
        NONE,
        /** On the norm of all gradients together. */
        NORM,
        /** On the norm of each gradient by itself. */
        EACH_NORM,
        /** On each element. */
        VALUE
    }

    /** Refuses limits that are not positive. */
    public GradientClip {
        if (!(limit > 0 && order > 0)) {
            throw new LaminaException("gradient clip: expected a limit and an order above 0, got " + limit + " and "
                    + order + "; 1 is a usual limit");
        }
    }

    /** Multiplies all gradients by norm / (total + 1e-6) where that is below 1; total is their common Euclidean norm. */
    public static GradientClip norm(double norm) {
        return new GradientClip(Kind.NORM, norm, 2);
    }

    /** The same with a norm of another order. */
    public static GradientClip norm(double norm, double order) {
        return new GradientClip(Kind.NORM, norm, order);
    }

    /** Multiplies each gradient by norm / (its own Euclidean norm + 1e-6) where that is below 1. */
    public static GradientClip eachNorm(double norm) {
        return new GradientClip(Kind.EACH_NORM, norm, 2);
    }

    /** Cuts each element to plus or minus this. */
    public static GradientClip value(double value) {
        return new GradientClip(Kind.VALUE, value, 2);
    }

    /** The clipped gradients. */
    public <K> Map<K, Tensor> of(Map<K, Tensor> gradients) {
        if (kind == Kind.NONE || gradients.isEmpty()) {
            return gradients;
        }
        Map<K, Tensor> clipped = new LinkedHashMap<>();
        Tensor common = kind == Kind.NORM ? scale(gradients.values()) : Tensor.scalar(1f);
        gradients.forEach((key, gradient) -> clipped.put(
                key,
                switch (kind) {
                    case NONE -> gradient;
                    case VALUE -> gradient.clamp(-limit, limit);
                    case NORM -> gradient.mul(common.cast(gradient.dtype()));
                    case EACH_NORM -> gradient.mul(scale(List.of(gradient)));
                }));
        return clipped;
    }

    private Tensor scale(Collection<Tensor> gradients) {
        return totalNorm(gradients, order).add(1e-6).rdiv(limit).minimum(1);
    }

    /** The norm of all gradients as if they were one vector, a scalar. */
    public static Tensor totalNorm(Collection<Tensor> gradients, double order) {
        List<Tensor> parts = new ArrayList<>();
        for (Tensor gradient : gradients) {
            parts.add(
                    Double.isInfinite(order)
                            ? gradient.abs().max()
                            : power(order == 2 ? gradient : gradient.abs(), order)
                                    .sum());
        }
        Tensor total = parts.get(0);
        for (Tensor part : parts.subList(1, parts.size())) {
            total = Double.isInfinite(order) ? total.maximum(part) : total.add(part);
        }
        return Double.isInfinite(order) ? total : power(total, 1 / order);
    }

    private static Tensor power(Tensor x, double exponent) {
        if (exponent == 1) {
            return x;
        }
        return exponent == 2 ? x.square() : exponent == 0.5 ? x.sqrt() : x.pow(exponent);
    }
}
