package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.LOWEST;
import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;

/**
 * The part of {@link KernelCode} that computes with lanes. Operands of one operation have the same {@link Lane} kind, which the result has
 * too unless stated. These are the operations of the machine; {@link KernelCode#apply} gives the meaning of Lamina's scalar functions.
 */
abstract sealed class VectorCode extends LaneCode permits ConversionCode {
    // By kind of lane: F32, F64, I32, I64, and for AVX2 BOOL.
    private static final Op[] ADD = {Op.VADDPS, Op.VADDPD, Op.VPADDD, Op.VPADDQ};
    private static final Op[] SUB = {Op.VSUBPS, Op.VSUBPD, Op.VPSUBD, Op.VPSUBQ};
    private static final Op[] MUL = {Op.VMULPS, Op.VMULPD, Op.VPMULLD, Op.VPMULLQ};
    private static final Op[] DIV = {Op.VDIVPS, Op.VDIVPD};
    private static final Op[] MAX = {Op.VMAXPS, Op.VMAXPD, Op.VPMAXSD, Op.VPMAXSQ};
    private static final Op[] MIN = {Op.VMINPS, Op.VMINPD, Op.VPMINSD, Op.VPMINSQ};
    private static final Op[] AND = {Op.VANDPS, Op.VANDPD, Op.VPAND, Op.VPAND, Op.VPAND};
    private static final Op[] OR = {Op.VORPS, Op.VORPD, Op.VPOR, Op.VPOR, Op.VPOR};
    private static final Op[] XOR = {Op.VXORPS, Op.VXORPD, Op.VPXOR, Op.VPXOR, Op.VPXOR};
    private static final Op[] ANDN = {Op.VANDNPS, Op.VANDNPD, Op.VPANDN, Op.VPANDN, Op.VPANDN};
    private static final Op[] AND_512 = {Op.VANDPS, Op.VANDPD, Op.VPANDD, Op.VPANDQ};
    private static final Op[] OR_512 = {Op.VORPS, Op.VORPD, Op.VPORD, Op.VPORQ};
    private static final Op[] XOR_512 = {Op.VXORPS, Op.VXORPD, Op.VPXORD, Op.VPXORQ};
    private static final Op[] ANDN_512 = {Op.VANDNPS, Op.VANDNPD, Op.VPANDND, Op.VPANDNQ};

    VectorCode(int vectorBits) {
        super(vectorBits);
    }

    // ---------------------------------------------------------------- arithmetic

    /** a + b; integers wrap. */
    public V add(V a, V b) {
        return map(ADD, a, b, true);
    }

    /** a - b; integers wrap. */
    public V sub(V a, V b) {
        return map(SUB, a, b, false);
    }

    /** a * b; integers wrap. */
    public V mul(V a, V b) {
        return a.lane == Lane.I64 && !is512() ? wideProduct(a, b) : map(MUL, a, b, true);
    }

    /** a / b of floats. */
    public V div(V a, V b) {
        return map(DIV, a, b, false);
    }

    /** a * b + c of floats, rounded once. */
    public V fma(V a, V b, V c) {
        return fma(0, a, b, c);
    }

    /** c - a * b of floats, rounded once. */
    public V fnma(V a, V b, V c) {
        return fma(1, a, b, c);
    }

    /** a * b - c of floats, rounded once. */
    public V fms(V a, V b, V c) {
        return fma(2, a, b, c);
    }

    /** Square root of floats. */
    public V sqrt(V a) {
        return map(a.lane == Lane.F32 ? Op.VSQRTPS : Op.VSQRTPD, a);
    }

    /** -a. */
    public V neg(V a) {
        return a.lane.isFloat() ? xor(a, signs(a.lane)) : sub(constant(a.lane, 0L), a);
    }

    /** |a|; the smallest integer stays. */
    public V abs(V a) {
        if (a.lane.isFloat()) {
            return andNot(a, signs(a.lane));
        }
        if (a.lane == Lane.I64 && !is512()) {
            return select(less(a, constant(a.lane, 0L)), neg(a), a);
        }
        return map(a.lane == Lane.I32 ? Op.VPABSD : Op.VPABSQ, a);
    }

