package dev.lamina.core.op;

import dev.lamina.core.Tensor;

/**
 * Scalar functions, applied element by element to inputs of one shape. Inputs have one dtype (the condition of
 * {@link #WHERE} is bool), which is the dtype of the result; comparisons give bool. Each constant holds its meaning for
 * floats (in double, then rounded to the dtype), its meaning for integers, and its gradient.
 */
// The functions that the constants hold have no state.
@SuppressWarnings("ImmutableEnumChecker")
public enum Elementwise implements Op {
    /** -x. */
    NEG((x, y, z) -> -x, (x, y, z) -> -x, (n, g, s) -> s.add(n.input(0), g.neg())),
    /** |x|; gradient 0 at 0. */
    ABS((x, y, z) -> Math.abs(x), (x, y, z) -> Math.abs(x), (n, g, s) -> s.add(n.input(0), g.mul(in(n, 0).sign()))),
    /** -1, 0 or 1. */
    SIGN((x, y, z) -> Math.signum(x), (x, y, z) -> Long.signum(x), Elementwise::none),
    /** Square root. */
    SQRT(
            (x, y, z) -> Math.sqrt(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(0.5).div(out(n)))),
    /** e to the x. */
    EXP((x, y, z) -> StrictMath.exp(x), Elementwise::isFloatOnly, (n, g, s) -> s.add(n.input(0), g.mul(out(n)))),
    /** e to the x, minus 1, exact near 0. */
    EXPM1(
            (x, y, z) -> StrictMath.expm1(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(out(n).add(1)))),
    /** Natural logarithm. */
    LOG((x, y, z) -> StrictMath.log(x), Elementwise::isFloatOnly, (n, g, s) -> s.add(n.input(0), g.div(in(n, 0)))),
    /** log(1 + x), exact near 0. */
    LOG1P(
            (x, y, z) -> StrictMath.log1p(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.div(in(n, 0).add(1)))),
    /** Sine of radians. */
    SIN(
            (x, y, z) -> StrictMath.sin(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(in(n, 0).cos()))),
    /** Cosine of radians. */
    COS(
            (x, y, z) -> StrictMath.cos(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(in(n, 0).sin()).neg())),
    /** Tangent of radians. */
    TAN(
            (x, y, z) -> StrictMath.tan(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(out(n).square().add(1)))),
    /** Arc tangent. */
    ATAN(
            (x, y, z) -> StrictMath.atan(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.div(in(n, 0).square().add(1)))),
    /** Hyperbolic tangent. */
    TANH(
            (x, y, z) -> StrictMath.tanh(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(out(n).square().rsub(1)))),
    /** Error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x. */
    ERF(
            (x, y, z) -> Scalars.erf(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(in(n, 0).square().neg().exp()).mul(2 / Math.sqrt(Math.PI)))),
    /** 1 / (1 + exp(-x)). */
    SIGMOID(
            (x, y, z) -> Scalars.sigmoid(x),
            Elementwise::isFloatOnly,
            (n, g, s) -> s.add(n.input(0), g.mul(out(n)).mul(in(n, 0).neg().sigmoid()))),
    /** Largest integer that is not larger. */
    FLOOR((x, y, z) -> Math.floor(x), (x, y, z) -> x, Elementwise::none),
    /** Smallest integer that is not smaller. */
    CEIL((x, y, z) -> Math.ceil(x), (x, y, z) -> x, Elementwise::none),
    /** Nearest integer, ties to even. */
    ROUND((x, y, z) -> Math.rint(x), (x, y, z) -> x, Elementwise::none),
    /** Logical not, on bool. */
    NOT((x, y, z) -> x == 0 ? 1 : 0, (x, y, z) -> x == 0 ? 1 : 0, Elementwise::none),
    /** Conversion to the dtype of the node: to integers toward zero with Java's saturation to 64 bits, then wrapped. */
    CAST(
            (x, y, z) -> x,
            (x, y, z) -> x,
            (n, g, s) -> s.add(n.input(0), g.cast(n.input(0).dtype()))),
    /** x + y. */
    ADD((x, y, z) -> x + y, (x, y, z) -> x + y, (n, g, s) -> {
        s.add(n.input(0), g);
        s.add(n.input(1), g);
    }),
    /** x - y. */
    SUB((x, y, z) -> x - y, (x, y, z) -> x - y, (n, g, s) -> {
        s.add(n.input(0), g);
        s.add(n.input(1), g.neg());
    }),
    /** x * y. */
    MUL((x, y, z) -> x * y, (x, y, z) -> x * y, (n, g, s) -> {
        s.add(n.input(0), g.mul(in(n, 1)));
        s.add(n.input(1), g.mul(in(n, 0)));
    }),
    /** x / y; integers round toward minus infinity, and x / 0 is 0. */
    DIV((x, y, z) -> x / y, (x, y, z) -> y == 0 ? 0 : Math.floorDiv(x, y), (n, g, s) -> {
        s.add(n.input(0), g.div(in(n, 1)));
        s.add(n.input(1), g.mul(out(n)).div(in(n, 1)).neg());
    }),
    /** x to the y. */
    POW((x, y, z) -> StrictMath.pow(x, y), Scalars::powLong, Elementwise::powGradient),
    /** Remainder with the sign of the divisor, as in Python; integers modulo 0 give 0. */
    REM(Scalars::remainder, (x, y, z) -> y == 0 ? 0 : Math.floorMod(x, y), (n, g, s) -> {
        s.add(n.input(0), g);
        s.add(n.input(1), g.mul(in(n, 0).div(in(n, 1)).floor()).neg());
    }),
    /** The larger; NaN if one is. Equal values share the gradient. */
    MAX((x, y, z) -> Math.max(x, y), (x, y, z) -> Math.max(x, y), (n, g, s) -> {
        s.add(n.input(0), g.mul(preference(in(n, 0), in(n, 1))));
        s.add(n.input(1), g.mul(preference(in(n, 1), in(n, 0))));
    }),
    /** The smaller; NaN if one is. Equal values share the gradient. */
    MIN((x, y, z) -> Math.min(x, y), (x, y, z) -> Math.min(x, y), (n, g, s) -> {
        s.add(n.input(0), g.mul(preference(in(n, 1), in(n, 0))));
        s.add(n.input(1), g.mul(preference(in(n, 0), in(n, 1))));
    }),
    /** Logical and; on integers bit by bit. */
    AND(Elementwise::isIntegerOnly, (x, y, z) -> x & y, Elementwise::none),
    /** Logical or; on integers bit by bit. */
    OR(Elementwise::isIntegerOnly, (x, y, z) -> x | y, Elementwise::none),
    /** Logical exclusive or; on integers bit by bit. */
    XOR(Elementwise::isIntegerOnly, (x, y, z) -> x ^ y, Elementwise::none),
    /** x < y. */
    LT((x, y, z) -> x < y ? 1 : 0, (x, y, z) -> x < y ? 1 : 0, Elementwise::none),
    /** x <= y. */
    LE((x, y, z) -> x <= y ? 1 : 0, (x, y, z) -> x <= y ? 1 : 0, Elementwise::none),
    /** x == y. */
    EQ((x, y, z) -> x == y ? 1 : 0, (x, y, z) -> x == y ? 1 : 0, Elementwise::none),
    /** x != y; true for NaN against anything. */
    NE((x, y, z) -> x != y ? 1 : 0, (x, y, z) -> x != y ? 1 : 0, Elementwise::none),
    /** The second input where the first (bool) is true, else the third. */
    WHERE((x, y, z) -> x != 0 ? y : z, (x, y, z) -> x != 0 ? y : z, (n, g, s) -> {
        Tensor zero = g.zerosLike();
        Tensor condition = condition(n);
        s.add(n.input(1), condition.where(g, zero));
        s.add(n.input(2), condition.where(zero, g));
    });

