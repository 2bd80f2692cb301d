package dev.lamina.core.op;

import dev.lamina.core.Tensor;

/**
 * Scalar functions, applied element by element to inputs of one shape. Inputs have one dtype (the condition of
 * {@link #WHERE} is bool), which is the dtype of the result; comparisons give bool. Below the constants are their
 * meaning for floats (in double, then rounded to the dtype), their meaning for integers, and their gradients: tables rather than
 * functions that the constants hold, of which a process would make more than a hundred before its first sum.
 */
public enum Elementwise implements Op {
    /** -x. */
    NEG,
    /** |x|; gradient 0 at 0. */
    ABS,
    /** -1, 0 or 1. */
    SIGN,
    /** Square root. */
    SQRT,
    /** e to the x. */
    EXP,
    /** e to the x, minus 1, exact near 0. */
    EXPM1,
    /** Natural logarithm. */
    LOG,
    /** log(1 + x), exact near 0. */
    LOG1P,
    /** Sine of radians. */
    SIN,
    /** Cosine of radians. */
    COS,
    /** Tangent of radians. */
    TAN,
    /** Arc tangent. */
    ATAN,
    /** Hyperbolic tangent. */
    TANH,
    /** Error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x. */
    ERF,
    /** 1 / (1 + exp(-x)). */
    SIGMOID,
    /** Largest integer that is not larger. */
    FLOOR,
    /** Smallest integer that is not smaller. */
    CEIL,
    /** Nearest integer, ties to even. */
    ROUND,
    /** Logical not, on bool. */
    NOT,
    /** Conversion to the dtype of the node: to integers toward zero with Java's saturation to 64 bits, then wrapped. */
    CAST,
    /** x + y. */
    ADD,
    /** x - y. */
    SUB,
    /** x * y. */
    MUL,
    /** x / y; integers round toward minus infinity, and x / 0 is 0. */
    DIV,
    /** x to the y. */
    POW,
    /** Remainder with the sign of the divisor, as in Python; integers modulo 0 give 0. */
    REM,
    /** The larger; NaN if one is. Equal values share the gradient. */
    MAX,
    /** The smaller; NaN if one is. Equal values share the gradient. */
    MIN,
    /** Logical and; on integers bit by bit. */
    AND,
    /** Logical or; on integers bit by bit. */
    OR,
    /** Logical exclusive or; on integers bit by bit. */
    XOR,
    /** x < y. */
    LT,
    /** x <= y. */
    LE,
    /** x == y. */
    EQ,
    /** x != y; true for NaN against anything. */
    NE,
    /** The second input where the first (bool) is true, else the third. */
    WHERE;

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