    /**
     * The larger as {@link Math#max} has it: NaN if one is, +0 above -0. One or two instructions if an operand is a constant, else about
     * four.
     */
    public V max(V a, V b) {
        if (!a.lane.isFloat()) {
            return fastMax(a, b);
        }
        if (isNumber(a) || isNumber(b)) {
            V number = isNumber(a) ? a : b;
            V x = isNumber(a) ? b : a;
            V larger = fastMax(number, x);
            boolean zero = number.constant == 0 && 1 / number.constant > 0;
            // Of two zeros x was taken; -0 becomes +0 by adding it.
            return zero ? add(larger, number) : larger;
        }
        // Of equal operands the second is taken, so zeros of both signs differ between the two; a sum is NaN if an
        // operand is.
        return orNan(a, b, and(fastMax(a, b), fastMax(b, a)));
    }

    /** The smaller as {@link Math#min} has it. */
    public V min(V a, V b) {
        if (!a.lane.isFloat()) {
            return fastMin(a, b);
        }
        V number = isNumber(a) ? a : b;
        if (isNumber(number) && !(number.constant == 0 && 1 / number.constant < 0)) {
            return fastMin(number, number == a ? b : a);
        }
        return orNan(a, b, or(fastMin(a, b), fastMin(b, a)));
    }

    /** The larger in one instruction; of floats b if one of them is NaN or both are zeros. */
    public V fastMax(V a, V b) {
        if (a.lane == Lane.I64 && !is512()) {
            return select(less(a, b), b, a);
        }
        return map(MAX, a, b, false);
    }

    /** The smaller in one instruction; of floats b if one of them is NaN or both are zeros. */
    public V fastMin(V a, V b) {
        if (a.lane == Lane.I64 && !is512()) {
            return select(less(a, b), a, b);
        }
        return map(MIN, a, b, false);
    }

    /** The nearest integer (ties to even) of floats. */
    public V round(V a) {
        return rounded(a, 8);
    }

    /** The largest integer not above, of floats. */
    public V floor(V a) {
        return rounded(a, 9);
    }

    /** The smallest integer not below, of floats. */
    public V ceil(V a) {
        return rounded(a, 10);
    }

    /** Floats cut toward zero to an integer. */
    public V truncate(V a) {
        return rounded(a, 11);
    }

    // ---------------------------------------------------------------- bits

    /** a and b, of integers, BOOL or the bits of floats. */
    public V and(V a, V b) {
        return a.lane == Lane.BOOL && is512() ? map(Op.KANDW, a, b) : map(is512() ? AND_512 : AND, a, b, true);
    }

    /** a or b. */
    public V or(V a, V b) {
        return a.lane == Lane.BOOL && is512() ? map(Op.KORW, a, b) : map(is512() ? OR_512 : OR, a, b, true);
    }

    /** a exclusive-or b. */
    public V xor(V a, V b) {
        return a.lane == Lane.BOOL && is512() ? map(Op.KXORW, a, b) : map(is512() ? XOR_512 : XOR, a, b, true);
    }

    /** a and not b. */
    public V andNot(V a, V b) {
        // The instructions complement their first operand.
        return a.lane == Lane.BOOL && is512() ? map(Op.KANDNW, b, a) : map(is512() ? ANDN_512 : ANDN, b, a, false);
    }

    /** Not a, of integers or BOOL. */
    public V not(V a) {
        if (a.lane == Lane.BOOL && is512()) {
            return map(Op.KNOTW, a);
        }
        return xor(a, constant(a.lane, a.lane == Lane.BOOL ? 1L : -1L));
    }

    /** Integers shifted left. */
    public V shiftLeft(V a, int bits) {
        return shift(a.lane == Lane.I32 ? Op.VPSLLD : Op.VPSLLQ, a, bits);
    }

    /** Integers shifted right, keeping the sign. */
    public V shiftRight(V a, int bits) {
        if (a.lane == Lane.I64 && !is512() && bits > 0) {
            V sign = new V(Lane.I64, a.registers.clone());
            for (int p = 0; p < 2; p++) {
                sign.registers[p] = binary(Op.VPCMPGTQ, constant(Lane.I64, 0L).registers[p], a.registers[p], 0);
            }
            return or(shiftRightLogical(a, bits), shiftLeft(sign, 64 - bits));
        }
        return shift(a.lane == Lane.I32 ? Op.VPSRAD : Op.VPSRAQ, a, bits);
    }

