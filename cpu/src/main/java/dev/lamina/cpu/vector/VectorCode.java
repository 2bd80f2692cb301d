package dev.lamina.cpu.vector;

import static dev.lamina.cpu.vector.Instruction.HALF;
import static dev.lamina.cpu.vector.Instruction.LOWEST;
import static dev.lamina.cpu.vector.Instruction.NONE;

import dev.lamina.cpu.code.Op;
import dev.lamina.cpu.vector.Instruction.Form;

/**
 * The part of {@link KernelCode} that computes with lanes. Operands of one operation have the same {@link Lane} kind, which the result has
 * too unless stated. These are the operations of the machine; {@link KernelCode#apply} gives the meaning of Lamina's scalar functions.
 */
abstract sealed class VectorCode extends IntegerCode permits ConversionCode {
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

    /** Elements of one value: 8 with AVX2, 16 with AVX-512. */
    public final int lanes() {
        return program.vectorBits / 32;
    }

    final boolean is512() {
        return program.vectorBits == 512;
    }

    // ---------------------------------------------------------------- making values

    /** The same number in all lanes; for BOOL 0 is false. Costs nothing in a loop: it is hoisted out. */
    public V constant(Lane lane, double value) {
        return switch (lane) {
            case F32 -> new V(lane, new int[] {program.constant(4, Float.floatToRawIntBits((float) value))}, value);
            case F64 -> {
                int r = program.constant(8, Double.doubleToRawLongBits(value));
                yield new V(lane, new int[] {r, r}, value);
            }
            case I32, I64, BOOL -> constant(lane, (long) value);
        };
    }

    /** The same number in all lanes of an I32, I64 or BOOL. */
    public V constant(Lane lane, long value) {
        return switch (lane) {
            case I32 -> new V(lane, new int[] {program.constant(4, (int) value)}, value);
            case I64 -> {
                int r = program.constant(8, value);
                yield new V(lane, new int[] {r, r}, value);
            }
            case BOOL -> new V(lane, new int[] {truth(value != 0)}, value != 0 ? 1 : 0);
            case F32, F64 -> constant(lane, (double) value);
        };
    }

    /** An integer register in all lanes: I32 (its low half) or I64. */
    public V splat(Lane lane, R value) {
        if (lane != Lane.I32 && lane != Lane.I64) {
            throw new IllegalArgumentException("splat: expected I32 or I64, got " + lane);
        }
        boolean wide = lane == Lane.I64;
        Op broadcast = wide ? Op.VPBROADCASTQ : Op.VPBROADCASTD;
        int d = vector();
        if (is512()) {
            program.plain(broadcast, d, value.register());
        } else {
            int low = vector();
            program.plain(wide ? Op.VMOVQ : Op.VMOVD, low | LOWEST, value.register());
            program.plain(broadcast, d, low | LOWEST);
        }
        return wide ? new V(lane, d, d) : new V(lane, d);
    }

    /** 0, 1, 2, ... as I32 or I64. Hoisted as a constant. */
    public V iota(Lane lane) {
        int perPart = lanes() / lane.parts();
        int[] registers = new int[lane.parts()];
        for (int p = 0; p < registers.length; p++) {
            long[] elements = new long[perPart];
            for (int i = 0; i < perPart; i++) {
                elements[i] = p * perPart + i;
            }
            registers[p] = program.constant(lane.bytes(), elements);
        }
        return new V(lane, registers);
    }

