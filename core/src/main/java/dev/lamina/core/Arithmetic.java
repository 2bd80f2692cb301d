package dev.lamina.core;

import dev.lamina.core.op.Elementwise;

/**
 * Functions of single elements. Two operands are broadcast to one shape and promoted to one dtype ({@link
 * DType#promote}).
 *
 * <p>A Java number as operand takes the dtype of the tensor: f16 stays f16. An integer tensor with a fractional number
 * becomes f32; a bool tensor with a number becomes i64, or f32 if the number is fractional. A number that an integer
 * dtype cannot hold is an error, except in comparisons. Functions that only floats have (exp, sqrt ...) convert
 * integers to f32 first.
 */
public sealed interface Arithmetic permits Tensor {
    /** This tensor. */
    Tensor self();

    // ---------------------------------------------------------------- sums and products

    /** self + other. */
    default Tensor add(Tensor other) {
        return Primitives.elementwise(Elementwise.ADD, self(), other);
    }

    /** self + other. */
    default Tensor add(double other) {
        return add(number(self(), "add", other));
    }

    /** self - other. */
    default Tensor sub(Tensor other) {
        if (self().dtype() == DType.BOOL && other.dtype() == DType.BOOL) {
            throw new DTypeException("sub: expected numbers, got bool and bool; use logicalXor or cast to i64");
        }
        return Primitives.elementwise(Elementwise.SUB, self(), other);
    }

    /** self - other. */
    default Tensor sub(double other) {
        return sub(number(self(), "sub", other));
    }

    /** other - self. */
    default Tensor rsub(double other) {
        return number(self(), "rsub", other).sub(self());
    }

    /** self * other. */
    default Tensor mul(Tensor other) {
        return Primitives.elementwise(Elementwise.MUL, self(), other);
    }

    /** self * other. */
    default Tensor mul(double other) {
        return mul(number(self(), "mul", other));
    }

    /** self / other; integers are divided as f32, see {@link #floorDiv(Tensor)} for integer division. */
    default Tensor div(Tensor other) {
        boolean floats = self().dtype().isFloat() || other.dtype().isFloat();
        Tensor dividend = floats ? self() : self().cast(DType.F32);
        return Primitives.elementwise(Elementwise.DIV, dividend, floats ? other : other.cast(DType.F32));
    }

    /** self / other; integers are divided as f32. */
    default Tensor div(double other) {
        return floated(self()).div(floatNumber(other));
    }

    /** other / self; integers are divided as f32. */
    default Tensor rdiv(double other) {
        return floatNumber(other).div(floated(self()));
    }

    /** floor(self / other); integers stay integers, and a division of integers by 0 gives 0. */
    default Tensor floorDiv(Tensor other) {
        Tensor quotient = Primitives.elementwise(Elementwise.DIV, counted(self()), counted(other));
        return quotient.floor();
    }

    /** floor(self / other); integers stay integers, and a division of integers by 0 gives 0. */
    default Tensor floorDiv(double other) {
        return floorDiv(number(self(), "floorDiv", other));
    }

    /** Remainder with the sign of the divisor, self - floor(self / other) * other; integers modulo 0 give 0. */
    default Tensor remainder(Tensor other) {
        return Primitives.elementwise(Elementwise.REM, counted(self()), counted(other));
    }

    /** Remainder with the sign of the divisor, self - floor(self / other) * other; integers modulo 0 give 0. */
    default Tensor remainder(double other) {
        return remainder(number(self(), "remainder", other));
    }

    /** -self. */
    default Tensor neg() {
        if (self().dtype() == DType.BOOL) {
            throw new DTypeException("neg: expected numbers, got bool; use logicalNot or cast to i64");
        }
        return Primitives.elementwise(Elementwise.NEG, self());
    }

    /** 1 / self. */
    default Tensor reciprocal() {
        return rdiv(1);
    }

    /** |self|; gradient 0 at 0. */
    default Tensor abs() {
        return Primitives.elementwise(Elementwise.ABS, self());
    }

