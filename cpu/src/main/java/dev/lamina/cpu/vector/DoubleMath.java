package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Op;

/**
 * Functions of 64-bit floats: exp, expm1, log and log1p within 2 ulp, sigmoid within 3, tanh within 4. Special values are those of {@link
 * StrictMath}; subnormal arguments and results are not flushed. The polynomials interpolate at Chebyshev points; the error given is
 * relative to the function's result.
 */
final class DoubleMath {
    private static final double LOG2_E = 1 / Math.log(2);

    /** ln 2 in two parts; products of the first with exponents are exact. */
    private static final double LN2_HIGH = 0x1.62e42fefa38p-1;

    private static final double LN2_LOW = 0x1.ef35793c76730p-45;

    /** Adding this rounds a double to an integer, which is then in its lowest bits. */
    private static final double ROUNDER = 0x1.8p52;

    /** Bits of the square root of one half. */
    private static final long ROOT_HALF = 0x3fe6a09e667f3bcdL;

    private static final long ONE = 0x3ff0000000000000L;

    /** (exp(r) - 1 - r) / r^2, |r| up to ln(2) / 2, highest power first; error 1.3e-17. */
    private static final double[] EXP = {
        0x1.af390ba7e6f47p-26,
        0x1.2891d4ffbb0f9p-22,
        0x1.71de0d85293b8p-19,
        0x1.a019b8ca26fcfp-16,
        0x1.a01a01a7cebcdp-13,
        0x1.6c16c1789d1d7p-10,
        0x1.11111111109a6p-7,
        0x1.5555555553d37p-5,
        0x1.5555555555556p-3,
        0x1.0000000000001p-1
    };

    /** (log(1 + f) - 2s) / s^3 in z = s^2, s = f / (2 + f), 1 + f from the root of 1/2 to the root of 2; error 1e-17. */
    private static final double[] LOG = {
        0x1.2b5f68a50d903p-3,
        0x1.39fdcceb4bb45p-3,
        0x1.7462b91b8df65p-3,
        0x1.c71c62d5e53e0p-3,
        0x1.2492492dfd86cp-2,
        0x1.9999999995273p-2,
        0x1.5555555555558p-1
    };

    private final ConversionCode code;

    DoubleMath(ConversionCode code) {
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

    private V limited(V x, double low, double high) {
        return code.fastMax(number(low), code.fastMin(number(high), x));
    }

    private V rounded(V x) {
        return code.fma(x, number(LOG2_E), number(ROUNDER));
    }

    /** x minus n log 2. */
    private V rest(V x, V n) {
        return code.fnma(n, number(LN2_LOW), code.fnma(n, number(LN2_HIGH), x));
    }

    /** 2^n for normal results. */
    private V power(V n) {
        return code.bits(code.add(code.shiftLeft(n, 52), integer(ONE)), Lane.F64);
    }

    V exp(V any) {
        V x = limited(any, -750, 710);
        V rounded = rounded(x);
        V n = code.sub(rounded, number(ROUNDER));
        V r = rest(x, n);
        V p = code.fma(code.fma(polynomial(EXP, r), r, number(1)), r, number(1));
        if (code.is512()) {
            return new V(
                    Lane.F64,
                    code.binary(Op.VSCALEFPD, p.registers[0], n.registers[0], 8),
                    code.binary(Op.VSCALEFPD, p.registers[1], n.registers[1], 8));
        }
        V whole = code.sub(code.bits(rounded, Lane.I64), code.bits(number(ROUNDER), Lane.I64));
        V half = code.shiftRight(whole, 1);
        return code.mul(code.mul(p, power(half)), power(code.sub(whole, half)));
    }

    V expm1(V any) {
        return code.orAnd(expm1Limited(limited(any, -50, 710)), any, code.signs(Lane.F64));
    }

    /** Computed as twice a half, as 2^1024 is no number. */
    private V expm1Limited(V x) {
        V rounded = rounded(x);
        V r = rest(x, code.sub(rounded, number(ROUNDER)));
        V p = code.fma(code.mul(polynomial(EXP, r), r), r, r);
        V scale = power(code.sub(code.bits(rounded, Lane.I64), integer(1)));
        V half = code.fma(scale, p, code.sub(scale, number(0.5)));
        return code.add(half, half);
    }

    /** t / (t + 2) with t = exp(2x) - 1. */
    V tanh(V any) {
        V x = limited(any, -22, 22);
        V t = expm1Limited(code.add(x, x));
        return code.orAnd(code.div(t, code.add(t, number(2))), any, code.signs(Lane.F64));
    }

    /** 1 / (1 + e), or e / (1 + e) for x below 0, with e = exp(-|x|). */
    V sigmoid(V x) {
        V e = exp(code.or(x, code.signs(Lane.F64)));
        V sum = code.add(e, number(1));
        return code.div(code.select(code.less(x, number(0)), e, number(1)), sum);
    }

    V log(V x) {
        V small = code.less(x, number(Double.MIN_NORMAL));
        V normal = code.select(small, code.mul(x, number(0x1p54)), x);
        V above = code.add(code.bits(normal, Lane.I64), integer(ONE - ROOT_HALF));
        V mantissa = code.add(code.and(above, integer(0xfffffffffffffL)), integer(ROOT_HALF));
        V exponent = code.or(code.shiftRightLogical(above, 52), integer(0x4330000000000000L));
        V bias = code.select(small, number(0x1p52 + 1023 + 54), number(0x1p52 + 1023));
        V e = code.sub(code.bits(exponent, Lane.F64), bias);
        V f = code.sub(code.bits(mantissa, Lane.F64), number(1));
        V s = code.div(f, code.add(f, number(2)));
        V z = code.mul(s, s);
        V lost = code.fnma(e, number(LN2_LOW), code.mul(s, code.fnma(z, polynomial(LOG, z), f)));
        V log = code.fma(e, number(LN2_HIGH), code.sub(f, lost));
        V beyond = code.select(code.less(x, number(Double.POSITIVE_INFINITY)), log, x);
        V other = code.select(code.equal(x, number(0)), number(Double.NEGATIVE_INFINITY), number(Double.NaN));
        return code.select(code.less(number(0), x), beyond, other);
    }

    V log1p(V x) {
        V one = number(1);
        V u = code.add(one, x);
        V lost = code.div(code.sub(x, code.sub(u, one)), u);
        V finite = code.less(code.abs(u), number(Double.POSITIVE_INFINITY));
        V log = log(u);
        V all = code.select(code.andNot(finite, code.equal(u, number(0))), code.add(log, lost), log);
        return code.select(code.equal(u, one), x, all);
    }
}