    /** An assignable copy (an accumulator), which lives from here to its last use. */
    public V variable(V initial) {
        int[] registers = new int[initial.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[initial.registers[p]]);
            program.move(registers[p], initial.registers[p]);
        }
        return new V(initial.lane, registers);
    }

    /** Gives a variable a new value. {@code assign(acc, add(acc, x))} is one instruction. */
    public void assign(V variable, V value) {
        same(variable, value);
        for (int p = 0; p < variable.registers.length; p++) {
            program.move(variable.registers[p], value.registers[p]);
        }
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

    private V ternary(V a, V b, V c, int table) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            Op op = a.lane.bytes() == 8 ? Op.VPTERNLOGQ : Op.VPTERNLOGD;
            program.add(Form.TIED, op, registers[p], a.registers[p], b.registers[p], c.registers[p])
                    .fold(a.lane.bytes())
                    .immediate(table);
        }
        return new V(a.lane, registers);
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

    final int vector() {
        return program.register(Program.VECTOR);
    }

    final int binary(Op op, int a, int b, int fold) {
        int d = vector();
        program.plain(op, d, a, b).fold(fold);
        return d;
    }

    final int unary(Op op, int a) {
        int d = vector();
        program.plain(op, d, a);
        return d;
    }

    static void same(V a, V b) {
        if (a.lane != b.lane) {
            throw new IllegalArgumentException(
                    "operands: expected one kind of lanes, got " + a.lane + " and " + b.lane);
        }
    }

    private V map(Op[] ops, V a, V b, boolean commutes) {
        same(a, b);
        Op op = ops[a.lane.ordinal()];
        boolean swap = commutes && program.constants[a.registers[0]] != null;
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            int x = a.registers[p];
            int y = b.registers[p];
            Instruction i =
                    program.plain(op, registers[p], swap ? y : x, swap ? x : y).fold(a.lane.bytes());
            i.commutes = commutes;
        }
        return new V(a.lane, registers);
    }

    private V map(Op op, V a, V b) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[a.registers[p]]);
            program.plain(op, registers[p], a.registers[p], b.registers[p]);
        }
        return new V(a.lane, registers);
    }

    private V map(Op op, V a) {
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = program.register(program.kinds[a.registers[p]]);
            program.plain(op, registers[p], a.registers[p]);
        }
        return new V(a.lane, registers);
    }

    private V shift(Op op, V a, int bits) {
        if (bits == 0) {
            return a;
        }
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            program.plain(op, registers[p], a.registers[p]).immediate(bits);
        }
        return new V(a.lane, registers);
    }

    private V fma(int kind, V a, V b, V c) {
        same(a, b);
        same(a, c);
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            Instruction i = program.add(Form.FMA, null, registers[p], a.registers[p], b.registers[p], c.registers[p]);
            i.fold(a.lane.bytes()).fma = kind + (a.lane == Lane.F64 ? 3 : 0);
        }
        return new V(a.lane, registers);
    }

    private V rounded(V a, int mode) {
        boolean wide = a.lane == Lane.F64;
        Op op = is512() ? wide ? Op.VRNDSCALEPD : Op.VRNDSCALEPS : wide ? Op.VROUNDPD : Op.VROUNDPS;
        int[] registers = new int[a.registers.length];
        for (int p = 0; p < registers.length; p++) {
            registers[p] = vector();
            program.plain(op, registers[p], a.registers[p]).immediate(mode);
        }
        return new V(a.lane, registers);
    }

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

    /** The register of a constant truth value. */
    private int truth(boolean value) {
        if (!is512()) {
            return program.constant(4, value ? -1 : 0);
        }
        int d = program.register(Program.MASK);
        program.plain(Op.KMOVW, d, integer(value ? 0xffff : 0).register());
        return d;
    }

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

    private int related(Op op, int a, int b, int predicate, Lane lane) {
        int d = program.register(is512() ? Program.MASK : Program.VECTOR);
        program.plain(op, d, a, b).fold(lane.bytes()).immediate(predicate);
        return d;
    }

    private int relatedIntegers(int a, int b, int predicate, boolean wide) {
        Op equal = wide ? Op.VPCMPEQQ : Op.VPCMPEQD;
        Op greater = wide ? Op.VPCMPGTQ : Op.VPCMPGTD;
        return switch (predicate) {
            case 0 -> binary(equal, a, b, 1);
            case 1 -> binary(greater, b, a, 1);
            case 2 -> binary(Op.VPXOR, binary(greater, a, b, 1), truth(true), 1);
            default -> binary(Op.VPXOR, binary(equal, a, b, 1), truth(true), 1);
        };
    }

    /** One mask for all lanes from those of the two parts of 64-bit elements. */
    private int joined(int low, int high) {
        if (!is512()) {
            return narrowed(low, high);
        }
        int shifted = program.register(Program.MASK);
        int d = program.register(Program.MASK);
        program.plain(Op.KSHIFTLW, shifted, high).immediate(8);
        program.plain(Op.KORW, d, low, shifted);
        return d;
    }

    /** The lower halves of 64-bit elements, with AVX2. */
    final int narrowed(int low, int high) {
        int mixed = vector();
        int d = vector();
        program.plain(Op.VSHUFPS, mixed, low, high).immediate(0x88);
        program.plain(Op.VPERMQ, d, mixed).immediate(0xd8);
        return d;
    }

    /** Masks for the parts of a value of the given kind. */
    final int[] masks(V condition, Lane lane) {
        int whole = condition.registers[0];
        if (lane.parts() == 1) {
            return new int[] {whole};
        }
        if (is512()) {
            int high = program.register(Program.MASK);
            program.plain(Op.KSHIFTRW, high, whole).immediate(8);
            return new int[] {whole, high};
        }
        return new int[] {unary(Op.VPMOVSXDQ, whole | HALF), unary(Op.VPMOVSXDQ, upper(whole) | HALF)};
    }

    /** The upper half of a register. */
    final int upper(int a) {
        int d = vector();
        program.plain(is512() ? Op.VEXTRACTF64X4 : Op.VEXTRACTF128, d | HALF, a).immediate(1);
        return d;
    }

    /** Two halves joined. */
    final int whole(int low, int high) {
        int d = vector();
        program.plain(is512() ? Op.VINSERTF64X4 : Op.VINSERTF128, d, low, high | HALF)
                .immediate(1);
        return d;
    }
}
