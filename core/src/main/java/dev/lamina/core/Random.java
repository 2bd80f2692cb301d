package dev.lamina.core;

import dev.lamina.core.op.Philox;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A generator of random tensors. Every number is a function of seed, draw and position ({@link Philox}), so results do
 * not depend on the backend or the number of threads. Safe for use by several threads, which then share one sequence
 * of draws.
 *
 * <p>{@link #seed} draws anew from a number: each draw has its own key, which is not compiled into plans. {@link #of}
 * draws inside a traced graph from a seed tensor: the k-th draw has stream k, so that running the graph with another
 * seed gives other numbers everywhere.
 */
public final class Random {
    private static final long SPLIT = 0x5851F42D4C957F2DL;
    /** Phi(2) - Phi(-2) = erf(sqrt(2)): the share of a normal distribution within two standard deviations. */
    private static final double WITHIN_TWO = 0.9544997361036416;
    /** Giles, "Approximating the erfinv function" (2010), single precision, central range; highest power first. */
    private static final double[] GILES = {
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941
    };

    private final Optional<Tensor> traced;
    private final long base;
    private final AtomicLong draws = new AtomicLong();

    private record Key(Tensor seed, long stream) {
        Tensor uniform(int lane, DType dtype, Shape shape) {
            return Primitives.uniform(seed, stream + lane, dtype, shape);
        }
    }

    private Random(Optional<Tensor> traced, long base) {
        this.traced = traced;
        this.base = base;
    }

    /** A generator that starts from a number. */
    public static Random seed(long seed) {
        return new Random(Optional.empty(), seed);
    }

    /** A generator inside a graph, from an i64 scalar. */
    public static Random of(Tensor seed) {
        if (seed.dtype() != DType.I64 || seed.rank() != 0) {
            throw new DTypeException("Random.of: expected an i64 scalar, got " + seed.dtype() + " " + seed.shape()
                    + "; use Tensor.scalar(long)");
        }
        return new Random(Optional.of(seed), 0);
    }

    /**
     * A generator whose numbers are independent of this one's and of those of other streams; this one does not change.
     */
    public Random split(long stream) {
        return new Random(traced, Philox.mix(base ^ SPLIT, stream));
    }

    // ---------------------------------------------------------------- uniform

    /** f32 numbers in [0, 1). */
    public Tensor uniform(Shape shape) {
        return next().uniform(0, DType.F32, shape);
    }

    /** Float numbers from low to high; rounding may reach high. */
    public Tensor uniform(DType dtype, Shape shape, double low, double high) {
        DType wide = wide("uniform", dtype);
        return next().uniform(0, wide, shape).mul(high - low).add(low).cast(dtype);
    }

    /** i64 numbers from low to high - 1, equally likely up to 2^-53. */
    public Tensor integers(long low, long high, Shape shape) {
        if (low >= high || high - low < 0 || high - low > 1L << 53) {
            throw new LaminaException("integers: expected low < high at most 2^53 apart, got " + low + " and " + high
                    + "; high itself is never drawn");
        }
        Tensor offset = next().uniform(0, DType.F64, shape)
                .mul((double) (high - low))
                .floor()
                .cast(DType.I64);
        return offset.add(Tensor.scalar(low));
    }

    /** True with probability p. */
    public Tensor bernoulli(double p, Shape shape) {
        if (!(p >= 0 && p <= 1)) {
            throw new LaminaException(
                    "bernoulli: expected a probability from 0 to 1, got " + p + "; it is that of true");
        }
        return uniform(shape).lt(p);
    }

    /** The i64 numbers 0 to count - 1 in random order. */
    public Tensor permutation(int count) {
        return next().uniform(0, DType.F64, Shape.of(count)).sortIndices(false);
    }

    // ---------------------------------------------------------------- normal

    /** f32 numbers of the standard normal distribution. */
    public Tensor normal(Shape shape) {
        return normal(DType.F32, shape, 0, 1);
    }

    /**
     * Normal numbers by Box and Muller: sqrt(-2 log(1 - u)) * cos(2 pi v) from uniform u, v. f32 has 24 random bits, so
     * nothing lies beyond 5.8 standard deviations (8.6 for f64).
     */
    public Tensor normal(DType dtype, Shape shape, double mean, double deviation) {
        DType wide = wide("normal", dtype);
        Key key = next();
        Tensor radius = key.uniform(0, wide, shape).rsub(1).log().mul(-2).sqrt();
        Tensor angle = key.uniform(1, wide, shape).mul(2 * Math.PI);
        return radius.mul(angle.cos()).mul(deviation).add(mean).cast(dtype);
    }

    /**
     * Normal numbers within two standard deviations of the mean, by the inverse distribution function at a uniform
     * number; its error is below 2e-6 deviations for f32, mostly rounding of the uniform number, and below 1e-12 for
     * f64.
     */
    public Tensor truncatedNormal(DType dtype, Shape shape, double mean, double deviation) {
        DType wide = wide("truncatedNormal", dtype);
        Tensor p = next().uniform(0, wide, shape).mul(2).sub(1).mul(WITHIN_TWO);
        Tensor x = inverseErf(p);
        if (wide == DType.F64) {
            // One step of Newton's method squares the error.
            Tensor slope = x.square().neg().exp().mul(2 / Math.sqrt(Math.PI));
            x = x.sub(x.erf().sub(p).div(slope));
        }
        return x.mul(Math.sqrt(2)).clamp(-2, 2).mul(deviation).add(mean).cast(dtype);
    }

    // ---------------------------------------------------------------- parts

    /** For |p| &lt; 0.99, where Giles' other branch is not needed. */
    private static Tensor inverseErf(Tensor p) {
        Tensor w = p.rsub(1).mul(p.add(1)).log().neg().sub(2.5);
        Tensor sum = w.mul(GILES[0]).add(GILES[1]);
        for (int i = 2; i < GILES.length; i++) {
            sum = sum.mul(w).add(GILES[i]);
        }
        return sum.mul(p);
    }

    /** A key for one draw, which may use two lanes. */
    private Key next() {
        long number = draws.getAndIncrement();
        return traced.map(seed -> new Key(seed, base + 2 * number))
                .orElseGet(() -> new Key(Tensor.scalar(Philox.mix(base, number)), 0));
    }

    private static DType wide(String op, DType dtype) {
        if (!dtype.isFloat()) {
            throw new DTypeException(
                    op + ": expected a float dtype, got " + dtype + "; use integers for whole numbers");
        }
        return dtype == DType.F64 ? DType.F64 : DType.F32;
    }
}