    /** Integers shifted right, zeros coming in. */
    public V shiftRightLogical(V a, int bits) {
        return shift(a.lane == Lane.I32 ? Op.VPSRLD : Op.VPSRLQ, a, bits);
    }

    /** The lower 32 bits of two I64, unsigned, multiplied to 64 bits. */
    public V mulLow(V a, V b) {
        return map(Op.VPMULUDQ, a, b);
    }

    /** The same bits seen as another kind of the same size: F32 and I32, F64 and I64. No instruction. */
    public V bits(V a, Lane lane) {
        return new V(lane, a.registers);
    }

    /** a or (b and c). */
    final V orAnd(V a, V b, V c) {
        return is512() ? ternary(a, b, c, 0xf8) : or(a, and(b, c));
    }

    /** a exclusive-or b exclusive-or c. */
    final V xor(V a, V b, V c) {
        return is512() ? ternary(a, b, c, 0x96) : xor(xor(a, b), c);
    }

    // ---------------------------------------------------------------- comparison

    /** a &lt; b as BOOL; false where one is NaN. Integers are signed. */
    public V less(V a, V b) {
        return compare(a, b, 0x11, 1);
    }

    /** a &lt;= b as BOOL; false where one is NaN. */
    public V lessOrEqual(V a, V b) {
        return compare(a, b, 0x12, 2);
    }

    /** a == b as BOOL; false where one is NaN. */
    public V equal(V a, V b) {
        return compare(a, b, 0, 0);
    }

    /** a != b as BOOL; true where one is NaN. */
    public V notEqual(V a, V b) {
        return compare(a, b, 4, 4);
    }

    /** Where a is NaN. */
    public V isNan(V a) {
        return compare(a, a, 3, NONE);
    }

    /** a where the condition (BOOL) is true, else b; for any kind, BOOL too. */
    public V select(V condition, V a, V b) {
        same(a, b);
        if (a.lane == Lane.BOOL) {
            return or(and(a, condition), andNot(b, condition));
        }
        int[] masks = masks(condition, a.lane);
        int[] registers = new int[masks.length];
        boolean wide = a.lane.bytes() == 8;
        boolean zero = b.constant == 0 && (!a.lane.isFloat() || 1 / b.constant > 0);
        for (int p = 0; p < masks.length; p++) {
            int d = vector();
            registers[p] = d;
            if (!is512()) {
                Op blend = wide ? Op.VBLENDVPD : Op.VBLENDVPS;
                program.add(Form.PLAIN, blend, d, b.registers[p], a.registers[p], masks[p]);
            } else if (zero) {
                program.plain(wide ? Op.VMOVUPD : Op.VMOVUPS, d, a.registers[p]).zeroed(masks[p]);
            } else {
                program.plain(wide ? Op.VBLENDMPD : Op.VBLENDMPS, d, b.registers[p], a.registers[p])
                        .masked(masks[p])
                        .fold(a.lane.bytes());
            }
        }
        return new V(a.lane, registers);
    }

    /** The lanes of a BOOL as bits 0 to lanes() - 1 of a number: 0 if none is true. */
    public R laneBits(V condition) {
        R d = new R(program.register(Program.GENERAL));
        program.plain(is512() ? Op.KMOVW : Op.VMOVMSKPS, d.register(), condition.registers[0]);
        return d;
    }

    // ---------------------------------------------------------------- across lanes

    /**
     * The sum of all lanes, in all lanes: halves are added to halves (element i to i + lanes/2, ...), so the order is fixed. Lanes that do
     * not count hold 0: {@code select(tail.mask(), x, zero)}.
     */
    public V sumOfLanes(V a) {
        return across(a, 0);
    }

    /** The largest of all lanes, in all lanes, as {@link #max}. */
    public V maxOfLanes(V a) {
        return across(a, 1);
    }

    /** The smallest of all lanes, in all lanes, as {@link #min}. */
    public V minOfLanes(V a) {
        return across(a, 2);
    }

    /** The largest of all lanes, in all lanes, where no lane is NaN; of zeros either one. */
    public V fastMaxOfLanes(V a) {
        return across(a, 3);
    }

    /** The smallest of all lanes, in all lanes, where no lane is NaN; of zeros either one. */
    public V fastMinOfLanes(V a) {
        return across(a, 4);
    }

