package dev.lamina.testkit;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Compares gradients with finite differences along a random direction, in f64.
 *
 * <p>With L(x) = sum(f(x) * c) for a random c, and a random direction v over all inputs: the first order compares the slope
 * of L along v with the sum of {@code grad * v}. The second order does the same with G(x) = sum(grad(x) * u) in place of L,
 * for a second direction u. The slope is the central difference of five points,
 * {@code (-L(x + 2hv) + 8 L(x + hv) - 8 L(x - hv) + L(x - 2hv)) / 12h}, whose error falls with the fourth power of h.
 */
public final class GradientCheck {
    /** Largest relative error that passes. */
    public static final double TOLERANCE = 1e-7;

    private static final double STEP = 2e-4;
    private static final double SMALLEST_SCALE = 1e-2;

    private GradientCheck() {}

    /** A function of some f64 tensors with one float result. */
    public interface Body extends Function<List<Tensor>, Tensor> {}

    /**
     * What the comparison found.
     *
     * @param first relative error of the gradient
     * @param second relative error of the gradient of the gradient
     */
    public record Result(double first, double second) {
        /** True when both errors are below {@link #TOLERANCE}. */
        public boolean passes() {
            return first <= TOLERANCE && second <= TOLERANCE;
        }
    }

    /**
     * Checks a function at a point.
     *
     * @param body the function; it has to be smooth within some 1e-3 of the point
     * @param point f64 inputs
     * @param seed of the projection c and the directions v and u
     */
    public static Result check(Body body, List<Tensor> point, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Tensor c = like(body.apply(point), random);
        List<Tensor> v = point.stream().map(x -> like(x, random)).toList();
        List<Tensor> u = point.stream().map(x -> like(x, random)).toList();
        Body loss = xs -> body.apply(xs).mul(c).sum();
        Body slope = xs -> along(Gradients.of(loss.apply(xs), Tensor.scalar(1.0), xs), u);
        return new Result(error(loss, point, v), error(slope, point, v));
    }

    /** Relative error of the gradient of a scalar function along a direction. */
    private static double error(Body scalar, List<Tensor> point, List<Tensor> direction) {
        double numeric = (8 * (at(scalar, point, direction, 1) - at(scalar, point, direction, -1))
                        - (at(scalar, point, direction, 2) - at(scalar, point, direction, -2)))
                / (12 * STEP);
        Tensor value = scalar.apply(point);
        double analytic =
                along(Gradients.of(value, Tensor.scalar(1.0), point), direction).item();
        double scale = Math.max(SMALLEST_SCALE, Math.max(Math.abs(numeric), Math.abs(analytic)));
        double error = Math.abs(numeric - analytic) / scale;
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    private static double at(Body scalar, List<Tensor> point, List<Tensor> direction, int steps) {
        List<Tensor> moved = new ArrayList<>();
        for (int i = 0; i < point.size(); i++) {
            // Evaluated, so that the function sees plain data as it does at the point itself.
            moved.add(point.get(i).add(direction.get(i).mul(steps * STEP)).evaluate());
        }
        return scalar.apply(moved).item();
    }

    private static Tensor along(List<Tensor> gradients, List<Tensor> direction) {
        Tensor sum = Tensor.scalar(0.0);
        for (int i = 0; i < gradients.size(); i++) {
            sum = sum.add(gradients.get(i).mul(direction.get(i)).sum());
        }
        return sum;
    }

    /** Random f64 numbers between -1 and 1, none of them near 0, in the shape of a tensor. */
    private static Tensor like(Tensor x, SplittableRandom random) {
        double[] values = new double[(int) x.size()];
        for (int i = 0; i < values.length; i++) {
            double magnitude = random.nextDouble(0.25, 1);
            values[i] = random.nextBoolean() ? magnitude : -magnitude;
        }
        return Tensor.of(values, x.shape().dims());
    }
}
