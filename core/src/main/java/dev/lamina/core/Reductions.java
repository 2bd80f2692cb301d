package dev.lamina.core;

import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.View;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Functions of all elements along axes. No axis given means all axes; negative axes count from the end. The axes
 * disappear from the shape; the methods that end in {@code Keep} leave them with extent 1. f16 and bf16 are
 * accumulated in f32.
 */
public sealed interface Reductions permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- sums

    /** Sum; integers and bool as i64. */
    default Tensor sum(int... axes) {
        return without(sumKeep(axes), axes);
    }

    /** Sum; the axes stay with extent 1. */
    default Tensor sumKeep(int... axes) {
        return counted().reduce(Reduce.Kind.SUM, chosen(axes));
    }

    /** Mean; integers as f32. Of nothing: NaN. */
    default Tensor mean(int... axes) {
        return without(meanKeep(axes), axes);
    }

    /** Mean; the axes stay with extent 1. */
    default Tensor meanKeep(int... axes) {
        DType dtype = self().dtype();
        Tensor summed = dtype.isFloat() ? wide().sumKeep(axes) : sumKeep(axes).cast(DType.F32);
        return summed.div((double) count(axes)).cast(dtype.toFloat());
    }

    /**
     * Variance: the sum of squared differences from the mean over (count - correction). Correction 1 is the unbiased
     * estimate of a sample, 0 the variance of a whole population. Computed in two passes.
     */
    default Tensor var(double correction, int... axes) {
        return without(varKeep(correction, axes), axes);
    }

    /** Variance; the axes stay with extent 1. */
    default Tensor varKeep(double correction, int... axes) {
        return wideVariance(correction, axes).cast(self().dtype().toFloat());
    }

    /** Standard deviation, the root of {@link #var}; gradient 0 where it is 0. */
    default Tensor std(double correction, int... axes) {
        return without(stdKeep(correction, axes), axes);
    }

    /** Standard deviation; the axes stay with extent 1. */
    default Tensor stdKeep(double correction, int... axes) {
        return root(wideVariance(correction, axes), 2).cast(self().dtype().toFloat());
    }

    /** Product; integers and bool as i64. Gradients are right also where elements are 0. */
    default Tensor prod(int... axes) {
        return without(prodKeep(axes), axes);
    }

    /** Product; the axes stay with extent 1. */
    default Tensor prodKeep(int... axes) {
        Tensor result = counted();
        for (int axis : chosen(axes)) {
            result = halved(result, axis);
        }
        return result;
    }

    /** log(sum(exp(x))), computed so that nothing overflows: m + log(sum(exp(x - m))) with the maximum m. */
    default Tensor logsumexp(int... axes) {
        return without(logsumexpKeep(axes), axes);
    }

    /** Logarithm of the sum of exponentials; the axes stay with extent 1. */
    default Tensor logsumexpKeep(int... axes) {
        Tensor x = wide();
        Tensor max = x.maxKeep(axes).stopGradient();
        Tensor shift = max.isFinite().where(max, 0.0);
        return x.sub(shift)
                .exp()
                .sumKeep(axes)
                .log()
                .add(shift)
                .cast(self().dtype().toFloat());
    }

    /**
     * Vector norm: sum(|x|^p)^(1/p); p = infinity: the largest |x|, minus infinity: the smallest, 0: how many are not
     * 0. The gradient at 0 is 0.
     */
    default Tensor norm(double p, int... axes) {
        return without(normKeep(p, axes), axes);
    }

    /** Vector norm; the axes stay with extent 1. */
    default Tensor normKeep(double p, int... axes) {
        Tensor x = wide();
        DType dtype = self().dtype().toFloat();
        if (Double.isInfinite(p)) {
            return (p > 0 ? x.abs().maxKeep(axes) : x.abs().minKeep(axes)).cast(dtype);
        } else if (p == 0) {
            return x.ne(0).cast(dtype).sumKeep(axes);
        } else if (p == 1) {
            return x.abs().sumKeep(axes).cast(dtype);
        } else if (p == 2) {
            return root(x.square().sumKeep(axes), 2).cast(dtype);
        } else if (!(p > 0)) {
            throw new LaminaException(
                    "norm: expected an order p >= 0 or minus infinity, got " + p + "; use 1, 2 or infinity");
        }
        // |x|^p has an infinite derivative at 0 for p < 1 (and a second one for p < 2): 0 takes another way.
        Tensor zero = x.eq(0);
        Tensor powers = zero.where(0.0, zero.where(1.0, x).abs().pow(p));
        return root(powers.sumKeep(axes), p).cast(dtype);
    }

    /** x / max(norm(x), epsilon), with the p-norm along one axis. */
    default Tensor normalize(double p, int axis, double epsilon) {
        return self().div(normKeep(p, axis).clampMin(epsilon));
    }

    /** Running sum along an axis; integers and bool as i64. */
    default Tensor cumsum(int axis) {
        return counted().scan(axis, false);
    }

    /** Running product along an axis; integers and bool as i64. Gradients are right also where elements are 0. */
    default Tensor cumprod(int axis) {
        Tensor result = counted();
        int at = result.shape().axis(axis);
        int count = result.dim(at);
        // After the step of distance d each element holds the product of 2d elements up to itself.
        for (int distance = 1; distance < count; distance *= 2) {
            Tensor shifted = filled(result.narrow(at, 0, count - distance), at, distance, 0);
            result = result.mul(shifted);
        }
        return result;
    }

    // ---------------------------------------------------------------- extremes

    /** Largest element, NaN if one is; equal ones share the gradient. Of nothing: an error. */
    default Tensor max(int... axes) {
        return without(maxKeep(axes), axes);
    }

    /** Largest element; the axes stay with extent 1. */
    default Tensor maxKeep(int... axes) {
        return self().reduce(Reduce.Kind.MAX, chosen(axes));
    }

    /** Smallest element, NaN if one is; equal ones share the gradient. Of nothing: an error. */
    default Tensor min(int... axes) {
        return without(minKeep(axes), axes);
    }

    /** Smallest element; the axes stay with extent 1. */
    default Tensor minKeep(int... axes) {
        return self().reduce(Reduce.Kind.MIN, chosen(axes));
    }

    /** True where an element is not 0; of nothing: false. */
    default Tensor any(int... axes) {
        Tensor truth = self().cast(DType.BOOL);
        boolean none = count(axes) == 0;
        return without(none ? emptied(false, axes) : truth.maxKeep(axes), axes);
    }

    /** True where all elements are not 0; of nothing: true. */
    default Tensor all(int... axes) {
        Tensor truth = self().cast(DType.BOOL);
        boolean none = count(axes) == 0;
        return without(none ? emptied(true, axes) : truth.minKeep(axes), axes);
    }

    /** Index of the first largest element along an axis (of the first NaN if there is one), i64. */
    default Tensor argmax(int axis) {
        return without(argmaxKeep(axis), axis);
    }

    /** Index of the first largest element in row-major order, an i64 scalar. */
    default Tensor argmax() {
        return self().flatten().argmax(0);
    }

    /** Index of the first largest element; the axis stays with extent 1. */
    default Tensor argmaxKeep(int axis) {
        return ordered().reduce(Reduce.Kind.ARGMAX, axis);
    }

    /** Index of the first smallest element along an axis (of the first NaN if there is one), i64. */
    default Tensor argmin(int axis) {
        return without(argminKeep(axis), axis);
    }

    /** Index of the first smallest element in row-major order, an i64 scalar. */
    default Tensor argmin() {
        return self().flatten().argmin(0);
    }

    /** Index of the first smallest element; the axis stays with extent 1. */
    default Tensor argminKeep(int axis) {
        return ordered().reduce(Reduce.Kind.ARGMIN, axis);
    }

    /** The largest element along an axis and its index; the gradient goes to that element alone. */
    default ValuesAndIndices maxAlong(int axis) {
        return extreme(argmaxKeep(axis), axis);
    }

    /** The smallest element along an axis and its index; the gradient goes to that element alone. */
    default ValuesAndIndices minAlong(int axis) {
        return extreme(argminKeep(axis), axis);
    }

    // ---------------------------------------------------------------- parts

    private ValuesAndIndices extreme(Tensor index, int axis) {
        return new ValuesAndIndices(without(Positions.gather(self(), axis, index), axis), without(index, axis));
    }

    /** The axes as numbers from 0 to rank - 1; all of them if none is given. */
    private int[] chosen(int... axes) {
        Shape shape = self().shape();
        return axes.length == 0 ? Shape.allAxes(shape.rank()) : shape.axes(axes);
    }

    /** The kept result without the axes. */
    private Tensor without(Tensor kept, int... axes) {
        int[] gone = chosen(axes);
        Arrays.sort(gone);
        Shape shape = kept.shape();
        for (int i = gone.length - 1; i >= 0; i--) {
            shape = shape.remove(gone[i]);
        }
        return kept.reshape(shape);
    }

    private long count(int... axes) {
        long count = 1;
        for (int axis : chosen(axes)) {
            count *= self().dim(axis);
        }
        return count;
    }

    private Tensor emptied(boolean value, int... axes) {
        Shape shape = self().shape();
        for (int axis : chosen(axes)) {
            shape = shape.with(axis, 1);
        }
        return Tensor.full(DType.BOOL, value ? 1 : 0, shape);
    }

    /** Integers and bool as i64, so that sums do not wrap early. */
    private Tensor counted() {
        return self().dtype().isFloat() ? self() : self().cast(DType.I64);
    }

    private Tensor ordered() {
        return self().dtype() == DType.BOOL ? self().cast(DType.U8) : self();
    }

    /** As f32, or f64: means and norms of f16 are rounded once, at the end. */
    private Tensor wide() {
        return self().cast(self().dtype() == DType.F64 ? DType.F64 : DType.F32);
    }

    private Tensor wideVariance(double correction, int... axes) {
        Tensor x = wide();
        Tensor difference = x.sub(x.meanKeep(axes));
        return difference.square().sumKeep(axes).div(Math.max(count(axes) - correction, 0));
    }

    /** The p-th root of numbers from 0 on, with gradient 0 instead of infinity at 0. */
    private static Tensor root(Tensor x, double p) {
        Tensor positive = x.gt(0);
        return positive.where(positive.where(x, 1.0).pow(1 / p), x);
    }

    private static Tensor halved(Tensor x, int axis) {
        Tensor result = x;
        int count = x.dim(axis);
        if (count == 0) {
            return Tensor.ones(x.dtype(), x.shape().with(axis, 1));
        }
        for (; count > 1; count = (count + 1) / 2) {
            int half = (count + 1) / 2;
            Tensor second = result.narrow(axis, half, count - half);
            result = result.narrow(axis, 0, half).mul(filled(second, axis, 0, 2 * half - count));
        }
        return result;
    }

    /** The tensor with ones put before and after it on one axis. */
    private static Tensor filled(Tensor x, int axis, int before, int after) {
        int rank = x.rank();
        Integer[] low = Collections.nCopies(rank, 0).toArray(Integer[]::new);
        Integer[] high = low.clone();
        low[axis] = before;
        high[axis] = after;
        View.Pad pad = new View.Pad(List.of(low), List.of(high), Collections.nCopies(rank, 0), 1);
        return x.padded(pad, x.shape().with(axis, x.dim(axis) + before + after));
    }
}
