package dev.lamina.testkit;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;

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
    public static final double TOLERANCE = 1e-8;

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
        return check(new Inputs(body, point), seed);
    }

    /**
     * Checks a function with respect to the variables it reads. They have their values again afterwards.
     *
     * @param value builds the result anew at each call
     * @param variables f64 variables
     * @param seed of the projection c and the directions v and u
     */
    public static Result check(Supplier<Tensor> value, List<Variable> variables, long seed) {
        List<Tensor> point =
                variables.stream().map(x -> x.value().add(0).evaluate()).toList();
        return check(new Parameters(value, variables, point), seed);
    }

    private static Result check(Place place, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        place.move(0, place.point());
        Tensor c = like(place.value(), random);
        List<Tensor> v = place.point().stream().map(x -> like(x, random)).toList();
        List<Tensor> u = place.point().stream().map(x -> like(x, random)).toList();
        Supplier<Tensor> loss = () -> place.value().mul(c).sum();
        Supplier<Tensor> slope = () -> along(Gradients.of(loss.get(), Tensor.scalar(1.0), place.sources()), u);
        Result result = new Result(error(loss, place, v), error(slope, place, v));
        Measured.note("gradient", result.first);
        return result;
    }

    /** A function together with a point that can be moved. */
    private sealed interface Place {
        /** The point in its first place. */
        List<Tensor> point();

        /** Goes so many steps along a direction, from the first place. */
        void move(int steps, List<Tensor> direction);

        /** What gradients are taken with respect to, at the present place. */
        List<Tensor> sources();

        /** The function at the present place. */
        Tensor value();
    }

    private static final class Inputs implements Place {
        private final Body body;
        private final List<Tensor> point;
        private List<Tensor> moved;

        Inputs(Body body, List<Tensor> point) {
            this.body = body;
            this.point = point;
            this.moved = point;
        }

        @Override
        public List<Tensor> point() {
            return point;
        }

        @Override
        public void move(int steps, List<Tensor> direction) {
            moved = steps == 0 ? point : GradientCheck.moved(point, direction, steps);
        }

        @Override
        public List<Tensor> sources() {
            return moved;
        }

        @Override
        public Tensor value() {
            return body.apply(moved);
        }
    }

    private record Parameters(Supplier<Tensor> body, List<Variable> variables, List<Tensor> point) implements Place {
        @Override
        public void move(int steps, List<Tensor> direction) {
            List<Tensor> moved = steps == 0 ? point : GradientCheck.moved(point, direction, steps);
            for (int i = 0; i < moved.size(); i++) {
                variables.get(i).assign(moved.get(i));
            }
        }

        @Override
        public List<Tensor> sources() {
            return variables.stream().map(Variable::value).toList();
        }

        @Override
        public Tensor value() {
            return body.get();
        }
    }

    /** Relative error of the gradient of a scalar function along a direction. */
    private static double error(Supplier<Tensor> scalar, Place place, List<Tensor> direction) {
        double numeric = (8 * (at(scalar, place, direction, 1) - at(scalar, place, direction, -1))
                        - (at(scalar, place, direction, 2) - at(scalar, place, direction, -2)))
                / (12 * STEP);
        place.move(0, direction);
        Tensor value = scalar.get();
        double analytic = along(Gradients.of(value, Tensor.scalar(1.0), place.sources()), direction)
                .item();
        double scale = Math.max(SMALLEST_SCALE, Math.max(Math.abs(numeric), Math.abs(analytic)));
        double error = Math.abs(numeric - analytic) / scale;
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    private static double at(Supplier<Tensor> scalar, Place place, List<Tensor> direction, int steps) {
        place.move(steps, direction);
        return scalar.get().item();
    }

    /** Evaluated, so that the function sees plain data as it does at the point itself. */
    private static List<Tensor> moved(List<Tensor> point, List<Tensor> direction, int steps) {
        List<Tensor> moved = new ArrayList<>();
        for (int i = 0; i < point.size(); i++) {
            moved.add(point.get(i).add(direction.get(i).mul(steps * STEP)).evaluate());
        }
        return moved;
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
