package dev.lamina.cpu.loop;

import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.V;

/**
 * An f32 number by which many are divided: with the reciprocal and one correction, which takes a quarter of the time of divisions and
 * gives the same, but for subnormal quotients, which may be one step off. The scale keeps the reciprocal away from the ends of the
 * range: a quotient that it makes overflow or vanish does so anyway.
 *
 * @param scale 1, or a power of two if the number is very large or very small
 * @param scaled the number times the scale
 * @param reciprocal of that
 */
record Divisor(V scale, V scaled, V reciprocal) {
    private static final double FAR = 0x1p100;
    private static final double SCALE = 0x1p64;

    static Divisor of(KernelCode code, V number) {
        V size = code.abs(number);
        V small = code.less(size, code.constant(Lane.F32, 1 / FAR));
        V large = code.less(code.constant(Lane.F32, FAR), size);
        V one = code.constant(Lane.F32, 1.0);
        V scale = code.select(
                small, code.constant(Lane.F32, SCALE), code.select(large, code.constant(Lane.F32, 1 / SCALE), one));
        V scaled = code.mul(number, scale);
        return new Divisor(scale, scaled, code.div(one, scaled));
    }

    /** The quotients. Where the correction is NaN (infinities, division by zero), the product is right already. */
    V divide(KernelCode code, V x) {
        V dividend = code.mul(x, scale);
        V quotient = code.mul(dividend, reciprocal);
        V corrected = code.fma(code.fnma(quotient, scaled, dividend), reciprocal, quotient);
        return code.select(code.isNan(corrected), quotient, corrected);
    }
}