    /** -1, 0 or 1; no gradient. */
    default Tensor sign() {
        return Primitives.elementwise(Elementwise.SIGN, self());
    }

    /** The larger; NaN if one is. Equal values share the gradient. */
    default Tensor maximum(Tensor other) {
        return Primitives.elementwise(Elementwise.MAX, self(), other);
    }

    /** The larger; NaN if one is. Equal values share the gradient. */
    default Tensor maximum(double other) {
        return maximum(number(self(), "maximum", other));
    }

    /** The smaller; NaN if one is. Equal values share the gradient. */
    default Tensor minimum(Tensor other) {
        return Primitives.elementwise(Elementwise.MIN, self(), other);
    }

    /** The smaller; NaN if one is. Equal values share the gradient. */
    default Tensor minimum(double other) {
        return minimum(number(self(), "minimum", other));
    }

    /** Values below min become min, values above max become max; gradient 1 inside, bounds included, and 0 outside. */
    default Tensor clamp(double min, double max) {
        if (!(min <= max)) {
            throw new LaminaException("clamp: expected min <= max, got " + min + " and " + max + "; swap them");
        }
        Tensor above = min == Double.NEGATIVE_INFINITY ? self() : self().clampMin(min);
        return max == Double.POSITIVE_INFINITY ? above : above.clampMax(max);
    }

    /** Values below min become min; gradient 1 from min on, 0 below. */
    default Tensor clampMin(double min) {
        Tensor bound = number(self(), "clampMin", min);
        return self().lt(bound).where(bound, self());
    }

    /** Values above max become max; gradient 1 up to max, 0 above. */
    default Tensor clampMax(double max) {
        Tensor bound = number(self(), "clampMax", max);
        return self().gt(bound).where(bound, self());
    }

    // ---------------------------------------------------------------- powers, exponentials, logarithms

    /** self * self. */
    default Tensor square() {
        return mul(self());
    }

    /** Square root; NaN below 0. */
    default Tensor sqrt() {
        return Primitives.elementwise(Elementwise.SQRT, floated(self()));
    }

    /** 1 / sqrt(self). */
    default Tensor rsqrt() {
        return sqrt().rdiv(1);
    }

    /** self to the exponent. The gradient of the exponent is 0 where self is not positive. */
    default Tensor pow(Tensor exponent) {
        return Primitives.elementwise(Elementwise.POW, counted(self()), counted(exponent));
    }

    /**
     * self to the exponent. 0, 1, 2, 3, 4, 0.5 and -1 become ones, self, products, a square root and a reciprocal.
     * Negative and fractional exponents make integers f32.
     */
    default Tensor pow(double exponent) {
        Tensor x = counted(self());
        if (exponent == 0) {
            return x.onesLike();
        } else if (exponent == 1) {
            return x;
        } else if (exponent == 2) {
            return x.square();
        } else if (exponent == 3) {
            return x.square().mul(x);
        } else if (exponent == 4) {
            return x.square().square();
        } else if (exponent == 0.5) {
            return x.sqrt();
        } else if (exponent == -1) {
            return x.reciprocal();
        }
        Tensor base = exponent < 0 ? floated(x) : x;
        return base.pow(number(base, "pow", exponent));
    }

    /** base to the self; the base must be positive for a gradient. */
    default Tensor rpow(double base) {
        return floatNumber(base).pow(floated(self()));
    }

    /** e to the self. */
    default Tensor exp() {
        return Primitives.elementwise(Elementwise.EXP, floated(self()));
    }

    /** e to the self, minus 1; exact near 0. */
    default Tensor expm1() {
        return Primitives.elementwise(Elementwise.EXPM1, floated(self()));
    }

    /** 2 to the self. */
    default Tensor exp2() {
        return rpow(2);
    }

    /** Natural logarithm; -inf at 0, NaN below. */
    default Tensor log() {
        return Primitives.elementwise(Elementwise.LOG, floated(self()));
    }

    /** log(1 + self), exact near 0. */
    default Tensor log1p() {
        return Primitives.elementwise(Elementwise.LOG1P, floated(self()));
    }

