package dev.lamina.nn.optimizers;

import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.ParameterUpdate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * L-BFGS (Liu and Nocedal 1989) with a line search for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6).
 * For small models and all data at once; it evaluates the loss several times for each step:
 *
 * {@snippet :
 * Lbfgs optimizer = lbfgs();
 * for (int i = 0; i < 10; i++) {
 *     double loss = optimizer.step(model.parameters(), () -> mse().of(model.apply(x), y));
 * }
 * }
 *
 * <p>Directions are computed in double precision, with 16 bytes for each remembered move and parameter element.
 */
public final class Lbfgs extends Optimizer {
    private static final double DECREASE = 1e-4;
    private static final double CURVATURE = 0.9;
    private static final int EVALUATIONS = 25;

    private int history = 10;
    private int iterations = 20;
    private double gradientTolerance = 1e-7;
    private double changeTolerance = 1e-9;
    private final Deque<Pair> pairs = new ArrayDeque<>();

    /** A move, the change of the gradient along it, and 1 / (move . change). */
    private record Pair(double[] move, double[] change, double weight) {}

    /** What was measured at a distance along the direction. */
    private record Point(double distance, double loss, double slope, double[] gradient) {}

    /** See {@link dev.lamina.nn.Optimizers}; the rate is the length of the first try of each search. */
    public Lbfgs(double learningRate) {
        super(learningRate);
    }

    /** Moves that are remembered; 10 unless said otherwise. */
    public Lbfgs history(int moves) {
        if (moves < 1) {
            throw new LaminaException("lbfgs: expected a history of 1 or more, got " + moves + "; 10 is usual");
        }
        history = moves;
        return this;
    }

    /** Directions in a step; 20 unless said otherwise. */
    public Lbfgs iterations(int count) {
        if (count < 1) {
            throw new LaminaException("lbfgs: expected 1 or more iterations, got " + count + "; 20 is usual");
        }
        iterations = count;
        return this;
    }

    /** When a step ends early: largest element of the gradient, 1e-7, and of a move, 1e-9, unless said otherwise. */
    public Lbfgs tolerances(double gradient, double change) {
        gradientTolerance = gradient;
        changeTolerance = change;
        return this;
    }

    @Override
    protected Tensor next(ParameterUpdate parameter) {
        throw new LaminaException(
                "lbfgs: expected step(parameters, loss) in a loop of your own, got gradients alone; it has to"
                        + " evaluate the loss of all data several times for each step, so fit and step(gradients) cannot use it");
    }

    /**
     * Up to {@link #iterations} directions, each followed to a lower loss.
     *
     * @param parameters what is changed
     * @param loss computes the loss, a scalar, from the present parameters; it is called several times and must give equal values for equal
     *     parameters, so no dropout
     * @return the loss of the new parameters
     */
    public double step(List<Variable> parameters, Supplier<Tensor> loss) {
        Problem problem = new Problem(parameters, loss);
        double[] x = problem.read();
        Point now = problem.at(x, x, 0);
        for (int i = 0; i < iterations && largest(now.gradient) > gradientTolerance; i++) {
            double[] direction = direction(now.gradient);
            double slope = dot(direction, now.gradient);
            if (!(slope < 0)) {
                pairs.clear();
                break;
            }
            double first = pairs.isEmpty() ? Math.min(1, 1 / norm1(now.gradient)) : 1;
            Point start = new Point(0, now.loss, slope, now.gradient);
            double[] from = x;
            Point next = new Search(start, distance -> problem.at(from, direction, distance), largest(direction))
                    .run(first * learningRate());
            if (!(next.loss < now.loss)) {
                break;
            }
            double[] move = scaled(direction, next.distance);
            x = sum(x, move, 1);
            remember(move, sum(next.gradient, now.gradient, -1));
            now = next;
            if (largest(move) <= changeTolerance) {
                break;
            }
        }
        problem.write(x);
        return now.loss;
    }

    private void remember(double[] move, double[] change) {
        double curvature = dot(move, change);
        if (curvature > 1e-10 * dot(change, change)) {
            pairs.addLast(new Pair(move, change, 1 / curvature));
        }
        while (pairs.size() > history) {
            pairs.removeFirst();
        }
    }