    /** Rows of as many values of 32 bits as there are lanes, as columns: lane i of result j is lane j of row i. */
    public V[] transposed(V[] rows) {
        int count = lanes();
        int[] pairs = new int[count];
        for (int i = 0; i < count; i += 2) {
            pairs[i] = binary(Op.VUNPCKLPS, rows[i].registers[0], rows[i + 1].registers[0], 0);
            pairs[i + 1] = binary(Op.VUNPCKHPS, rows[i].registers[0], rows[i + 1].registers[0], 0);
        }
        // Element c of each 128 bits of quad 4 q + c is one of rows 4 q to 4 q + 3.
        int[] quads = new int[count];
        for (int i = 0; i < count; i += 4) {
            quads[i] = binary(Op.VUNPCKLPD, pairs[i], pairs[i + 2], 0);
            quads[i + 1] = binary(Op.VUNPCKHPD, pairs[i], pairs[i + 2], 0);
            quads[i + 2] = binary(Op.VUNPCKLPD, pairs[i + 1], pairs[i + 3], 0);
            quads[i + 3] = binary(Op.VUNPCKHPD, pairs[i + 1], pairs[i + 3], 0);
        }
        V[] columns = new V[count];
        for (int c = 0; c < 4; c++) {
            if (is512()) {
                for (int odd = 0; odd < 2; odd++) {
                    int half = odd == 0 ? 0x88 : 0xdd;
                    int first = quarters(quads[c], quads[4 + c], half);
                    int second = quarters(quads[8 + c], quads[12 + c], half);
                    columns[4 * odd + c] = new V(rows[0].lane, quarters(first, second, 0x88));
                    columns[4 * odd + 8 + c] = new V(rows[0].lane, quarters(first, second, 0xdd));
                }
            } else {
                columns[c] = new V(rows[0].lane, halves(quads[c], quads[4 + c], 0x20));
                columns[4 + c] = new V(rows[0].lane, halves(quads[c], quads[4 + c], 0x31));
            }
        }
        return columns;
    }

    /**
     * Running sums of the lanes (F64), from the first one on or from the last.
     *
     * @param sum a variable, the same in all lanes: what comes before; afterwards with all lanes
     */
    public V runningSums(V a, V sum, boolean reversed) {
        int parts = a.registers.length;
        int[] sums = new int[parts];
        int zero = constant(Lane.F64, 0.0).registers[0];
        int carry = sum.registers[0];
        for (int i = 0; i < parts; i++) {
            int part = reversed ? parts - 1 - i : i;
            int x = a.registers[part];
            for (int by = 1; by < lanes() / parts; by *= 2) {
                x = binary(Op.VADDPD, x, shifted(x, zero, by, reversed), 8);
            }
            x = binary(Op.VADDPD, x, carry, 8);
            sums[part] = x;
            carry = spread(x, reversed);
        }
        assign(sum, new V(Lane.F64, parts == 2 ? new int[] {carry, carry} : new int[] {carry}));
        return new V(Lane.F64, sums);
    }

    /** Doubles moved up by some lanes (down if reversed), with zeros in their place. */
    private int shifted(int x, int zero, int by, boolean reversed) {
        int d = vector();
        if (is512()) {
            program.plain(Op.VALIGNQ, d, reversed ? zero : x, reversed ? x : zero)
                    .immediate(reversed ? by : 8 - by);
        } else if (by == 2) {
            program.plain(Op.VPERM2F128, d, x, x).immediate(reversed ? 0x81 : 0x08);
        } else {
            int moved = vector();
            program.plain(Op.VPERMPD, moved, x).immediate(reversed ? 0xf9 : 0x90);
            program.plain(Op.VBLENDPD, d, moved, zero).immediate(reversed ? 8 : 1);
        }
        return d;
    }

    /** The last double (the first if reversed) in all lanes. */
    private int spread(int x, boolean reversed) {
        int d = vector();
        if (is512()) {
            program.plain(Op.VPERMPD, d, program.constant(8, reversed ? 0 : 7), x);
        } else {
            program.plain(Op.VPERMPD, d, x).immediate(reversed ? 0 : 0xff);
        }
        return d;
    }

    private int quarters(int a, int b, int which) {
        int d = vector();
        program.plain(Op.VSHUFF32X4, d, a, b).immediate(which);
        return d;
    }

    private int halves(int a, int b, int which) {
        int d = vector();
        program.plain(Op.VPERM2F128, d, a, b).immediate(which);
        return d;
    }