    /** The meaning on floats, computed in double; inputs that the op lacks are 0. */
    public double apply(double x, double y, double z) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case SQRT -> Math.sqrt(x);
            case EXP -> StrictMath.exp(x);
            case EXPM1 -> StrictMath.expm1(x);
            case LOG -> StrictMath.log(x);
            case LOG1P -> StrictMath.log1p(x);
            case SIN -> StrictMath.sin(x);
            case COS -> StrictMath.cos(x);
            case TAN -> StrictMath.tan(x);
            case ATAN -> StrictMath.atan(x);
            case TANH -> StrictMath.tanh(x);
            case ERF -> Scalars.erf(x);
            case SIGMOID -> Scalars.sigmoid(x);
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case ROUND -> Math.rint(x);
            case CAST -> x;
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case DIV -> x / y;
            case POW -> StrictMath.pow(x, y);
            case REM -> Scalars.remainder(x, y);
            case MAX -> Math.max(x, y);
            case MIN -> Math.min(x, y);
            case WHERE -> x != 0 ? y : z;
            case NOT, LT, LE, EQ, NE -> isTrue(x, y) ? 1 : 0;
            case AND, OR, XOR -> throw new IllegalStateException("an op for integers and bool was built on floats");
        };
    }

    private boolean isTrue(double x, double y) {
        return this == NOT ? x == 0 : this == LT ? x < y : this == LE ? x <= y : (x == y) == (this == EQ);
    }

    /** The meaning on integers and bool, before wrapping; inputs that the op lacks are 0. */
    public long apply(long x, long y, long z) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Long.signum(x);
            case FLOOR, CEIL, ROUND, CAST -> x;
            case NOT -> x == 0 ? 1 : 0;
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case DIV -> y == 0 ? 0 : Math.floorDiv(x, y);
            case POW -> Scalars.powLong(x, y);
            case REM -> y == 0 ? 0 : Math.floorMod(x, y);
            case MAX -> Math.max(x, y);
            case MIN -> Math.min(x, y);
            case AND -> x & y;
            case OR -> x | y;
            case XOR -> x ^ y;
            case LT -> x < y ? 1 : 0;
            case LE -> x <= y ? 1 : 0;
            case EQ -> x == y ? 1 : 0;
            case NE -> x != y ? 1 : 0;
            case WHERE -> x != 0 ? y : z;
            case SQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ATAN, TANH, ERF, SIGMOID ->
                throw new IllegalStateException("an op for floats was built on integers");
        };
    }

    @Override
    public void gradient(Node n, Tensor g, Sink s) {
        switch (this) {
            case NEG -> s.add(n.input(0), g.neg());
            case ABS -> s.add(n.input(0), g.mul(in(n, 0).sign()));
            case SQRT -> s.add(n.input(0), g.mul(0.5).div(out(n)));
            case EXP -> s.add(n.input(0), g.mul(out(n)));
            case EXPM1 -> s.add(n.input(0), g.mul(out(n).add(1)));
            case LOG -> s.add(n.input(0), g.div(in(n, 0)));
            case LOG1P -> s.add(n.input(0), g.div(in(n, 0).add(1)));
            case SIN -> s.add(n.input(0), g.mul(in(n, 0).cos()));
            case COS -> s.add(n.input(0), g.mul(in(n, 0).sin()).neg());
            case TAN -> s.add(n.input(0), g.mul(out(n).square().add(1)));
            case ATAN -> s.add(n.input(0), g.div(in(n, 0).square().add(1)));
            case TANH -> s.add(n.input(0), g.mul(out(n).square().rsub(1)));
            case ERF -> s.add(n.input(0), g.mul(in(n, 0).square().neg().exp()).mul(2 / Math.sqrt(Math.PI)));
            case SIGMOID -> s.add(n.input(0), g.mul(out(n)).mul(in(n, 0).neg().sigmoid()));
            case CAST -> s.add(n.input(0), g.cast(n.input(0).dtype()));
            case ADD -> both(n, s, g, g);
            case SUB -> both(n, s, g, g.neg());
            case MUL -> both(n, s, g.mul(in(n, 1)), g.mul(in(n, 0)));
            case DIV -> both(n, s, g.div(in(n, 1)), g.mul(out(n)).div(in(n, 1)).neg());
            case REM -> both(n, s, g, g.mul(in(n, 0).div(in(n, 1)).floor()).neg());
            case MAX -> both(n, s, g.mul(preference(in(n, 0), in(n, 1))), g.mul(preference(in(n, 1), in(n, 0))));
            case MIN -> both(n, s, g.mul(preference(in(n, 1), in(n, 0))), g.mul(preference(in(n, 0), in(n, 1))));
            case POW -> powGradient(n, g, s);
            case WHERE -> {
                Tensor zero = g.zerosLike();
                Tensor condition = condition(n);
                s.add(n.input(1), condition.where(g, zero));
                s.add(n.input(2), condition.where(zero, g));
            }
            case SIGN, FLOOR, CEIL, ROUND, NOT, AND, OR, XOR, LT, LE, EQ, NE -> {}
        }
    }

    private static void both(Node node, Sink sink, Tensor first, Tensor second) {
        sink.add(node.input(0), first);
        sink.add(node.input(1), second);
    }

    private static Tensor in(Node node, int index) {
        return Tensor.of(node.input(index));
    }

    private static Tensor out(Node node) {
        return Tensor.of(node);
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
                && Op.same(limit, node.input(1).op());
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
