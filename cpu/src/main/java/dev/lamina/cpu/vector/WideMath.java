package dev.lamina.cpu.vector;

/**
 * Functions of 32-bit floats that are computed in 64 bits: the error is below 0.51 ulp (sin, cos and tan: of the exact result for the float
 * given, however large), results below the smallest normal number are right to 1e-45. Special values are those of {@link StrictMath}.
 *
 * <p>The polynomials interpolate at Chebyshev points; the error given is relative and the largest on the interval.
 */
final class WideMath {
    private static final double LN_2 = 0x1.62e42fefa39efp-1;
    private static final double PI_LOW = 0x1.1a62633145c07p-53;

    /** Adding this rounds a double to an integer, which is then in its lowest bits. */
    private static final double ROUNDER = 0x1.8p52;

    /** Bits of the square root of one half. */
    private static final long ROOT_HALF = 0x3fe6a09e667f3bcdL;

    private static final long ONE = 0x3ff0000000000000L;

    /** From here on, multiples of pi are not exact enough. */
    private static final double HUGE = 0x1p30;

    /** Quotients of floats are below 2^280; this many at a time can be done exactly. */
    private static final double STEP = 0x1p28;

    private static final int STEPS = 9;
    private static final double FURTHEST = 0x1p252;

    /** e to the u, |u| up to 0.43; error 2e-13. Highest power first, as all. */
    private static final double[] EXP = {
        0x1.736c4fe82ecbap-19,
        0x1.a23d904f42e9ap-16,
        0x1.a0190038ca2ddp-13,
        0x1.6c155f544039dp-10,
        0x1.11111154fa536p-7,
        0x1.555556102f3a9p-5,
        0x1.555555553c40dp-3,
        0x1.ffffffff75fc4p-2,
        0x1.000000000002fp0,
        0x1.000000000020ap0
    };

    /** (e to the u, minus 1) / u, |u| up to 0.43; error 6e-13. */
    private static final double[] EXPM1 = {
        0x1.73447360fe948p-19,
        0x1.a206b8c821772p-16,
        0x1.a0193b18d6b44p-13,
        0x1.6c15b05470c7ap-10,
        0x1.11111139cdc10p-7,
        0x1.555555c569a57p-5,
        0x1.555555554c4e9p-3,
        0x1.ffffffffce54bp-2,
        0x1.0000000000000p0
    };

    /** log(1 + f) / f, 1 + f from the root of 1/2 to the root of 2; error 5e-13. */
    private static final double[] LOG = {
        0x1.5e07203fdaa55p-5,
        -0x1.5ad81ea89aee3p-4,
        0x1.666aa6302fb3fp-4,
        -0x1.54aea122c9debp-4,
        0x1.6ec333b6e3300p-4,
        -0x1.99151feb20f1cp-4,
        0x1.c7737f21fde3ep-4,
        -0x1.0005a3607488fp-3,
        0x1.2490f1832168bp-3,
        -0x1.5555271e49d97p-3,
        0x1.99999eb52a0abp-3,
        -0x1.0000004a692d7p-2,
        0x1.5555555191743p-2,
        -0x1.ffffffffbe94ep-2,
        0x1.00000000003d2p0
    };

    /** sin(r) / r in z = r * r, |r| up to pi/2; error 8e-14. */
    private static final double[] SIN = {
        0x1.52e518c09afe4p-33,
        -0x1.ae0443c43fe01p-26,
        0x1.71dcf806fa696p-19,
        -0x1.a019fd487d2dcp-13,
        0x1.11111109ee17ap-7,
        -0x1.5555555543bb2p-3,
        0x1.ffffffffffe3ap-1
    };

    /** atan(t) / t in z = t * t, |t| up to 1; error 1e-11. */
    private static final double[] ATAN = {
        0x1.b7979f2e1b044p-12,
        -0x1.a2d4adcfc1d68p-9,
        0x1.7675ef99379b4p-7,
        -0x1.aa150d8e51b33p-6,
        0x1.658d8847a48c6p-5,
        -0x1.ed569cab9c1b6p-5,
        0x1.330185be386aep-4,
        -0x1.72a7852a1bb8cp-4,
        0x1.c6df94c4732acp-4,
        -0x1.248fb9403e0cfp-3,
        0x1.99997c85fb1a4p-3,
        -0x1.55555513c30a5p-2,
        0x1.ffffffffe73c2p-1
    };