    /** Logarithm to the base 2: log(self) / log(2). */
    default Tensor log2() {
        return log().mul(1 / Math.log(2));
    }

    // ---------------------------------------------------------------- other functions

    /** Sine of radians. */
    default Tensor sin() {
        return Primitives.elementwise(Elementwise.SIN, floated(self()));
    }

    /** Cosine of radians. */
    default Tensor cos() {
        return Primitives.elementwise(Elementwise.COS, floated(self()));
    }

    /** Tangent of radians. */
    default Tensor tan() {
        return Primitives.elementwise(Elementwise.TAN, floated(self()));
    }

    /** Arc tangent, in radians. */
    default Tensor atan() {
        return Primitives.elementwise(Elementwise.ATAN, floated(self()));
    }

    /** Hyperbolic sine, (expm1(x) - expm1(-x)) / 2: both terms have one sign, so nothing cancels near 0. */
    default Tensor sinh() {
        Tensor x = floated(self());
        return x.expm1().sub(x.neg().expm1()).mul(0.5);
    }

    /** Hyperbolic cosine, (exp(x) + exp(-x)) / 2. */
    default Tensor cosh() {
        Tensor x = floated(self());
        return x.exp().add(x.neg().exp()).mul(0.5);
    }

    /** Hyperbolic tangent. */
    default Tensor tanh() {
        return Primitives.elementwise(Elementwise.TANH, floated(self()));
    }

    /** Error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x. */
    default Tensor erf() {
        return Primitives.elementwise(Elementwise.ERF, floated(self()));
    }

    /** Largest integer that is not larger, in the same dtype; no gradient. */
    default Tensor floor() {
        return self().dtype().isFloat() ? Primitives.elementwise(Elementwise.FLOOR, self()) : self();
    }

    /** Smallest integer that is not smaller, in the same dtype; no gradient. */
    default Tensor ceil() {
        return self().dtype().isFloat() ? Primitives.elementwise(Elementwise.CEIL, self()) : self();
    }

    /** Nearest integer, ties to even, in the same dtype; no gradient. */
    default Tensor round() {
        return self().dtype().isFloat() ? Primitives.elementwise(Elementwise.ROUND, self()) : self();
    }

    // ---------------------------------------------------------------- comparisons, logic, choice

    /** self == other, bool; NaN equals nothing. */
    default Tensor eq(Tensor other) {
        return Primitives.elementwise(Elementwise.EQ, self(), other);
    }

    /** self == other, bool; NaN equals nothing. */
    default Tensor eq(double other) {
        return eq(threshold(self(), other));
    }

    /** self != other, bool; true for NaN against anything. */
    default Tensor ne(Tensor other) {
        return Primitives.elementwise(Elementwise.NE, self(), other);
    }

    /** self != other, bool; true for NaN against anything. */
    default Tensor ne(double other) {
        return ne(threshold(self(), other));
    }

    /** self &lt; other, bool; false for NaN. */
    default Tensor lt(Tensor other) {
        return Primitives.elementwise(Elementwise.LT, self(), other);
    }

    /** self &lt; other, bool; false for NaN. */
    default Tensor lt(double other) {
        return lt(threshold(self(), other));
    }

    /** self &lt;= other, bool; false for NaN. */
    default Tensor le(Tensor other) {
        return Primitives.elementwise(Elementwise.LE, self(), other);
    }

    /** self &lt;= other, bool; false for NaN. */
    default Tensor le(double other) {
        return le(threshold(self(), other));
    }

    /** self &gt; other, bool; false for NaN. */
    default Tensor gt(Tensor other) {
        return other.lt(self());
    }

    /** self &gt; other, bool; false for NaN. */
    default Tensor gt(double other) {
        return gt(threshold(self(), other));
    }

    /** self &gt;= other, bool; false for NaN. */
    default Tensor ge(Tensor other) {
        return other.le(self());
    }

    /** self &gt;= other, bool; false for NaN. */
    default Tensor ge(double other) {
        return ge(threshold(self(), other));
    }

