package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.HALF;

import dev.lamina.cpu.code.Op;

/** The part of {@link KernelCode} that converts between kinds of lanes. */
abstract sealed class ConversionCode extends VectorCode permits MemoryCode {
    ConversionCode(int vectorBits) {
        super(vectorBits);
    }

    /**
     * Exact conversion, or one rounding to nearest: F32 to F64 and back, I32 and I64 to F32 (I64 by way of F64) and F64, I32 to I64,
     * I64 to I32 (wrapped), BOOL to 0 or 1 of any kind. Not from floats to integers: {@link #toIntegers}.
     */
    public V convert(V a, Lane to) {
        if (a.lane == to) {
            return a;
        }
        return switch (to) {
            case F32 ->
                switch (a.lane) {
                    case F64 -> narrow(Op.VCVTPD2PS, a, to);
                    case I64 -> convert(convert(a, Lane.F64), to);
                    case I32 -> new V(to, unary(Op.VCVTDQ2PS, a.registers[0]));
                    case BOOL, F32 -> select(a, constant(to, 1.0), constant(to, 0.0));
                };
            case F64 ->
                switch (a.lane) {
                    case F32 -> widen(Op.VCVTPS2PD, a, to);
                    case I32 -> widen(Op.VCVTDQ2PD, a, to);
                    case I64 -> fromLongs(a);
                    case BOOL, F64 -> select(a, constant(to, 1.0), constant(to, 0.0));
                };
            case I64 ->
                switch (a.lane) {
                    case I32 -> widen(Op.VPMOVSXDQ, a, to);
                    case BOOL -> select(a, constant(to, 1L), constant(to, 0L));
                    case F32, F64, I64 -> throw unable(a, to);
                };
            case I32 ->
                switch (a.lane) {
                    case I64 ->
                        is512() ? narrow(Op.VPMOVQD, a, to) : new V(to, narrowed(a.registers[0], a.registers[1]));
                    case BOOL ->
                        is512() ? select(a, constant(to, 1L), constant(to, 0L)) : shiftRightLogical(bits(a, to), 31);
                    case F32, F64, I32 -> throw unable(a, to);
                };
            case BOOL -> notEqual(a, constant(a.lane, 0.0));
        };
    }

    private static IllegalArgumentException unable(V a, Lane to) {
        return new IllegalArgumentException("convert: no conversion from " + a.lane + " to " + to);
    }

    private V widen(Op op, V a, Lane to) {
        int low = unary(op, a.registers[0] | HALF);
        return new V(to, low, unary(op, upper(a.registers[0]) | HALF));
    }

    private V narrow(Op op, V a, Lane to) {
        int low = vector();
        program.plain(op, low | HALF, a.registers[0]);
        int high = vector();
        program.plain(op, high | HALF, a.registers[1]);
        return new V(to, whole(low, high));
    }

    private V fromLongs(V a) {
        if (is512()) {
            return new V(Lane.F64, unary(Op.VCVTQQ2PD, a.registers[0]), unary(Op.VCVTQQ2PD, a.registers[1]));
        }
        // 2^52 + lower half, and 2^84 + 2^63 + upper half * 2^32, are doubles with these bits; only the last sum
        // rounds.
        V low = or(and(a, constant(Lane.I64, 0xffff_ffffL)), constant(Lane.I64, 0x4330_0000_0000_0000L));
        V high = xor(shiftRightLogical(a, 32), constant(Lane.I64, 0x4530_0000_8000_0000L));
        V all = bits(constant(Lane.I64, 0x4530_0000_8010_0000L), Lane.F64);
        return add(sub(bits(high, Lane.F64), all), bits(low, Lane.F64));
    }

    /** Floats cut toward zero to I32 or I64 as a Java cast to long does (NaN gives 0, saturated to 64 bits), then wrapped. */
    public V toIntegers(V a, Lane to) {
        V x = convert(a, Lane.F64);
        V cut = is512()
                ? new V(Lane.I64, unary(Op.VCVTTPD2QQ, x.registers[0]), unary(Op.VCVTTPD2QQ, x.registers[1]))
                : cut(x);
        V limit = constant(Lane.F64, 0x1p63);
        // Beyond the limits the instruction gives the smallest number.
        V below = select(lessOrEqual(limit, x), constant(Lane.I64, Long.MAX_VALUE), cut);
        V result = select(equal(x, x), below, constant(Lane.I64, 0L));
        return convert(result, to);
    }

    /** With AVX2: x cut to integers; the smallest number below -2^63. */
    private V cut(V x) {
        V whole = truncate(x);
        V upper = floor(mul(whole, constant(Lane.F64, 0x1p-32)));
        V lower = fnma(upper, constant(Lane.F64, 0x1p32), whole);
        // The lower bits of the sums are the integers.
        V low = bits(add(lower, constant(Lane.F64, 0x1p52)), Lane.I64);
        V high = shiftLeft(bits(add(upper, constant(Lane.F64, 0x1.8p52)), Lane.I64), 32);
        V both = or(and(low, constant(Lane.I64, 0xffff_ffffL)), high);
        return select(less(x, constant(Lane.F64, -0x1p63)), constant(Lane.I64, Long.MIN_VALUE), both);
    }
}