    /** 1 / pi in pieces of 24 bits, so that products with floats are exact. */
    private static final double[] INVERSE_PI = {
        0x1.45f304p-2,
        0x1.6e4e44p-25,
        0x1.529fcp-53,
        0x1.3abe8p-76,
        0x1.f534dcp-97,
        0x1.c0db62p-121,
        0x1.2b3278p-146,
        0x1.0e41p-171
    };

    private final VectorCode code;

    WideMath(VectorCode code) {
        this.code = code;
    }

    private V number(double value) {
        return code.constant(Lane.F64, value);
    }

    private V integer(long value) {
        return code.constant(Lane.I64, value);
    }

    private V polynomial(double[] coefficients, V x) {
        V p = number(coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            p = code.fma(p, x, number(coefficients[i]));
        }
        return p;
    }

    private V withSign(V magnitude, V sign) {
        return code.orAnd(magnitude, sign, code.signs(Lane.F64));
    }

    // ---------------------------------------------------------------- powers

    /** 2^n where n is the integer in the lowest bits of a rounded number. */
    private V power(V rounded) {
        return code.bits(code.add(code.shiftLeft(code.bits(rounded, Lane.I64), 52), integer(ONE)), Lane.F64);
    }

    private V limited(V x) {
        return code.fastMax(number(-110), code.fastMin(number(110), x));
    }

    /** x / log 2, rounded. */
    private V rounded(V x) {
        return code.fma(x, number(1 / LN_2), number(ROUNDER));
    }

    private V exp(V any) {
        V x = limited(any);
        V rounded = rounded(x);
        V r = code.fnma(code.sub(rounded, number(ROUNDER)), number(LN_2), x);
        return code.mul(polynomial(EXP, r), power(rounded));
    }

    V expm1(V any) {
        V x = limited(any);
        V rounded = rounded(x);
        V r = code.fnma(code.sub(rounded, number(ROUNDER)), number(LN_2), x);
        V p = code.mul(r, polynomial(EXPM1, r));
        V scale = power(rounded);
        return withSign(code.fma(scale, p, code.sub(scale, number(1))), any);
    }

    /** log(x) of positive finite numbers, plus a rest. */
    private V log(V x, V rest) {
        V above = code.add(code.bits(x, Lane.I64), integer(ONE - ROOT_HALF));
        V mantissa = code.add(code.and(above, integer(0xfffffffffffffL)), integer(ROOT_HALF));
        V exponent = code.or(code.shiftRightLogical(above, 52), integer(0x4330000000000000L));
        V e = code.sub(code.bits(exponent, Lane.F64), number(0x1p52 + 1023));
        V f = code.sub(code.bits(mantissa, Lane.F64), number(1));
        return code.add(code.fma(e, number(LN_2), code.mul(f, polynomial(LOG, f))), rest);
    }

    /** The logarithm where x is positive and finite; else -inf of 0, inf of inf, NaN of the others. */
    private V special(V x, V log) {
        V zero = number(0);
        V beyond = code.select(code.less(x, number(Double.POSITIVE_INFINITY)), log, x);
        V other = code.select(code.equal(x, zero), number(Double.NEGATIVE_INFINITY), number(Double.NaN));
        return code.select(code.less(zero, x), beyond, other);
    }

    V log1p(V x) {
        V one = number(1);
        V u = code.add(one, x);
        V lost = code.div(code.sub(x, code.sub(u, one)), u);
        return code.select(code.equal(u, one), x, special(u, log(u, lost)));
    }

    /** The rules of {@link StrictMath#pow}. */
    V pow(V a, V b) {
        V zero = number(0);
        V magnitude = code.abs(a);
        V power = exp(code.mul(b, special(magnitude, log(magnitude, zero))));
        V half = code.mul(b, number(0.5));
        V whole = code.equal(code.round(b), b);
        V odd = code.and(whole, code.notEqual(code.round(half), half));
        V signed = code.select(odd, withSign(power, a), power);
        V finite = code.less(magnitude, number(Double.POSITIVE_INFINITY));
        V undefined = code.andNot(code.and(code.less(a, zero), finite), whole);
        V result = code.select(undefined, number(Double.NaN), signed);
        return code.select(code.equal(b, zero), number(1), result);
    }

    // ---------------------------------------------------------------- remainder