    /** Meaning for floats. */
    @FunctionalInterface
    public interface OfDoubles {
        /** The function; inputs that the op lacks are 0. */
        double apply(double x, double y, double z);
    }

    /** Meaning for integers and bool. */
    @FunctionalInterface
    public interface OfLongs {
        /** The function; inputs that the op lacks are 0. */
        long apply(long x, long y, long z);
    }

    @FunctionalInterface
    private interface Rule {
        void apply(Node node, Tensor upstream, Sink sink);
    }

    private final OfDoubles doubles;
    private final OfLongs longs;
    private final Rule rule;

    Elementwise(OfDoubles doubles, OfLongs longs, Rule rule) {
        this.doubles = doubles;
        this.longs = longs;
        this.rule = rule;
    }

    /** Number of inputs. */
    public int arity() {
        return this == WHERE ? 3 : compareTo(ADD) >= 0 ? 2 : 1;
    }

    /** True for the ops whose result is bool whatever the inputs are. */
    public boolean isComparison() {
        return this == LT || this == LE || this == EQ || this == NE;
    }

    /** True for functions that cost many instructions, so that a kernel would rather store than repeat them. */
    public boolean isHeavy() {
        return switch (this) {
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID, POW, REM -> true;
            case NEG,
                    ABS,
                    SIGN,
                    SQRT,
                    FLOOR,
                    CEIL,
                    ROUND,
                    NOT,
                    CAST,
                    ADD,
                    SUB,
                    MUL,
                    DIV,
                    MAX,
                    MIN,
                    AND,
                    OR,
                    XOR,
                    LT,
                    LE,
                    EQ,
                    NE,
                    WHERE -> false;
        };
    }

