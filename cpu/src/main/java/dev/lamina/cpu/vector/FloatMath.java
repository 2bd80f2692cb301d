package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Op;
import org.jspecify.annotations.Nullable;

/**
 * Functions of 32-bit floats that are worth instructions of their own; the others are in {@link WideMath}. The largest errors in ulp of the
 * result, over all floats: exp 1.1, log 1.4, sigmoid 3, tanh 3.5, erf 2.6. Special values are those of {@link StrictMath}; subnormal
 * arguments and results are not flushed.
 *
 * <p>Coefficients are those of polynomials with the smallest largest error on their interval, by least squares with weights that grow where the error is large (Lawson), then rounded to floats.
 */
final class FloatMath {
    private static final float LOG2_E = 0x1.715476p0f;

    /** ln 2 in two parts; the first has so few bits that its products with small integers are exact. */
    private static final float LN2_HIGH = 0x1.62e4p-1f;

    private static final float LN2_LOW = 0x1.7f7d1cp-20f;

    /** Adding this rounds a float to an integer, which is then in its lowest bits. */
    private static final float ROUNDER = 0x1.8p23f;

    /** Below this exp(x) is 0. */
    private static final float NOTHING = -104;

    /** Below this exp(x) is subnormal. */
    private static final float SMALL = -0x1.5d589ep6f;

    /** (exp(r) - 1 - r) / r^2, |r| up to ln(2) / 2; error of exp 3e-9. */
    private static final float[] EXP = {0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558f2p-5f, 0x1.1239e4p-7f, 0x1.6a2434p-10f
    };

    /** (exp(2r) - 1 - 2r - 2r^2) / r^3, |r| up to ln(2) / 4; error of exp(2r) - 1 1.4e-8. */
    private static final float[] EXPM1_OF_DOUBLE = {0x1.5554b8p0f, 0x1.5555bap-1f, 0x1.122370p-2f, 0x1.6c556ap-4f};

    /** (log(1 + f) - f + f^2 / 2) / f^3, f from -1/4 to 1/2; error of log 4e-8. */
    private static final float[] LOG = {
        0x1.5555b2p-2f,
        -0x1.ffececp-3f,
        0x1.993ce6p-3f,
        -0x1.57d5c2p-3f,
        0x1.313e3cp-3f,
        -0x1.f0320ep-4f,
        0x1.c773fep-5f
    };

    /** erf(x) / x in x^2, |x| up to 0.8; error 6e-9. */
    private static final float[] ERF = {
        0x1.20dd74p0f, -0x1.81272ep-2f, 0x1.ce2804p-4f, -0x1.b76e9ep-6f, 0x1.4d4254p-8f, -0x1.56a270p-11f
    };

    /** log(1 - erf(x)), x from 0.8 to 4; error of erf 1e-9. */
    private static final float[] LOG_ERFC = {
        0x1.f69354p-14f,
        -0x1.2114aap0f,
        -0x1.449daap-1f,
        -0x1.b80d44p-4f,
        0x1.90efa2p-6f,
        -0x1.fa6120p-9f,
        0x1.6b35f0p-12f,
        -0x1.e5c128p-18f,
        -0x1.ea6fd4p-21f
    };

    private final ConversionCode code;

    FloatMath(ConversionCode code) {
        this.code = code;
    }

    private V number(float value) {
        return code.constant(Lane.F32, value);
    }

    /** Value of a polynomial, by Horner's rule. */
    private V polynomial(float[] coefficients, V x) {
        V p = number(coefficients[coefficients.length - 1]);
        for (int i = coefficients.length - 2; i >= 0; i--) {
            p = code.fma(p, x, number(coefficients[i]));
        }
        return p;
    }

    /** exp(x). */
    V exp(V x) {
        // Of NaN and a number the second operand is taken.
        return expFrom(NOTHING, code.fastMin(number(89), x));
    }

    /** exp(x) for x up to 89, 0 where it is subnormal. */
    V weight(V x) {
        return expFrom(SMALL, x);
    }

    /** exp(x) for x up to 89; 0 below some x, without the results that are too small: a vector with one takes ten times as long. */
    private V expFrom(float lowest, V x) {
        V isNothing = code.less(x, number(lowest));
        V limited = code.is512() ? x : code.fastMax(number(NOTHING), x);
        return expBelow(limited, isNothing);
    }

    /** exp(x) = 2^n exp(r) for x from -105 to 89, and 0 where it is said. */
    private V expBelow(V x, @Nullable V isNothing) {
        V shifted = code.fma(x, number(LOG2_E), number(ROUNDER));
        V n = code.sub(shifted, number(ROUNDER));
        V r = code.fnma(n, number(LN2_LOW), code.fnma(n, number(LN2_HIGH), x));
        V p = code.fma(polynomial(EXP, r), r, number(1));
        p = code.fma(p, r, number(1));
        p = isNothing == null ? p : code.select(isNothing, number(0), p);
        if (code.is512()) {
            return new V(Lane.F32, code.binary(Op.VSCALEFPS, p.registers[0], n.registers[0], 4));
        }
        // 2^n may be no normal number, so it is multiplied in two halves.
        V whole = code.sub(code.bits(shifted, Lane.I32), code.bits(number(ROUNDER), Lane.I32));
        V half = code.shiftRight(whole, 1);
        return code.mul(code.mul(p, power(half)), power(code.sub(whole, half)));
    }