    /** The remainder with the sign of the divisor: exact, then one sum. */
    V rem(V x, V y) {
        V zero = number(0);
        V divisor = code.abs(y);
        V start = code.abs(x);
        V r = code.variable(start);
        V far = code.lessOrEqual(code.mul(divisor, number(STEP)), r);
        code.when(code.laneBits(far), IntegerCode.Relation.NOT_EQUAL, 0);
        V larger = code.variable(code.mul(divisor, number(FURTHEST)));
        code.loop(0, STEPS, 1);
        code.assign(r, below(r, larger));
        code.assign(larger, code.mul(larger, number(1 / STEP)));
        code.endLoop();
        code.endWhen();
        V rest = below(r, divisor);
        // 0 times infinity was NaN.
        V infinite = code.equal(divisor, number(Double.POSITIVE_INFINITY));
        V finite = code.less(start, number(Double.POSITIVE_INFINITY));
        V truncated = withSign(code.select(code.and(infinite, finite), start, rest), x);
        V other = code.xor(code.less(truncated, zero), code.less(y, zero));
        V wanted = code.and(other, code.notEqual(truncated, zero));
        return code.select(wanted, code.add(truncated, y), truncated);
    }

    /** The remainder of two positive numbers with a quotient below 2^28: exact as the quotient is one off at most. */
    private V below(V x, V y) {
        V q = code.truncate(code.div(x, y));
        V r = code.fnma(q, y, x);
        V raised = code.select(code.less(r, number(0)), code.add(r, y), r);
        return code.select(code.lessOrEqual(y, raised), code.sub(raised, y), raised);
    }

    // ---------------------------------------------------------------- angles

    /** The distance to the nearest multiple of pi, and a number whose lowest bit says whether the multiple is odd. */
    private V[] reduced(V x) {
        V rounded = code.variable(code.fma(x, number(1 / Math.PI), number(ROUNDER)));
        V q = code.sub(rounded, number(ROUNDER));
        V r = code.variable(code.fnma(q, number(PI_LOW), code.fnma(q, number(Math.PI), x)));
        V huge = code.lessOrEqual(number(HUGE), code.abs(x));
        code.when(code.laneBits(huge), IntegerCode.Relation.NOT_EQUAL, 0);
        V[] far = far(x);
        code.assign(rounded, code.select(huge, far[1], rounded));
        code.assign(r, code.select(huge, far[0], r));
        code.endWhen();
        return new V[] {r, rounded};
    }

    /** The same for any float: x / pi modulo 2, piece by piece. */
    private V[] far(V x) {
        V high = number(0);
        V low = number(0);
        for (double piece : INVERSE_PI) {
            V product = code.mul(x, number(piece));
            V turns = code.round(code.mul(product, number(0.5)));
            V part = code.fnma(turns, number(2), product);
            V sum = code.add(high, part);
            V other = code.sub(sum, high);
            V lost = code.add(code.sub(high, code.sub(sum, other)), code.sub(part, other));
            low = code.add(low, lost);
            high = sum;
        }
        V rounded = code.add(high, number(ROUNDER));
        V rest = code.add(code.sub(high, code.sub(rounded, number(ROUNDER))), low);
        return new V[] {code.mul(rest, number(Math.PI)), rounded};
    }

    private V sinOver(V r) {
        return code.mul(r, polynomial(SIN, code.mul(r, r)));
    }

    private V oddSign(V rounded) {
        return code.bits(code.shiftLeft(code.bits(rounded, Lane.I64), 63), Lane.F64);
    }

    V sin(V x) {
        V[] reduced = reduced(x);
        return code.xor(sinOver(reduced[0]), oddSign(reduced[1]));
    }

    /** The sine of pi/2 - |r|. */
    private V cosOver(V r) {
        V rest = code.add(code.sub(number(Math.PI / 2), code.abs(r)), number(PI_LOW / 2));
        return sinOver(rest);
    }

    V cos(V x) {
        V[] reduced = reduced(x);
        return code.xor(cosOver(reduced[0]), oddSign(reduced[1]));
    }

    V tan(V x) {
        V[] reduced = reduced(x);
        return code.div(sinOver(reduced[0]), cosOver(reduced[0]));
    }

    V atan(V x) {
        V a = code.abs(x);
        V t = code.fastMin(a, code.div(number(1), a));
        V p = code.mul(t, polynomial(ATAN, code.mul(t, t)));
        V all = code.select(code.less(number(1), a), code.sub(number(Math.PI / 2), p), p);
        return withSign(all, x);
    }
}