    /** The meaning on floats, computed in double. */
    public double apply(double x, double y, double z) {
        return doubles.apply(x, y, z);
    }

    /** The meaning on integers and bool, before wrapping. */
    public long apply(long x, long y, long z) {
        return longs.apply(x, y, z);
    }

    @Override
    public void gradient(Node node, Tensor upstream, Sink sink) {
        rule.apply(node, upstream, sink);
    }

    private static Tensor in(Node node, int index) {
        return Tensor.of(node.input(index));
    }

    private static Tensor out(Node node) {
        return Tensor.of(node);
    }

    private static void none(Node node, Tensor upstream, Sink sink) {}

    private static double isIntegerOnly(double x, double y, double z) {
        throw new IllegalStateException("an op for integers and bool was built on floats");
    }

    private static long isFloatOnly(long x, long y, long z) {
        throw new IllegalStateException("an op for floats was built on integers");
    }

    /**
     * The condition of {@link #WHERE} for the backward pass. {@code x <= c ? c : x} (relu) is at most c where x is: so it asks the
     * result, which is kept for the next layer anyway, and x is not kept.
     */
    private static Tensor condition(Node node) {
        Node asked = node.input(0);
        boolean bound = asked.op() == LE
                && asked.input(0) == node.input(2)
                && asked.input(1).op() instanceof Leaf.Constant limit
                && limit.equals(node.input(1).op());
        return bound ? out(node).le(Tensor.of(asked.input(1))) : in(node, 0);
    }

    /** 1 where a is larger, 1/2 where both are equal, 0 elsewhere. */
    private static Tensor preference(Tensor a, Tensor b) {
        return b.lt(a).cast(a.dtype()).add(a.eq(b).cast(a.dtype()).mul(0.5));
    }

    private static void powGradient(Node node, Tensor upstream, Sink sink) {
        Tensor x = in(node, 0);
        Tensor y = in(node, 1);
        Tensor zero = upstream.zerosLike();
        // x^0 is constant, also at x = 0, where y * x^(y-1) would be 0 * inf.
        sink.add(node.input(0), y.eq(0).where(zero, upstream.mul(y).mul(x.pow(y.sub(1)))));
        Tensor safe = x.gt(0).where(x, x.onesLike());
        sink.add(node.input(1), x.gt(0).where(upstream.mul(out(node)).mul(safe.log()), zero));
    }
}
