package dev.lamina.cpu.vector;

import dev.lamina.cpu.code.Op;

/** Random numbers: {@link dev.lamina.core.op.Philox} on lanes. */
final class Uniforms {
    private static final int ROUNDS = 10;
    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final long W0 = 0x9E3779B9L;
    private static final long W1 = 0xBB67AE85L;
    private static final long LOW = 0xffff_ffffL;

    private final ConversionCode code;

    Uniforms(ConversionCode code) {
        this.code = code;
    }

    /** As {@link dev.lamina.core.op.Philox#toFloat}. */
    private V floats(V words) {
        return code.mul(code.convert(code.shiftRightLogical(words, 8), Lane.F32), code.constant(Lane.F32, 0x1p-24));
    }

    // ---------------------------------------------------------------- any positions

    V at(V seed, long stream, V position) {
        V block = code.shiftRight(position, 2);
        V[] c = {
            block,
            code.shiftRightLogical(block, 32),
            code.constant(Lane.I64, stream & LOW),
            code.constant(Lane.I64, stream >>> 32)
        };
        V k0 = seed;
        V k1 = code.shiftRightLogical(seed, 32);
        for (int round = 0; round < ROUNDS; round++) {
            V p0 = code.mulLow(c[0], code.constant(Lane.I64, M0));
            V p1 = code.mulLow(c[2], code.constant(Lane.I64, M1));
            // Upper halves may hold anything.
            c[0] = code.xor(code.shiftRightLogical(p1, 32), c[1], k0);
            c[2] = code.xor(code.shiftRightLogical(p0, 32), c[3], k1);
            c[1] = p1;
            c[3] = p0;
            k0 = code.add(k0, code.constant(Lane.I64, W0));
            k1 = code.add(k1, code.constant(Lane.I64, W1));
        }
        V number = code.convert(position, Lane.I32);
        V odd = isSet(number, 1);
        V lower = code.select(odd, code.convert(c[1], Lane.I32), code.convert(c[0], Lane.I32));
        V upper = code.select(odd, code.convert(c[3], Lane.I32), code.convert(c[2], Lane.I32));
        return floats(code.select(isSet(number, 2), upper, lower));
    }

    private V isSet(V number, long bit) {
        return code.notEqual(code.and(number, code.constant(Lane.I32, bit)), code.constant(Lane.I32, 0L));
    }

    // ---------------------------------------------------------------- neighbouring positions

    /**
     * Positions from a multiple of 4 on. Each 128 bits belong to one block: in one register c0 and c2, in another c1 and c3, each in 64 bits. So
     * one multiplication does both products of a round, and the words end up in order.
     */
    V from(V seed, long stream, R first) {
        V m = lanes(code.and(code.add(block(first), pattern(0, 0, true)), pattern(-1, 0, false)));
        V even = code.or(m, pattern(0, stream & LOW, false));
        V odd = code.or(code.shiftRightLogical(m, 32), pattern(0, stream >>> 32, false));
        V seedPart = lanes(seed);
        V key = code.or(
                code.and(seedPart, pattern(LOW, 0, false)),
                code.and(code.shiftRightLogical(seedPart, 32), pattern(0, LOW, false)));
        for (int round = 0; round < ROUNDS; round++) {
            V swapped = swapped(code.mulLow(even, pattern(M0, M1, false)));
            even = code.xor(code.shiftRightLogical(swapped, 32), odd, key);
            odd = swapped;
            key = code.add(key, pattern(W0, W1, false));
        }
        V words = code.or(code.and(even, pattern(LOW, LOW, false)), code.shiftLeft(odd, 32));
        return floats(new V(Lane.I32, words.registers[0]));
    }

    private V block(R first) {
        return lanes(code.splat(Lane.I64, code.shiftRight(first, 2)));
    }

    /** One register of 64-bit lanes. */
    private static V lanes(V x) {
        return new V(Lane.I64, x.registers[0]);
    }

    /** Numbers for the even and odd lanes; if counting, the number of the pair instead. */
    private V pattern(long even, long odd, boolean counting) {
        long[] elements = new long[code.lanes() / 2];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = counting ? i / 2 : i % 2 == 0 ? even : odd;
        }
        return new V(Lane.I64, code.program.constant(8, elements));
    }

    private V swapped(V x) {
        int d = code.vector();
        code.program.plain(Op.VPSHUFD, d, x.registers[0]).immediate(0x4e);
        return new V(Lane.I64, d);
    }
}