    /** Lane 0 of a value in all lanes. */
    public V first(V a) {
        int d = vector();
        program.plain(a.lane.bytes() == 8 ? Op.VBROADCASTSD : Op.VBROADCASTSS, d, a.registers[0] | LOWEST);
        return a.lane.bytes() == 8 ? new V(a.lane, d, d) : new V(a.lane, d);
    }

    /** Lane 0 of an I32 (sign-extended) or I64. */
    public R toInteger(V a) {
        R d = new R(program.register(Program.GENERAL));
        if (a.lane == Lane.I64) {
            program.plain(Op.VMOVQ, d.register(), a.registers[0] | LOWEST);
            return d;
        }
        R wide = new R(program.register(Program.GENERAL));
        program.plain(Op.VMOVD, d.register(), a.registers[0] | LOWEST);
        program.plain(Op.MOVSXD, wide.register(), d.register());
        return wide;
    }

    private V across(V a, int fold) {
        V x = a.registers.length == 2 ? new V(a.lane, a.registers[0], a.registers[0]) : a;
        if (a.registers.length == 2) {
            x = fold(x, new V(a.lane, a.registers[1], a.registers[1]), fold);
        }
        if (is512()) {
            x = fold(x, swapped(Op.VSHUFF64X2, x, true, 0x4e), fold);
            x = fold(x, swapped(Op.VSHUFF64X2, x, true, 0xb1), fold);
        } else {
            x = fold(x, swapped(Op.VPERM2F128, x, true, 1), fold);
        }
        if (a.lane.bytes() == 8) {
            x = fold(x, swapped(Op.VPERMILPD, x, false, 0x55), fold);
            return new V(a.lane, x.registers[0], x.registers[0]);
        }
        x = fold(x, swapped(Op.VPERMILPS, x, false, 0x4e), fold);
        return fold(x, swapped(Op.VPERMILPS, x, false, 0xb1), fold);
    }

    private V fold(V a, V b, int fold) {
        return switch (fold) {
            case 0 -> add(a, b);
            case 1 -> max(a, b);
            case 2 -> min(a, b);
            case 3 -> fastMax(a, b);
            default -> fastMin(a, b);
        };
    }

    private V swapped(Op op, V x, boolean twice, int control) {
        int d = vector();
        int r = x.registers[0];
        program.plain(op, d, r, twice ? r : NONE).immediate(control);
        return x.lane.bytes() == 8 ? new V(x.lane, d, d) : new V(x.lane, d);
    }

    // ---------------------------------------------------------------- instructions

    /** The sign bits of floats. */
    final V signs(Lane lane) {
        return constant(lane, -0.0);
    }

    private static boolean isNumber(V a) {
        return !Double.isNaN(a.constant);
    }

    /** x, or NaN where a or b is. */
    private V orNan(V a, V b, V x) {
        V sum = add(a, b);
        return select(compare(a, b, 3, NONE), sum, x);
    }

    private V wideProduct(V a, V b) {
        V cross = add(mulLow(shiftRightLogical(a, 32), b), mulLow(a, shiftRightLogical(b, 32)));
        return add(mulLow(a, b), shiftLeft(cross, 32));
    }

    // ---------------------------------------------------------------- masks

    private V compare(V a, V b, int ofFloats, int ofIntegers) {
        same(a, b);
        if (a.lane == Lane.BOOL) {
            return switch (ofIntegers) {
                case 0 -> not(xor(a, b));
                case 1 -> andNot(b, a);
                case 2 -> or(not(a), b);
                default -> xor(a, b);
            };
        }
        int[] parts = new int[a.registers.length];
        for (int p = 0; p < parts.length; p++) {
            int x = a.registers[p];
            int y = b.registers[p];
            parts[p] = a.lane.isFloat()
                    ? related(a.lane == Lane.F32 ? Op.VCMPPS : Op.VCMPPD, x, y, ofFloats, a.lane)
                    : is512()
                            ? related(a.lane == Lane.I32 ? Op.VPCMPD : Op.VPCMPQ, x, y, ofIntegers, a.lane)
                            : relatedIntegers(x, y, ofIntegers, a.lane == Lane.I64);
        }
        return new V(Lane.BOOL, parts.length == 1 ? parts[0] : joined(parts[0], parts[1]));
    }
}