    /** True where both are not 0. */
    default Tensor logicalAnd(Tensor other) {
        return Primitives.elementwise(Elementwise.AND, self().cast(DType.BOOL), other.cast(DType.BOOL));
    }

    /** True where at least one is not 0. */
    default Tensor logicalOr(Tensor other) {
        return Primitives.elementwise(Elementwise.OR, self().cast(DType.BOOL), other.cast(DType.BOOL));
    }

    /** True where exactly one is not 0. */
    default Tensor logicalXor(Tensor other) {
        return Primitives.elementwise(Elementwise.XOR, self().cast(DType.BOOL), other.cast(DType.BOOL));
    }

    /** True where self is 0. */
    default Tensor logicalNot() {
        return Primitives.elementwise(Elementwise.NOT, self().cast(DType.BOOL));
    }

    /** True where self is not a number; never for integers. */
    default Tensor isNan() {
        return self().ne(self());
    }

    /** True where self is plus or minus infinity; never for integers. */
    default Tensor isInfinite() {
        return floated(self()).abs().eq(Double.POSITIVE_INFINITY);
    }

    /** True where self is neither infinite nor NaN; always for integers. */
    default Tensor isFinite() {
        return floated(self()).abs().lt(Double.POSITIVE_INFINITY);
    }

    /**
     * This bool tensor as a choice: {@code a} where it is true, {@code b} elsewhere. All three are broadcast. The
     * gradient of an element that is not chosen is 0, but a NaN or infinity in its own derivative still spoils it.
     */
    default Tensor where(Tensor a, Tensor b) {
        return Primitives.elementwise(Elementwise.WHERE, self(), a, b);
    }

    /** This bool tensor as a choice: {@code a} where it is true, the number elsewhere. */
    default Tensor where(Tensor a, double b) {
        return where(a, number(a, "where", b));
    }

    /** This bool tensor as a choice: the number where it is true, {@code b} elsewhere. */
    default Tensor where(double a, Tensor b) {
        return where(number(b, "where", a), b);
    }

    /** The value where the bool mask is true, self elsewhere; both are broadcast. */
    default Tensor maskedFill(Tensor mask, double value) {
        return mask.where(value, self());
    }

    /** As f32. */
    default Tensor toF32() {
        return self().cast(DType.F32);
    }

    /** As f64. */
    default Tensor toF64() {
        return self().cast(DType.F64);
    }

    // ---------------------------------------------------------------- operands

    /** Integers and bool as f32. */
    private static Tensor floated(Tensor x) {
        return x.cast(x.dtype().toFloat());
    }

    private Tensor floatNumber(double value) {
        return Tensor.constant(self().dtype().toFloat(), value);
    }

    /** Bool as i64, so that arithmetic means numbers. */
    private static Tensor counted(Tensor x) {
        return x.dtype() == DType.BOOL ? x.cast(DType.I64) : x;
    }

    /** The other side of a comparison; a number that the dtype cannot hold is compared in a wider one. */
    private static Tensor threshold(Tensor x, double value) {
        DType own = x.dtype();
        boolean fits = !own.isInteger() || value != Math.rint(value) || own.wrap((long) value) == value;
        return fits
                ? number(x, "compare", value)
                : Tensor.constant((long) value == value ? DType.I64 : DType.F64, value);
    }

    /** A Java number as a scalar of the dtype that it has beside the tensor. */
    private static Tensor number(Tensor x, String op, double value) {
        DType own = x.dtype();
        if (own.isFloat()) {
            return Tensor.constant(own, value);
        }
        if (value != Math.rint(value) || Double.isInfinite(value)) {
            return Tensor.constant(DType.F32, value);
        }
        DType dtype = own == DType.BOOL ? DType.I64 : own;
        if (dtype.wrap((long) value) != value) {
            throw new DTypeException(op + ": expected a number that " + own + " can hold, got " + value
                    + "; cast the tensor to a wider dtype first");
        }
        return Tensor.constant(dtype, value);
    }
}