    /** 2^n for normal results. */
    private V power(V n) {
        return code.bits(code.add(code.shiftLeft(n, 23), code.bits(number(1), Lane.I32)), Lane.F32);
    }

    /** 1 / (1 + e), or e / (1 + e) for x below 0, with e = exp(-|x|). */
    V sigmoid(V x) {
        V e = expOfDistance(x);
        V q = inverse(e);
        return code.select(code.less(x, number(0)), code.mul(e, q), q);
    }

    /** Those of x and of -x. */
    V[] sigmoids(V x) {
        V e = expOfDistance(x);
        V q = inverse(e);
        V small = code.mul(e, q);
        V zero = number(0);
        return new V[] {code.select(code.less(x, zero), small, q), code.select(code.less(zero, x), small, q)};
    }

    /** exp(-|x|). */
    private V expOfDistance(V x) {
        return expFrom(NOTHING, code.or(x, code.signs(Lane.F32)));
    }

    /** 1 / (1 + e). */
    private V inverse(V e) {
        V one = number(1);
        return code.div(one, code.add(e, one));
    }

    /** t / (t + 2) with t = exp(2x) - 1. */
    V tanh(V x) {
        V limited = code.fastMax(number(-20), code.fastMin(number(20), x));
        V shifted = code.fma(limited, number(2 * LOG2_E), number(ROUNDER));
        V n = code.sub(shifted, number(ROUNDER));
        V r = code.fnma(n, number(LN2_LOW / 2), code.fnma(n, number(LN2_HIGH / 2), limited));
        V q = code.fma(polynomial(EXPM1_OF_DOUBLE, r), r, number(2));
        V p = code.mul(r, code.fma(q, r, number(2)));
        // The bits of the number added for rounding are shifted out.
        V scale = power(code.bits(shifted, Lane.I32));
        V t = code.fma(scale, p, code.sub(scale, number(1)));
        V result = code.div(t, code.add(t, number(2)));
        // The sign of 0 was lost where 1 - 1 was added.
        return code.orAnd(result, x, code.signs(Lane.F32));
    }

    /** Near 1 it is 1 minus something small, so that 1 - erf(x) is right too where GELU asks for it. */
    V erf(V x) {
        V magnitude = code.abs(x);
        // Of NaN and a number the second operand is taken.
        V rest = expBelow(polynomial(LOG_ERFC, code.fastMin(number(4), magnitude)), null);
        V large = code.orAnd(code.sub(number(1), rest), x, code.signs(Lane.F32));
        V small = code.mul(x, polynomial(ERF, code.mul(x, x)));
        return code.select(code.less(magnitude, number(0.8f)), small, large);
    }

    /** log(x) = log(m) + e log(2), m from 3/4 to 3/2. */
    V log(V x) {
        V one = number(1);
        V m;
        V e;
        V zero = number(0);
        if (code.is512()) {
            int mantissa = code.vector();
            // 3/4 to 3/2; NaN for what is negative.
            code.program.plain(Op.VGETMANTPS, mantissa, x.registers[0]).immediate(0b1011);
            m = new V(Lane.F32, mantissa);
            V exponent = new V(Lane.F32, code.unary(Op.VGETEXPPS, x.registers[0]));
            e = code.select(code.less(m, one), code.add(exponent, one), exponent);
        } else {
            V small = code.less(x, number(Float.MIN_NORMAL));
            V normal = code.select(small, code.mul(x, number(0x1p23f)), x);
            V above = code.sub(code.bits(normal, Lane.I32), code.bits(number(0.75f), Lane.I32));
            V exponent = code.shiftRight(above, 23);
            m = code.bits(code.sub(code.bits(normal, Lane.I32), code.shiftLeft(exponent, 23)), Lane.F32);
            V whole = code.convert(exponent, Lane.F32);
            e = code.sub(whole, code.and(code.bits(small, Lane.F32), number(23)));
        }
        V f = code.sub(m, one);
        V square = code.mul(f, f);
        V tail = code.mul(polynomial(LOG, f), code.mul(square, f));
        tail = code.fma(e, number(LN2_LOW), tail);
        tail = code.fnma(square, number(0.5f), tail);
        V result = code.fma(e, number(LN2_HIGH), code.add(f, tail));
        if (code.is512()) {
            return result;
        }
        V infinity = number(Float.POSITIVE_INFINITY);
        V beyond = code.select(code.less(x, infinity), result, x);
        V atZero = code.select(code.equal(x, zero), number(Float.NEGATIVE_INFINITY), number(Float.NaN));
        return code.select(code.less(zero, x), beyond, atZero);
    }
}