    /** Minus the inverse of the Hessian times the gradient, as far as the remembered moves tell it. */
    private double[] direction(double[] gradient) {
        double[] q = scaled(gradient, -1);
        double[] shares = new double[pairs.size()];
        int i = pairs.size();
        for (Iterator<Pair> latestFirst = pairs.descendingIterator(); latestFirst.hasNext(); ) {
            Pair pair = latestFirst.next();
            shares[--i] = dot(pair.move, q) * pair.weight;
            addTo(q, pair.change, -shares[i]);
        }
        if (!pairs.isEmpty()) {
            Pair last = pairs.getLast();
            double scale = 1 / (last.weight * dot(last.change, last.change));
            q = scaled(q, scale);
        }
        for (Pair pair : pairs) {
            double back = dot(pair.change, q) * pair.weight;
            addTo(q, pair.move, shares[i++] - back);
        }
        return q;
    }

    /** A function of a distance along the direction. */
    private interface Line {
        Point at(double distance);
    }

    /** Looks for a point that is lower and much less steep. */
    private record Search(Point start, Line line, double size) {
        Point run(double first) {
            Point before = start;
            Point now = line.at(first);
            for (int i = 0; i < EVALUATIONS; i++) {
                if (isHigh(now) || (i > 0 && now.loss >= before.loss)) {
                    return zoom(before, now);
                }
                if (isFlat(now)) {
                    return now;
                }
                if (now.slope >= 0) {
                    return zoom(now, before);
                }
                double least = now.distance + 0.1 * (now.distance - before.distance);
                double next = cubic(before, now);
                before = now;
                now = line.at(Double.isNaN(next) ? 2 * now.distance : Math.clamp(next, least, 10 * now.distance));
            }
            return before;
        }

        private Point zoom(Point low, Point high) {
            for (int i = 0; i < EVALUATIONS; i++) {
                double width = high.distance - low.distance;
                if (Math.abs(width) * size < 1e-12) {
                    break;
                }
                double share = (cubic(low, high) - low.distance) / width;
                Point now = line.at(low.distance + width * (share > 0.1 && share < 0.9 ? share : 0.5));
                if (isHigh(now) || now.loss >= low.loss) {
                    high = now;
                } else if (isFlat(now)) {
                    return now;
                } else {
                    high = now.slope * width >= 0 ? low : high;
                    low = now;
                }
            }
            return low;
        }

        private boolean isHigh(Point p) {
            return !(p.loss <= start.loss + DECREASE * p.distance * start.slope);
        }

        private boolean isFlat(Point p) {
            return Math.abs(p.slope) <= -CURVATURE * start.slope;
        }

        /** The lowest point of the cubic through values and slopes of two points; NaN where there is none. */
        private static double cubic(Point a, Point b) {
            double width = b.distance - a.distance;
            double d1 = a.slope + b.slope - 3 * (b.loss - a.loss) / width;
            double d2 = Math.signum(width) * Math.sqrt(d1 * d1 - a.slope * b.slope);
            return b.distance - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
        }
    }

    /** The loss as a function of all parameters in one vector. */
    private record Problem(List<Variable> parameters, Supplier<Tensor> loss) {
        Point at(double[] from, double[] direction, double distance) {
            write(distance == 0 ? from : sum(from, direction, distance));
            Tensor value = loss.get();
            Gradients gradients = Gradients.of(value, parameters);
            List<Tensor> all = new ArrayList<>(gradients.asMap().values());
            all.add(value);
            Variable.assignAll(Map.of(), all);
            double[] flat = flat(gradients.asMap().values().stream()
                    .map(Tensor::toDoubleArray)
                    .toList());
            return new Point(distance, value.item(), dot(flat, direction), flat);
        }

        double[] read() {
            return flat(parameters.stream()
                    .map(variable -> variable.value().toDoubleArray())
                    .toList());
        }

        void write(double[] x) {
            Map<Variable, Tensor> values = new LinkedHashMap<>();
            int from = 0;
            for (Variable variable : parameters) {
                int size = (int) variable.shape().size();
                double[] own = Arrays.copyOfRange(x, from, from + size);
                values.put(variable, Tensor.of(own, variable.shape().dims()).cast(variable.dtype()));
                from += size;
            }
            Variable.assignAll(values, List.of());
        }

        private static double[] flat(List<double[]> parts) {
            return parts.stream().flatMapToDouble(Arrays::stream).toArray();
        }
    }

    // ---------------------------------------------------------------- vectors

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double norm1(double[] a) {
        return Arrays.stream(a).map(Math::abs).sum();
    }

    private static double largest(double[] a) {
        return Arrays.stream(a).map(Math::abs).max().orElse(0);
    }

    private static double[] scaled(double[] a, double factor) {
        return Arrays.stream(a).map(value -> value * factor).toArray();
    }

    private static double[] sum(double[] a, double[] b, double factor) {
        double[] sum = a.clone();
        addTo(sum, b, factor);
        return sum;
    }

    private static void addTo(double[] a, double[] b, double factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] += factor * b[i];
        }
    }
}
